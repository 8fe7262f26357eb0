//! Steps native goroutines by the trap flag of x86-64, and has a preemption arrive between two instructions of choice: for
//! props/preempt/steps.ts. On Linux.
//!
//! `gobuf_probe_step_execute` and `gobuf_probe_step_goon` stand for the library's functions of these names. From their first
//! instruction on, through the switch, the goroutine's body and its operations, and back to g0, each instruction raises
//! SIGTRAP. The handler counts them, and before a chosen one it calls gobuf_preempt_now, which does what the monitor does:
//! it asks the goroutine to give way, and signals the thread. All signals are blocked in the handler. So the kernel delivers
//! that one when the handler returns: between the same two instructions.
//!
//! Behind it the counts of the library say what became of the preemption. What should have become of it is decided here, from
//! the place alone: whose code it is and whose stack. JavaScript, which callbacks enter, is not stepped.
const std = @import("std");
const api = @import("api.zig");
const layout = @import("layout");
const linux = std.os.linux;
const codes = layout.codes;
const Records = layout.Records(.sysv_x86_64);

const outcomes = layout.preemption_words;

/// What is to be done, and what was: shared with TypeScript.
const Steps = extern struct {
    execute: u64,
    goon: u64,
    /// gobuf_preempt_now of the library under test.
    now: u64,
    /// The thread's M, and all Gs.
    m: *volatile Records.M,
    gs: [*]volatile Records.G,
    /// The library's code, and that of the bodies.
    own: Range,
    bodies: Range,
    /// The step before which a preemption arrives, from 1 on; 0 for none. Steps are counted up to it.
    at: u64,
    /// Not 0: more arrive, before each so many-th further step, and the bodies' own instructions alone are stepped.
    each: u64,
    // Results.
    steps: u64,
    delivered: u64,
    /// Calls into code that was not stepped, callbacks.
    calls: u64,
    /// By codes.preemption: what became of the preemptions.
    became: [outcomes]u64,
    /// Preemptions of which something else became than should have, and of the first one: the step, the place, what should
    /// have become of it (bits of codes.preemption) and what did (the same).
    wrong: u64,
    wrong_step: u64,
    wrong_pc: u64,
    wrong_want: u64,
    wrong_got: u64,
};

const Range = extern struct {
    lo: u64,
    hi: u64,

    fn has(r: *const Range, address: u64) bool {
        return address >= r.lo and address < r.hi;
    }
};

var bound: ?*Steps = null;
/// The preemption that was sent last, until its outcome is known.
var pending = false;
var pending_pc: u64 = 0;
var pending_want: u64 = 0;
var before: [outcomes]u32 = @splat(0);
/// By goroutine: where it goes on that was preempted and is stepped on. That step was counted.
var resumes: [64]u64 = @splat(0);
var previous: Action = undefined;

/// Where gobuf_step_again goes on.
var step_back: u64 = 0;
comptime {
    @export(&step_back, .{ .name = "gobuf_step_back", .visibility = .hidden });
}

extern fn gobuf_step_call(target: u64, g: u32) callconv(.c) u32;
extern fn gobuf_step_again() callconv(.c) noreturn;
extern fn gobuf_step_sigreturn() callconv(.c) noreturn;

/// Begins, or ends with null. While steps are bound, the two functions below step.
export fn gobuf_probe_step_bind(steps: ?*Steps) callconv(.c) void {
    if ((steps != null) != (bound != null)) {
        if (steps != null) {
            const sa_siginfo_onstack_restorer = 0x4 | 0x08000000 | 0x04000000;
            const mine: Action = .{
                .handler = @intFromPtr(&handle),
                .flags = sa_siginfo_onstack_restorer,
                .restorer = @intFromPtr(&gobuf_step_sigreturn),
                .mask = ~@as(u64, 0),
            };
            sigaction(&mine, &previous);
        } else sigaction(&previous, null);
    }
    bound = steps;
    pending = false;
    resumes = @splat(0);
}

export fn gobuf_probe_step_execute(g: u32) callconv(.c) u32 {
    return run(bound.?, bound.?.execute, g);
}

export fn gobuf_probe_step_goon(g: u32) callconv(.c) u32 {
    return run(bound.?, bound.?.goon, g);
}

fn run(steps: *Steps, target: u64, g: u32) u32 {
    // One that was preempted between two of its instructions has the trap flag among its own.
    if (isOver(steps) or (steps.each != 0 and steps.gs[g].sched.lr != 0)) {
        const plain: *const fn (u32) callconv(.c) u32 = @ptrFromInt(target);
        const code = plain(g);
        settle(steps);
        return code;
    }
    const code = gobuf_step_call(target, g);
    settle(steps);
    return code;
}

