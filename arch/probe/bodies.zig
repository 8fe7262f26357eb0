//! Bodies in Zig for props/native: those of bodies.c that a ring of both wants, by gobuf.zig.
const builtin = @import("builtin");
const gobuf = @import("gobuf");

comptime {
    _ = gobuf;
}

/// struct work of bodies.h
const Work = extern struct {
    in: gobuf.Handle,
    out: gobuf.Handle,
    wg: gobuf.Handle,
    callback: gobuf.Handle,
    count: u64,
    done: u64,
    sum: u64,
    panics: u64,
    last: u64,
};

fn workOf(arg: ?*anyopaque) *Work {
    return @ptrCast(@alignCast(arg.?));
}

export fn zig_passer(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    while (w.count == 0 or w.done < w.count) {
        const v = gobuf.recv(w.in);
        if (v.ok != gobuf.ok) break;
        w.done += 1;
        w.sum +%= v.value;
        if (gobuf.send(w.out, v.value) != gobuf.ok) break;
    }
    _ = gobuf.wgDone(w.wg);
}

export fn zig_echo(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    while (true) {
        const v = gobuf.recv(w.in);
        if (v.ok != gobuf.ok) break;
        w.done += 1;
        _ = gobuf.send(w.out, v.value);
    }
    _ = gobuf.close(w.out);
}

export fn zig_selector(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    while (true) {
        var word: u64 = 0;
        _ = gobuf.select(&.{.{ .dir = gobuf.dir_recv, .channel = w.in }}, false, &word);
        if (gobuf.status() != gobuf.ok) break;
        _ = gobuf.select(&.{.{ .dir = gobuf.dir_send, .channel = w.out, .value = word }}, false, null);
    }
    _ = gobuf.close(w.out);
}

export fn zig_caller(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    for (0..w.count) |i| {
        const v = gobuf.call(w.callback, i);
        w.done += 1;
        if (v.ok == gobuf.ok) {
            w.sum +%= v.value;
        } else if (gobuf.recover()) w.panics += 1;
    }
    _ = gobuf.wgDone(w.wg);
}

/// c_maker of bodies.c.
export fn zig_maker(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    if (gobuf.chanMake(w.count)) |ch| {
        defer gobuf.chanFree(ch);
        w.last = gobuf.status();
        _ = gobuf.send(w.out, ch);
        while (true) {
            const v = gobuf.recv(ch);
            if (v.ok != gobuf.ok) break;
            w.done += 1;
            w.sum +%= v.value;
        }
    } else {
        w.last = gobuf.status();
        w.panics = 1;
        gobuf.chanFree(0);
    }
    _ = gobuf.wgDone(w.wg);
}

/// c_tries of bodies.c.
export fn zig_tries(arg: ?*anyopaque) callconv(.c) void {
    const w: [*]u32 = @ptrCast(@alignCast(arg));
    w[3] = @intFromBool(gobuf.trylock(w[0]));
    w[4] = @intFromBool(gobuf.trylock(w[0]));
    gobuf.unlock(w[0]);
    w[5] = @intFromBool(gobuf.tryrlock(w[1]));
    w[6] = @intFromBool(gobuf.tryrlock(w[1]));
    w[7] = @intFromBool(gobuf.trywlock(w[1]));
    gobuf.runlock(w[1]);
    gobuf.runlock(w[1]);
    w[8] = @intFromBool(gobuf.trywlock(w[1]));
    w[9] = @intFromBool(gobuf.tryrlock(w[1]));
    gobuf.wunlock(w[1]);
    w[10] = @truncate(gobuf.chanLen(w[2]));
    w[11] = @truncate(gobuf.chanCap(w[2]));
    w[12] = @truncate(gobuf.chanLen(0));
    w[13] = @truncate(gobuf.chanCap(0));
}

fn isEmpty(ch: gobuf.Handle) u64 {
    const cases = [_]gobuf.Case{.{ .dir = gobuf.dir_recv, .channel = ch }};
    return @intFromBool(gobuf.select(&cases, true, null) == gobuf.select_default);
}

/// c_timers of bodies.c.
export fn zig_timers(arg: ?*anyopaque) callconv(.c) void {
    const ms = 1_000_000;
    const w: [*]u64 = @ptrCast(@alignCast(arg));
    const t = gobuf.timerMake(10 * ms);
    w[2] = gobuf.recv(t).value;
    w[3] = @intFromBool(gobuf.timerStop(t));
    w[4] = @intFromBool(gobuf.timerReset(t, 20 * ms));
    w[5] = @intFromBool(gobuf.timerStop(t));
    w[6] = isEmpty(t);
    _ = gobuf.timerReset(t, 5 * ms);
    gobuf.sleep(10 * ms);
    w[7] = @intFromBool(gobuf.timerReset(t, 5 * ms));
    w[8] = gobuf.recv(t).value;
    w[9] = gobuf.chanLen(t) + gobuf.chanCap(t);
    gobuf.chanFree(t);
    const k = gobuf.tickerMake(10 * ms) orelse return;
    w[10] = gobuf.recv(k).value;
    gobuf.sleep(35 * ms);
    w[11] = gobuf.recv(k).value;
    w[12] = gobuf.recv(k).value;
    w[13] = @intFromBool(gobuf.timerReset(k, 3 * ms));
    w[14] = gobuf.recv(k).value;
    w[15] = @intFromBool(gobuf.timerReset(k, 0));
    w[16] = gobuf.status();
    w[17] = @intFromBool(gobuf.timerStop(k));
    gobuf.sleep(50 * ms);
    w[18] = isEmpty(k);
    gobuf.chanFree(k);
    w[19] = gobuf.tickerMake(0) orelse 0;
    w[20] = gobuf.status();
    const late = gobuf.after(-1);
    w[21] = gobuf.recv(late).value;
    gobuf.chanFree(late);
}

