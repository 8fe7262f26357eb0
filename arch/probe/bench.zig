//! Native bodies of the benchmarks: the programs of bench/programs.ts as a compiled language has them.
const api = @import("api.zig");

/// What a body works on: how often, and which objects.
const Work = extern struct {
    n: u64,
    /// Handles of channels or a mutex; 0 where there is none.
    a: u32,
    b: u32,
    /// Counted down by the body that ends.
    done: u32,
    reserved: u32,
};

const gosched: u32 = 2;
const send: u32 = 5;
const recv: u32 = 6;
const lock: u32 = 10;
const unlock: u32 = 11;
const wgadd: u32 = 16;

inline fn trap(code: u32, a: u32, v: u64) u64 {
    return api.api.mcall(code, a, v);
}

inline fn done(w: *const Work) void {
    if (w.done != 0) _ = trap(wgadd, w.done, @bitCast(@as(i64, -1)));
}

fn work(arg: ?*anyopaque) *const Work {
    return @ptrCast(@alignCast(arg.?));
}

fn yielder(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| _ = trap(gosched, 0, 0);
    done(w);
}

fn sender(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |i| _ = trap(send, w.a, i);
    done(w);
}

fn receiver(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| _ = trap(recv, w.a, 0);
    done(w);
}

/// Answers every value of channel a on channel b.
fn echo(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| _ = trap(send, w.b, trap(recv, w.a, 0));
    done(w);
}

/// Sends on channel a and waits for the answer on channel b.
fn caller(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |i| {
        _ = trap(send, w.a, i);
        _ = trap(recv, w.b, 0);
    }
    done(w);
}

fn ender(arg: ?*anyopaque) callconv(.c) void {
    done(work(arg));
}

fn locker(arg: ?*anyopaque) callconv(.c) void {
    const w = work(arg);
    for (0..w.n) |_| {
        _ = trap(lock, w.a, 0);
        _ = trap(gosched, 0, 0);
        _ = trap(unlock, w.a, 0);
    }
    done(w);
}

const bodies = [_]api.Body{ &yielder, &sender, &receiver, &echo, &caller, &ender, &locker };

/// The address of body k, in the order of BODIES in bench/native.ts; null past the end.
export fn gobuf_bench_body(k: u32) callconv(.c) ?*const anyopaque {
    return if (k < bodies.len) @ptrCast(bodies[k]) else null;
}

/// Switches n times to a goroutine and back, without TypeScript in between. The goroutine, in status running, is one that
/// traps for ever. Returns what is left of n when it did not.
export fn gobuf_bench_switch(g: u32, n: u32) callconv(.c) u32 {
    var left = n;
    while (left != 0) : (left -= 1) {
        if (api.api.execute(g) != gosched) break;
    }
    return left;
}