/// Nothing is left to be done but to let the goroutines end.
fn isOver(steps: *const Steps) bool {
    return steps.each == 0 and steps.at != 0 and steps.delivered != 0;
}

const Action = extern struct { handler: u64, flags: u64, restorer: u64, mask: u64 };

fn sigaction(new: *const Action, old: ?*Action) void {
    const sigtrap = 5;
    _ = linux.syscall4(.rt_sigaction, sigtrap, @intFromPtr(new), @intFromPtr(old), 8);
}

/// The kernel's struct ucontext, up to the flags.
const Context = extern struct {
    head: [5]u64,
    registers: [15]u64,
    rsp: u64,
    rip: u64,
    rflags: u64,
};

comptime {
    std.debug.assert(@offsetOf(Context, "rip") == 168);
}

const trap_flag: u64 = 0x100;

fn handle(_: i32, _: *const anyopaque, context: *Context) callconv(.c) void {
    const steps = bound orelse return stop(context);
    settle(steps);
    if (isOver(steps)) return stop(context);
    const pc = context.rip;
    const on_own_stack = onGoroutine(steps, context.rsp);
    if (!steps.own.has(pc) and !steps.bodies.has(pc) and !on_own_stack) return leave(steps, context);
    if (steps.each != 0 and on_own_stack) {
        const at = resumesOf(steps);
        if (at.* != 0) {
            // Stepped no further on its way out: the first instruction there has kept the trap flag.
            if (pc != at.*) return stop(context);
            at.* = 0;
            return;
        }
    }
    if (steps.each != 0 and !(steps.bodies.has(pc) and on_own_stack)) return;
    steps.steps += 1;
    if (steps.at == 0 or steps.steps < steps.at) return;
    if (steps.each != 0 and (steps.steps - steps.at) % steps.each != 0) return;
    pending_want = expectation(steps, pc, on_own_stack);
    pending_pc = pc;
    for (&before, 0..) |*word, i| word.* = steps.m.preemptions[i];
    pending = true;
    steps.delivered += 1;
    if (steps.each != 0 and pending_want == bit(codes.preemption.taken)) resumesOf(steps).* = pc;
    if (isOver(steps)) stop(context);
    const now: *const fn () callconv(.c) void = @ptrFromInt(steps.now);
    now();
}

fn stop(context: *Context) void {
    context.rflags &= ~trap_flag;
}

/// A function outside was entered on g0's stack: it runs without steps until it returns.
fn leave(steps: *Steps, context: *Context) void {
    stop(context);
    steps.calls += 1;
    const return_address: *u64 = @ptrFromInt(context.rsp);
    if (!steps.own.has(return_address.*) and !steps.bodies.has(return_address.*)) return;
    step_back = return_address.*;
    return_address.* = @intFromPtr(&gobuf_step_again);
}

fn onGoroutine(steps: *const Steps, sp: u64) bool {
    const gp = steps.m.curg orelse return false;
    return sp > gp.stack.lo and sp <= gp.stack.hi;
}

fn resumesOf(steps: *const Steps) *u64 {
    const index = (@intFromPtr(steps.m.curg) - @intFromPtr(steps.gs)) / @sizeOf(Records.G);
    return &resumes[index % resumes.len];
}

fn bit(outcome: u32) u64 {
    return @as(u64, 1) << @intCast(outcome);
}

/// What may become of a preemption at a place, from the place alone.
fn expectation(steps: *const Steps, pc: u64, on_own_stack: bool) u64 {
    // In the switch the one stack or the other is in use, and the M is at either.
    if (steps.own.has(pc)) return bit(codes.preemption.runtime) | bit(codes.preemption.g0);
    if (!on_own_stack) return bit(codes.preemption.g0);
    if (!steps.bodies.has(pc)) return bit(codes.preemption.library);
    return bit(codes.preemption.taken);
}

/// Looks what became of the preemption that was sent, once.
fn settle(steps: *Steps) void {
    if (!pending) return;
    pending = false;
    var got: u64 = 0;
    var count: u32 = 0;
    for (before, 0..) |was, i| {
        const more = steps.m.preemptions[i] -% was;
        if (i == codes.preemption.sent or more == 0) continue;
        got |= bit(@intCast(i));
        count += more;
        steps.became[i] += more;
    }
    if (count == 1 and got & ~pending_want == 0) return;
    if (steps.wrong == 0) {
        steps.wrong_step = steps.steps;
        steps.wrong_pc = pending_pc;
        steps.wrong_want = pending_want;
        steps.wrong_got = got;
    }
    steps.wrong += 1;
}