fn counts(arg: ?*anyopaque) callconv(.c) void {
    gobuf.gosched();
    const count: *u64 = @ptrCast(@alignCast(arg));
    count.* += 1;
}

/// As c_wg_goes of bodies.c, with three that count.
export fn zig_wg_goes(arg: ?*anyopaque) callconv(.c) void {
    const w: [*]u64 = @ptrCast(@alignCast(arg));
    const wg: gobuf.Handle = @truncate(w[0]);
    w[3] = gobuf.wgGo(wg, &counts, &w[2]);
    for (0..2) |_| _ = gobuf.wgGo(wg, &counts, &w[2]);
    _ = gobuf.wgWait(wg);
    w[4] = w[2];
}

/// Every operation once, so that none of gobuf.zig is left uncompiled. `in` is a channel of one, `out` a mutex,
/// `callback` a Cond on it.
export fn zig_everything(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    gobuf.gosched();
    gobuf.goyield();
    gobuf.sleep(1);
    gobuf.lock(w.out);
    gobuf.condSignal(w.callback);
    gobuf.condBroadcast(w.callback);
    gobuf.unlock(w.out);
    _ = gobuf.wgAdd(w.wg, 1);
    _ = gobuf.go(&second, arg);
    _ = gobuf.wgWait(w.wg);
    w.sum = gobuf.recv(w.in).value;
    w.panics = @intFromBool(gobuf.recover());
    w.last = gobuf.getg();
    _ = gobuf.close(w.in);
    gobuf.goexit();
}

fn second(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    gobuf.systemstack(&onG0, arg);
    w.last = gobuf.send(w.in, gobuf.handleOf(@ptrFromInt(5)));
    _ = gobuf.wgDone(w.wg);
}

fn onG0(arg: ?*anyopaque) callconv(.c) void {
    workOf(arg).done = 1;
}

/// Words of the RWMutex `in` and the Once `out`.
export fn zig_locks(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    gobuf.rlock(w.in);
    gobuf.runlock(w.in);
    gobuf.wlock(w.in);
    gobuf.wunlock(w.in);
    if (gobuf.onceBegin(w.out)) {
        w.done += 1;
        gobuf.onceEnd(w.out);
    }
    if (!gobuf.onceBegin(w.out)) w.sum += 1;
    gobuf.lock(w.wg);
    gobuf.condWait(w.callback);
    gobuf.unlock(w.wg);
    w.last = 1;
}

/// Faults, as `count` says: 0 writes to null, 1 divides by zero, 2 executes no instruction, 3 a breakpoint, 4 writes to the
/// address `last`.
export fn zig_faults(arg: ?*anyopaque) callconv(.c) void {
    const w = workOf(arg);
    const x86 = builtin.cpu.arch == .x86_64;
    switch (w.count) {
        0 => write(8),
        1 => if (x86) asm volatile ("xorl %%ecx, %%ecx; movl $1, %%eax; cltd; idivl %%ecx" ::: .{ .rax = true, .rcx = true, .rdx = true }),
        2 => if (x86) asm volatile ("ud2") else asm volatile ("udf #0"),
        3 => if (x86) asm volatile ("int3") else asm volatile ("brk #0"),
        else => write(w.last),
    }
}

fn write(address: u64) void {
    const word: *allowzero volatile u8 = @ptrFromInt(address);
    word.* = 1;
}

/// Rounds up from now on, and overflows its stack.
export fn zig_overflows_rounding_up(_: ?*anyopaque) callconv(.c) void {
    if (builtin.cpu.arch == .x86_64) {
        var mxcsr: u32 = 0x1F80 | 2 << 13;
        asm volatile ("ldmxcsr (%[word])"
            :
            : [word] "r" (&mxcsr),
            : .{ .memory = true });
    } else asm volatile ("msr fpcr, %[word]"
        :
        : [word] "r" (@as(u64, 1 << 22)),
    );
    _ = deeper(1);
}

noinline fn deeper(n: usize) usize {
    var frame: [256]u8 = undefined;
    const bytes: *volatile [256]u8 = &frame;
    bytes[n & 255] = @truncate(n);
    return deeper(n +% 1) +% bytes[0];
}
