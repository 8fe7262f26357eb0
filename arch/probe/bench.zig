//! Native bodies of the benchmarks: the programs of bench/programs.ts as a compiled language has them.
const api = @import("api.zig");

/// What a body works on: how often, and which objects. Its layout is WORK of bench/programs/native.ts.
const Work = extern struct {
    n: u64,
    /// What the body adds up.
    sum: u64,
    /// Handles of channels or a mutex; 0 where there is none.
    a: u32,
    b: u32,
    /// Counted down by the body that ends.
    done: u32,
    /// Channels of a select.
    width: u32,
    /// A channel that is closed when all goroutines of a ring have begun; 0 where they need not wait.
    gate: u32,
    reserved: u32,
    channels: [8]u32,
};

const Trap = api.codes.Trap;

inline fn trap(code: Trap, a: u32, v: u64) u64 {
    return api.api.mcall(@intFromEnum(code), a, v);
}

inline fn put(channel: u32, v: u64) void {
    _ = api.api.send(channel, v);
}

inline fn take(channel: u32) u64 {
    return api.api.recv(channel);
}

inline fn done(w: *const Work) void {
    if (w.done != 0) _ = trap(.wgadd, w.done, @bitCast(@as(i64, -1)));
}

fn work(arg: ?*anyopaque) *Work {
    return @ptrCast(@alignCast(arg.?));
}

/// The sum is read after the operation that gave v: others may share it.
inline fn add(w: *Work, v: u64) void {
    w.sum += v;
}

/// Waits for the gate, then gives way n times.
fn yielder(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    if (w.gate != 0) _ = take(w.gate);
    for (0..w.n) |_| _ = trap(.gosched, 0, 0);
    done(w);
}

fn sender(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |i| put(w.a, i);
    done(w);
}

fn receiver(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| add(w, take(w.a));
    done(w);
}

/// Receives from whichever channel is ready.
fn selector(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    var cases: [8]api.Case = undefined;
    for (0..w.width) |i| cases[i] = .{ .dir = api.codes.dir.recv, .handle = w.channels[i], .value = 0 };
    for (0..w.n) |_| {
        add(w, api.api.select(&cases, w.width, 0));
    }
    done(w);
}

/// A link of the daisy chain: receives on channel b, sends one more on channel a.
fn link(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    put(w.a, take(w.b) + 1);
}

/// Sends the numbers from 2 on to channel a.
fn generate(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    var i: u64 = 2;
    while (true) : (i += 1) put(w.a, i);
}

/// Hands on, from channel a to channel b, what n does not divide.
fn filter(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    while (true) {
        const i = take(w.a);
        if (i % w.n != 0) put(w.b, i);
    }
}

/// Answers every value of channel a on channel b.
fn echo(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| put(w.b, take(w.a));
    done(w);
}

/// Sends on channel a and waits for the answer on channel b.
fn caller(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |i| {
        put(w.a, i);
        add(w, take(w.b));
    }
    done(w);
}

fn ender(arg: ?*anyopaque) callconv(.c) void {
    done(work(arg));
}

fn locker(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| {
        _ = trap(.lock, w.a, 0);
        _ = trap(.gosched, 0, 0);
        w.sum += 1;
        _ = trap(.unlock, w.a, 0);
    }
    done(w);
}

fn adder(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    _ = trap(.gosched, 0, 0);
    w.sum += 1;
    done(w);
}

/// Sleeps n nanoseconds.
fn sleeper(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    _ = trap(.sleep, 0, w.n);
    done(w);
}

/// Calls a function on g0's stack.
fn stacker(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| api.api.systemstack(&count, w);
    done(w);
}

fn count(arg: ?*anyopaque) callconv(.c) void {
    work(arg).sum += 1;
}

/// What a goroutine of skynet works on: the beginning of a Work.
const Sky = extern struct {
    /// Leaves below it.
    n: u64,
    /// The first one's number.
    first: u64,
    /// Where their sum goes.
    a: u32,
};

/// Sends the sum of its leaves' numbers: its own, or what ten of its kind send. They find what they work on in this
/// frame, which stays while it waits for them.
fn skynet(arg: ?*anyopaque) callconv(.c) void {
    const s: *const Sky = @ptrCast(@alignCast(arg.?));
    if (s.n == 1) {
        put(s.a, s.first);
        return;
    }
    const rc: u32 = @truncate(trap(.chan_make, 0, 0));
    var children: [10]Sky = undefined;
    for (&children, 0..) |*child, i| {
        child.* = .{ .n = s.n / 10, .first = s.first + i * (s.n / 10), .a = rc };
        _ = api.api.go(&skynet, child);
    }
    var sum: u64 = 0;
    for (0..children.len) |_| sum += take(rc);
    _ = trap(.chan_free, rc, 0);
    put(s.a, sum);
}

const bodies = [_]api.Body{
    &yielder, &sender, &receiver, &selector, &echo,  &caller,  &ender,
    &locker,  &link,   &generate, &filter,   &adder, &sleeper, &stacker,
    &skynet,
};

/// The address of body k, in the order of BODIES in bench/programs/native.ts; null past the end.
export fn gobuf_bench_body(k: u32) callconv(.c) ?*const anyopaque {
    return if (k < bodies.len) @ptrCast(bodies[k]) else null;
}

/// Switches n times to a goroutine and back, without TypeScript in between. The goroutine, in status running, is one that
/// traps for ever. Returns what is left of n when it did not.
export fn gobuf_bench_switch(g: u32, n: u32) callconv(.c) u32 {
    var left = n;
    while (left != 0) : (left -= 1) {
        if (api.api.execute(g) != @intFromEnum(Trap.gosched)) break;
    }
    return left;
}
