//! The process's own map: where code lies.
const linux = @import("std").os.linux;
const impl = @import("linux.zig");

/// The bounds of the executable mapping that an address lies in. False when there is none, or no /proc.
pub fn codeAt(address: usize, lo: *usize, hi: *usize) bool {
    const dirfd_cwd: usize = @bitCast(@as(isize, -100));
    const read_only_close_on_exec = @as(u32, @bitCast(linux.O{ .CLOEXEC = true }));
    const path: [*:0]const u8 = "/proc/self/maps";
    const fd = linux.syscall4(.openat, dirfd_cwd, @intFromPtr(path), read_only_close_on_exec, 0);
    if (!impl.ok(fd)) return false;
    defer _ = linux.syscall1(.close, fd);
    var text: [4096]u8 = undefined;
    var line: Line = .{};
    while (true) {
        const bytes = linux.syscall3(.read, fd, @intFromPtr(&text), text.len);
        if (!impl.ok(bytes) or bytes == 0) return false;
        for (text[0..bytes]) |c| {
            if (!line.take(c)) continue;
            if (line.executable and address >= line.lo and address < line.hi) {
                lo.* = line.lo;
                hi.* = line.hi;
                return true;
            }
            line = .{};
        }
    }
}

/// "7f00-7f10 r-xp 00000000 ...", character by character.
const Line = struct {
    part: enum { lo, hi, rights, rest } = .lo,
    lo: usize = 0,
    hi: usize = 0,
    executable: bool = false,

    /// Whether the line is over.
    fn take(line: *Line, c: u8) bool {
        if (c == '\n') return true;
        switch (line.part) {
            .lo => if (c == '-') {
                line.part = .hi;
            } else {
                line.lo = line.lo * 16 + digit(c);
            },
            .hi => if (c == ' ') {
                line.part = .rights;
            } else {
                line.hi = line.hi * 16 + digit(c);
            },
            .rights => if (c == ' ') {
                line.part = .rest;
            } else if (c == 'x') {
                line.executable = true;
            },
            .rest => {},
        }
        return false;
    }

    fn digit(c: u8) usize {
        return if (c <= '9') c - '0' else c - 'a' + 10;
    }
};
