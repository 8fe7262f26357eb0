//! The one function of Windows' bcryptprimitives.dll that Bun needs and Wine 8 lacks, over the random source it has.
extern "advapi32" fn SystemFunction036(buffer: [*]u8, bytes: u32) callconv(.winapi) u8;

/// Fills a buffer with random bytes. It cannot fail, by its contract: a caller does not look at the result.
export fn ProcessPrng(buffer: [*]u8, bytes: usize) callconv(.winapi) c_int {
    var done: usize = 0;
    while (done < bytes) {
        const count: u32 = @truncate(@min(bytes - done, 1 << 30));
        if (SystemFunction036(buffer + done, count) == 0) @trap();
        done += count;
    }
    return 1;
}
