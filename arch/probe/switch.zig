//! The bench's rows of gogo and mcall alone, with and without floating-point control words: the library's assembly,
//! assembled once more (switch_sysv_x86_64.S, switch_nofp_sysv_x86_64.S), on records of its own.
const std = @import("std");
const builtin = @import("builtin");
const layout = @import("layout");
const api = @import("api.zig");

const Records = layout.Records(api.abi);
const G = Records.G;
const M = Records.M;

const gosched: u32 = 2;
const stack_bytes = 16 * 1024;

/// One of the two switches, by the prefix of its symbols.
fn Switch(comptime prefix: []const u8) type {
    return struct {
        const gogo = @extern(*const fn (*G, *M) callconv(.c) u32, .{ .name = prefix ++ "gogo" });
        const mcall = @extern(*const fn (u32, u32, u64) callconv(.c) u64, .{ .name = prefix ++ "mcall" });
        const tls = @extern(*const fn () callconv(.c) *?*M, .{ .name = prefix ++ "tls" });
        const entry = @extern(*const anyopaque, .{ .name = prefix ++ "entry" });

        var stack: [stack_bytes]u8 align(16) = undefined;

        fn body(_: ?*anyopaque) callconv(.c) void {
            while (true) _ = mcall(gosched, 0, 0);
        }

        fn returned() callconv(.c) noreturn {
            @trap();
        }

        comptime {
            @export(&returned, .{ .name = prefix ++ "returned", .visibility = .hidden });
        }

        /// n round trips; what is left of them when one went wrong.
        fn run(n: u32) u32 {
            var g0 = std.mem.zeroes(G);
            var m = std.mem.zeroes(M);
            var g = std.mem.zeroes(G);
            const fp = comptime api.abi.fpDefaults();
            m.g0 = &g0;
            g.sched.sp = @intFromPtr(&stack) + stack_bytes;
            g.sched.pc = @intFromPtr(entry);
            g.sched.regs[@intFromEnum(api.abi.entry().func)] = @intFromPtr(&body);
            g.fp0 = fp[0];
            g.fp1 = fp[1];
            tls().* = &m;
            var left = n;
            while (left != 0) : (left -= 1) {
                if (gogo(&g, &m) != gosched) break;
            }
            return left;
        }
    };
}

/// n round trips of gogo and mcall. What is left of n when one went wrong; 0xFFFFFFFF when this ABI has no such rows.
export fn gobuf_bench_bare_switch(fp: u32, n: u32) callconv(.c) u32 {
    if (comptime api.abi != .sysv_x86_64 or builtin.os.tag != .linux) return 0xFFFFFFFF;
    return if (fp != 0) Switch("gobuf_bare_").run(n) else Switch("gobuf_nofp_").run(n);
}
