//! Stands for Windows' bcryptprimitives.dll under wine 8, which has none, and which every Bun loads: so it is also the
//! place to mend what else wine lacks.
//!
//! Bun opens a file of an open folder by that folder's name in the kernel, \Device\HarddiskVolume2\..., which wine
//! gives but does not take. What names it so is the symbolic link of the drive, \??\Z:, among the kernel's objects.
//! Here it is made to point to \??\unix, the name of the file system's root that wine both gives and takes.
const std = @import("std");
const windows = std.os.windows;
const Status = windows.NTSTATUS;
const Handle = windows.HANDLE;
const utf16 = std.unicode.utf8ToUtf16LeStringLiteral;

const String = extern struct {
    bytes: u16,
    bytes_max: u16,
    text: [*]const u16,

    fn of(text: []const u16) String {
        const bytes: u16 = @intCast(2 * text.len);
        return .{ .bytes = bytes, .bytes_max = bytes, .text = text.ptr };
    }
};

const Attributes = extern struct {
    bytes: u32 = @sizeOf(Attributes),
    root: ?Handle = null,
    name: *const String,
    flags: u32 = case_insensitive,
    security: ?*anyopaque = null,
    quality: ?*anyopaque = null,

    const case_insensitive = 0x40;
    const permanent = 0x10;
};

const link_all_access = 0xF0001;

extern "advapi32" fn SystemFunction036(buffer: [*]u8, bytes: u32) callconv(.winapi) u8;
extern "kernel32" fn GetEnvironmentVariableW(name: [*:0]const u16, text: [*]u16, max: u32) callconv(.winapi) u32;
extern "ntdll" fn NtOpenSymbolicLinkObject(*Handle, u32, *const Attributes) callconv(.winapi) Status;
extern "ntdll" fn NtCreateSymbolicLinkObject(*Handle, u32, *const Attributes, *const String) callconv(.winapi) Status;
extern "ntdll" fn NtQuerySymbolicLinkObject(Handle, *String, ?*u32) callconv(.winapi) Status;
extern "ntdll" fn NtMakeTemporaryObject(Handle) callconv(.winapi) Status;
extern "ntdll" fn NtClose(Handle) callconv(.winapi) Status;

/// Makes the link of a drive point elsewhere, once for all processes of a wine server.
fn pointDrive(link: []const u16, target: []const u16) void {
    const name: String = .of(link);
    const wanted: String = .of(target);
    var handle: Handle = undefined;
    if (NtOpenSymbolicLinkObject(&handle, link_all_access, &.{ .name = &name }) == .SUCCESS) {
        var text: [512]u16 = undefined;
        var now: String = .{ .bytes = 0, .bytes_max = @sizeOf(@TypeOf(text)), .text = &text };
        const known = NtQuerySymbolicLinkObject(handle, &now, null) == .SUCCESS;
        const done = known and std.mem.eql(u16, text[0 .. now.bytes / 2], target);
        if (!done) _ = NtMakeTemporaryObject(handle); // it goes with its last handle
        _ = NtClose(handle);
        if (done) return;
    }
    const attributes: Attributes = .{ .name = &name, .flags = Attributes.case_insensitive | Attributes.permanent };
    _ = NtCreateSymbolicLinkObject(&handle, link_all_access, &attributes, &wanted);
}

/// Z: is the root of the file system, C: a folder of the prefix.
fn mendDrives() void {
    const unix = utf16("\\??\\unix");
    pointDrive(utf16("\\??\\Z:"), unix);
    const drive_c = utf16("\\drive_c");
    var text: [512]u16 = undefined;
    @memcpy(text[0..unix.len], unix);
    const room: u32 = text.len - unix.len - drive_c.len;
    const length = GetEnvironmentVariableW(utf16("WINEPREFIX"), text[unix.len..].ptr, room);
    if (length == 0 or length >= room) return;
    const prefix = text[unix.len..][0..length];
    std.mem.replaceScalar(u16, prefix, '/', '\\');
    @memcpy(text[unix.len + length ..][0..drive_c.len], drive_c);
    pointDrive(utf16("\\??\\C:"), text[0 .. unix.len + length + drive_c.len]);
}

pub fn DllMain(_: windows.HINSTANCE, reason: windows.DWORD, _: windows.LPVOID) windows.BOOL {
    const process_attach = 1;
    if (reason == process_attach) mendDrives();
    return .TRUE;
}

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
