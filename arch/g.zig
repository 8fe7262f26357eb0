//! The life of a goroutine's record: its stack, its first context, and the switch into it.
const arena = @import("arena.zig");
const layout = @import("layout.zig");
const m_ = @import("m.zig");
const os = @import("os.zig");
const preempt = @import("preempt.zig");
const stack = @import("stack.zig");
const codes = layout.codes;
const E = codes.E;
const G = os.G;
const M = os.M;

pub const Fn = *const fn (?*anyopaque) callconv(.c) void;

extern fn gobuf_gogo(gp: *G, m: *M) callconv(.c) u32;
extern fn gobuf_entry() callconv(.c) noreturn;

/// Whether the scheduler has given the M to the goroutine, or the goroutine goes on with its turn after an operation that
/// need not wait.
pub const Turn = enum { begins, goes_on };

/// Runs a goroutine on this thread until its next trap. Hot: what it checks lies on lines the switch needs anyway.
pub inline fn execute(index: u32, comptime turn: Turn) u32 {
    const m = m_.current() orelse return codes.execute.no_m;
    if (m.curg != null) return codes.execute.reentry;
    const gp = arena.gAt(index) orelse return codes.execute.bad_index;
    if (@atomicLoad(u32, &gp.atomicstatus, .acquire) != codes.gstatus.running) return codes.execute.not_running;
    if (gp.stack.lo == 0) return codes.execute.no_stack;
    gp.m = m;
    if (turn == .begins) @atomicStore(u32, &m.schedtick, m.schedtick +% 1, .monotonic);
    if (preempt.isAsked(gp)) preempt.takeBack(gp);
    return gobuf_gogo(gp, m);
}

/// Makes the next execute of the goroutine call fn(arg), and end with goexit when fn returns.
pub fn setup(index: u32, func: Fn, arg: ?*anyopaque) E {
    const gp = arena.gAt(index) orelse return .bad_index;
    if (gp.stack.lo == 0) return .no_stack;
    if (@atomicLoad(u32, &gp.atomicstatus, .monotonic) == codes.gstatus.running) return .running;
    const fp = comptime os.abi.fpDefaults();
    gp.sched.sp = gp.stack.hi - stack.colour(gp.stack);
    gp.sched.pc = @intFromPtr(&gobuf_entry);
    gp.sched.g = @intFromPtr(gp);
    gp.sched.ctxt = @intFromPtr(func);
    gp.sched.lr = 0;
    gp.sched.bp = 0; // the chain of frame pointers ends here
    const entry = comptime os.abi.entry();
    gp.sched.regs[@intFromEnum(entry.func)] = @intFromPtr(func);
    gp.sched.regs[@intFromEnum(entry.arg)] = @intFromPtr(arg);
    gp.fp0 = fp[0];
    gp.fp1 = fp[1];
    return if (os.abi == .ms_x86_64) setupWindows(gp) else .ok;
}

/// The entry thunk's frame has shadow space for its callee below a return address of 0, and the TEB will want the
/// bounds.
fn setupWindows(gp: *G) E {
    if (!rearmWindows(gp)) return .nomem;
    const shadow_bytes = 32;
    const return_address: *u64 = @ptrFromInt(gp.sched.sp - 8);
    return_address.* = 0;
    gp.sched.sp -= 16 + shadow_bytes;
    gp.tail = .{ .stack_limit = gp.stack.lo, .deallocation_stack = gp.stack.lo - os.impl.overflow_bytes };
    return .ok;
}

/// A guard that a fault spent is armed again before the stack is used again.
fn rearmWindows(gp: *G) bool {
    if (gp.tail.stack_limit != os.impl.guard_spent) return true;
    if (!os.impl.slotRearm(@ptrFromInt(gp.stack.lo))) return false;
    gp.tail.stack_limit = gp.stack.lo;
    return true;
}

pub fn stackAlloc(index: u32, size: usize) E {
    const gp = arena.gAt(index) orelse return .bad_index;
    if (gp.stack.lo != 0) return .has_stack;
    const checked = stack.checkSize(size);
    if (checked != .ok) return checked;
    gp.stack = stack.alloc(size) orelse again: {
        m_.reclaim(); // threads that have ended may have left some
        break :again stack.alloc(size) orelse return .nomem;
    };
    gp.stackguard0 = gp.stack.lo + layout.stack_guard_offset;
    return .ok;
}

pub fn stackFree(index: u32) E {
    const gp = arena.gAt(index) orelse return .bad_index;
    if (gp.stack.lo == 0) return .no_stack;
    if (@atomicLoad(u32, &gp.atomicstatus, .acquire) == codes.gstatus.running) return .running;
    if (os.abi == .ms_x86_64 and !rearmWindows(gp)) return .nomem;
    stack.free(gp.stack);
    gp.stack = .{};
    gp.stackguard0 = 0;
    return .ok;
}

/// The record of a goroutine whose thread has ended, whatever it was doing: as new, and dead.
pub fn renew(gp: *G) void {
    // A stack whose guard cannot be armed again is lost; it costs address space.
    if (gp.stack.lo != 0 and (os.abi != .ms_x86_64 or rearmWindows(gp))) stack.free(gp.stack);
    arena.clear(@ptrCast(gp), @sizeOf(G));
    @atomicStore(u32, &gp.atomicstatus, codes.gstatus.dead, .release);
}
