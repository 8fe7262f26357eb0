//! Random numbers that can be made again: everything the probe draws follows from the buffer's seed and from where it is
//! drawn, never from what was drawn before or from the order of execution.

/// The streams of one seed.
pub const Stream = enum(u64) { operation = 1, execute = 2, locals = 3, systemstack = 4 };

pub const Random = struct {
    state: u64,

    pub fn init(seed: u64, stream: Stream, a: u64, b: u64) Random {
        var state = seed;
        for ([_]u64{ @intFromEnum(stream), a, b }) |part| state = mix(state +% step) ^ mix(part +% step);
        return .{ .state = mix(state) };
    }

    pub fn next(r: *Random) u64 {
        r.state +%= step;
        return mix(r.state);
    }

    /// Below `limit`, which is not 0 and small enough for the bias not to matter.
    pub fn below(r: *Random, limit: u64) u64 {
        return r.next() % limit;
    }
};

/// SplitMix64: the golden ratio's fraction as the step, and Stafford's thirteenth finaliser.
const step = 0x9E3779B97F4A7C15;

fn mix(from: u64) u64 {
    var z = from;
    z = (z ^ (z >> 30)) *% 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) *% 0x94D049BB133111EB;
    return z ^ (z >> 31);
}
