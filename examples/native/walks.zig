//! The same worker in Zig.
const gobuf = @import("gobuf");

comptime {
    _ = gobuf;
}

const Workplace = extern struct {
    jobs: gobuf.Handle,
    results: gobuf.Handle,
    /// a callback
    counted: gobuf.Handle,
    wg: gobuf.Handle,
};

export fn walker(arg: ?*anyopaque) callconv(.c) void {
    const w: *const Workplace = @ptrCast(@alignCast(arg.?));
    var count: u64 = 0;
    while (true) {
        const job = gobuf.recv(w.jobs);
        if (job.ok != gobuf.ok) break;
        var steps: u64 = 0;
        var n = job.value;
        while (n != 1) : (n = if (n % 2 == 1) 3 * n + 1 else n / 2) steps += 1;
        _ = gobuf.send(w.results, steps << 32 | job.value);
        count += 1;
    }
    _ = gobuf.call(w.counted, count);
    _ = gobuf.wgDone(w.wg);
}
