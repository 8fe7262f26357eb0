//! Changes of a G's status by several Ms: readgstatus, casgstatus of Go's src/runtime/proc.go. The status says who owns the
//! G: the run queue it is on, the M that runs it, or whoever will wake it.
const std = @import("std");
const arena = @import("../arena.zig");
const codes = @import("../codes.zig");
const os = @import("../os.zig");

/// Go's statuses (runtime2.go), as TypeScript has them in runtime2.ts.
pub const idle = 0;
pub const runnable = 1;
pub const running = codes.gstatus.running;
pub const syscall = codes.gstatus.syscall;
pub const waiting = 4;
pub const dead = codes.gstatus.dead;
const scan = 0x1000;

pub fn Status(comptime A: type) type {
    return struct {
        /// Changes a G's status from `old`, as soon as nobody scans it. What it was where that is neither: then nothing has
        /// changed, and somebody else owns the G.
        ///
        /// Acquire, for who takes a G is to see what its last owner wrote, its stack and registers among it; release, for
        /// who gives it away. Sequentially consistent, as Go's.
        pub fn cas(gp: *os.G, old: u32, new: u32) ?u32 {
            while (!A.cas(u32, &gp.atomicstatus, old, new, .seq_cst)) {
                const now = A.load(u32, &gp.atomicstatus, .acquire);
                if (now == old) continue;
                if (now != old | scan) return now;
                A.osyield();
            }
            return null;
        }
    };
}

/// The record of a G that some queue or channel has named: it is there.
pub fn gOf(index: u32) *os.G {
    return arena.gAt(index).?;
}
