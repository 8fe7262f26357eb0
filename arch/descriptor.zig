//! What TypeScript verifies when it loads the library: every figure both sides must agree on, as u32 words.
const std = @import("std");
const layout = @import("layout.zig");
const os = @import("os.zig");

const entries = layout.table(os.abi, os.id);

var words: [entries.len]u32 = blk: {
    var values: [entries.len]u32 = undefined;
    for (entries, 0..) |entry, i| values[i] = entry.value;
    break :blk values;
};

const page_size_word = blk: {
    for (entries, 0..) |entry, i| {
        if (std.mem.eql(u8, entry.name, "page_size")) break :blk i;
    }
    unreachable;
};

pub fn get() [*]const u32 {
    // The machine's, not the build's. Threads that come together store the same value.
    @atomicStore(u32, &words[page_size_word], @intCast(os.impl.pageSize()), .monotonic);
    return &words;
}
