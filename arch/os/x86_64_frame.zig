//! The frame of an asynchronous preemption on x86-64: the interrupted body is made to call gobuf_async_preempt (the assembly
//! file), which keeps every register, and with XSAVE all of the extended state that the kernel has enabled.
const builtin = @import("builtin");
const Async = @import("../codes.zig").Async;

extern fn gobuf_async_preempt() callconv(.c) noreturn;

/// Bytes of an XSAVE area, a multiple of 64; 0 before `init`. The assembly reads both.
var xsave_bytes: u64 = 0;
/// 1 where AVX is enabled.
var avx: u32 = 0;

comptime {
    @export(&xsave_bytes, .{ .name = "gobuf_xsave_bytes", .visibility = .hidden });
    @export(&avx, .{ .name = "gobuf_avx", .visibility = .hidden });
}

/// What a leaf function may use below its sp.
const red_zone_bytes = if (builtin.os.tag == .windows) 0 else 128;
/// The place to go on, the flags, 15 registers, and what aligns the area.
const registers_bytes = (1 + 1 + 15) * 8 + 64;
/// What is called from there: gobuf_mcall in the end.
const calls_bytes = 512;
/// A signal handler that runs on the goroutine's stack, beside the state that the kernel keeps for it.
const handler_bytes = 2048;

const Leaf = struct { eax: u32, ebx: u32, ecx: u32, edx: u32 };

fn cpuid(leaf: u32, part: u32) Leaf {
    var eax: u32 = undefined;
    var ebx: u32 = undefined;
    var ecx: u32 = undefined;
    var edx: u32 = undefined;
    asm volatile ("cpuid"
        : [eax] "={eax}" (eax),
          [ebx] "={ebx}" (ebx),
          [ecx] "={ecx}" (ecx),
          [edx] "={edx}" (edx),
        : [leaf] "{eax}" (leaf),
          [part] "{ecx}" (part),
    );
    return .{ .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx };
}

/// Finds out what there is to keep. Threads that do so at once find the same.
pub fn init() Async {
    const osxsave = 1 << 27;
    const xsave_leaf = 0xD;
    const avx_state = 1 << 2;
    const ymm_part = 2;
    if (cpuid(0, 0).eax < xsave_leaf or cpuid(1, 0).ecx & osxsave == 0) return .processor;
    // The size of what is enabled, and which parts of it a thread may have.
    const whole = cpuid(xsave_leaf, 0);
    const enabled = xgetbv();
    if (enabled & avx_state != 0 and cpuid(xsave_leaf, ymm_part).eax != 0) @atomicStore(u32, &avx, 1, .monotonic);
    const alignment = 64;
    @atomicStore(u64, &xsave_bytes, (whole.ebx + alignment - 1) & ~@as(u64, alignment - 1), .release);
    return .ok;
}

fn xgetbv() u32 {
    return asm volatile ("xgetbv"
        : [low] "={eax}" (-> u32),
        : [register] "{ecx}" (@as(u32, 0)),
        : .{ .rdx = true });
}

/// See os/posix_preempt.zig.
pub fn bytes() usize {
    const state = @atomicLoad(u64, &xsave_bytes, .acquire);
    return red_zone_bytes + registers_bytes + state + calls_bytes + state + handler_bytes;
}

/// The sp at which the call is injected; the place to go on is written there.
pub fn push(sp: usize, pc: usize) usize {
    const to = sp - red_zone_bytes - 8;
    @as(*usize, @ptrFromInt(to)).* = pc;
    return to;
}

pub fn entry() usize {
    return @intFromPtr(&gobuf_async_preempt);
}

/// Makes an interrupted thread call it; whether it will. @param sys the system's signals
pub fn inject(comptime sys: type, context: *sys.Context) bool {
    return sys.divert(context, entry(), push(sys.stackPointer(context), sys.programCounter(context)));
}
