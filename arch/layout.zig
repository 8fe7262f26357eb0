//! Records that TypeScript, Zig and assembly share, for all three ABIs at once: the layout of an ABI is checked
//! wherever the library is built, so a field that moves is caught without the machine it would break.
//!
//! Stack, Gobuf and G up to `preempt` have the layout of the Rust seed (go-lib, a port of runtime2.go to Rust); what
//! follows is gobuf's own. `table` lists every figure by name. The descriptor that TypeScript verifies and the header
//! that the assembly includes are both made from it, so that no offset is written twice.
const std = @import("std");
const assert = std.debug.assert;
/// The codes; the probe's way to them, too.
pub const codes = @import("codes.zig");

pub const magic = codes.descriptor.magic;
pub const abi_version = codes.contract.abi_version;

pub const Abi = enum(u32) {
    sysv_x86_64 = codes.abi.sysv_x86_64,
    aarch64 = codes.abi.aarch64,
    ms_x86_64 = codes.abi.ms_x86_64,

    /// What the words of Gobuf.regs hold, in their order: the callee-saved registers beside sp, bp and (AArch64) x29,
    /// x30, which have fields of their own. An xmm takes two words.
    pub fn Register(comptime abi: Abi) type {
        return switch (abi) {
            .sysv_x86_64 => enum(usize) { rbx, r12, r13, r14, r15 },
            .aarch64 => enum(usize) {
                // zig fmt: off
                x19, x20, x21, x22, x23, x24, x25, x26, x27, x28,
                d8, d9, d10, d11, d12, d13, d14, d15,
                // zig fmt: on
            },
            .ms_x86_64 => enum(usize) {
                // zig fmt: off
                rbx, rdi, rsi, r12, r13, r14, r15,
                xmm6, xmm6_high, xmm7, xmm7_high, xmm8, xmm8_high, xmm9, xmm9_high, xmm10, xmm10_high,
                xmm11, xmm11_high, xmm12, xmm12_high, xmm13, xmm13_high, xmm14, xmm14_high, xmm15, xmm15_high,
                // zig fmt: on
            },
        };
    }

    pub fn slots(comptime abi: Abi) comptime_int {
        return @typeInfo(abi.Register()).@"enum".fields.len;
    }

    /// Registers in which the first context of a goroutine has what gobuf_entry calls, and with what.
    pub fn entry(comptime abi: Abi) struct { func: abi.Register(), arg: abi.Register() } {
        return switch (abi) {
            .sysv_x86_64 => .{ .func = .rbx, .arg = .r12 },
            .aarch64 => .{ .func = .x19, .arg = .x20 },
            .ms_x86_64 => .{ .func = .rbx, .arg = .rdi },
        };
    }

    /// FP control words of a new goroutine, as its ABI has them on entry to a program.
    pub fn fpDefaults(abi: Abi) [2]u32 {
        return switch (abi) {
            .sysv_x86_64 => .{ 0x1F80, 0x037F }, // every exception masked; x87 rounds to 64 bits of mantissa
            .ms_x86_64 => .{ 0x1F80, 0x027F }, // the same, x87 rounds to 53 bits
            .aarch64 => .{ 0, 0 }, // FPCR has no second word
        };
    }
};

pub const Os = enum(u32) { linux = codes.os.linux, macos = codes.os.macos, windows = codes.os.windows };

// A limit on everything. The regions hold their maximum in well under 4 GiB, so that a byte offset fits a u32.
pub const g_max = 1 << 22;
pub const sudog_max = 1 << 24;
pub const m_max = 256;
pub const runq_size = 256; // Go's
pub const scratch_words = 256;
pub const select_max = codes.select.max;
pub const case_words = 4;
pub const sudog_stride = 32;
/// An M takes so many Gs or sudogs at a time.
pub const chunk_size = 64;
/// Words of M.preemptions.
pub const preemption_words = codes.preemption.handler + 1;
/// Words at the start of region 0: arena.Header; the rest is spare.
pub const header_words = 16;

/// What is not touched costs address space, and page tables in steps (stack.zig): `bun run bench:stacks` has the table by
/// which these two were chosen. The most that a function of libc took of those measured is 22 KiB (regexec); glibc lets
/// its functions put as much as 64 KiB into one frame. On Windows a stack counts as committed memory, touched or not.
pub fn stackSizeDefault(comptime os: Os) comptime_int {
    return if (os == .windows) 64 * 1024 else 128 * 1024;
}
/// A frame without probes must exceed it to jump over it: TinyCC, AArch64 and the default on Linux emit none.
pub const stack_guard_size = 128 * 1024;
pub const stack_size_max = 1 << 30;
/// Tops are lowered by a multiple of the step below the span: equally strided tops would share one set of the L1 cache.
pub const stack_colour_step = 64;
pub const stack_colour_span = 2048;
/// Go's stackGuard (src/runtime/stack.go): stackNosplit 800 + StackSmall 128; stackSystem is 0 off Windows.
pub const stack_guard_offset = 928;
/// In the place of that bound: the goroutine is to be preempted. The seed's STACK_PREEMPT.
pub const stack_preempt = @as(u64, codes.stackguard.preempt) << 32 | codes.stackguard.preempt;

pub const Stack = extern struct {
    lo: usize = 0,
    hi: usize = 0,
};

/// What a case of a select looks like in M.scratch and in the C header.
pub const Case = extern struct {
    dir: u32,
    handle: u32,
    value: u64,
};

/// The buffer of a channel in native memory. See lane.zig.
pub const Lane = extern struct {
    /// How many words are in the ring.
    count: u32,
    /// How many words the ring has room for.
    size: u32,
    /// Where the next word goes in, and where the next comes out: indices into the ring.
    sendx: u32,
    recvx: u32,
    /// Which part of a sent word the channel's codec keeps.
    keeps: codes.Keeps,
    /// `size` words follow.
    ring: [0]u64,
};

pub fn Records(comptime abi: Abi) type {
    return struct {
        /// Where a goroutine that is not on a thread left off.
        pub const Gobuf = extern struct {
            sp: u64,
            pc: u64,
            g: u64,
            ctxt: u64,
            /// Result of the operation that switched away; gogo puts it into the return register.
            ret: u64,
            /// Where the goroutine was preempted between two instructions, for reports; 0 while it runs, and otherwise. Go
            /// keeps the link register here, which is pc's part.
            lr: u64,
            bp: u64,
            regs: [abi.slots()]u64,
        };

        pub const G = extern struct {
            stack: Stack,
            /// stack.lo + stack_guard_offset, or stack_preempt: the goroutine is to give way. The monitor asks, execute takes
            /// the request back; both atomically, without an order, because nothing else is handed over with it.
            stackguard0: u64,
            /// The M that runs this G, or ran it last.
            m: ?*M,
            sched: Gobuf,
            atomicstatus: u32,
            selectdone: u32,
            goid: u64,
            /// Go links the global queue by it. Here that is a ring, and the word is the creator's goid: g.parentGoid.
            schedlink: u64,
            param: u64,
            waitreason: u8,
            /// Bits of codes.preempt, with stack_preempt in stackguard0: Go's preempt and preemptStop. Atomically, without an
            /// order: nothing else is handed over with them.
            preempt: u8,
            /// The next three fields lie in padding of the Rust seed's G, and are TypeScript's own.
            kind: u8,
            exiting: u8,
            /// When it began to wait, whole milliseconds modulo 2^32: g.waitsince.
            waitsince: u32,
            /// MXCSR | FPCR
            fp0: u32,
            /// x87 control word | 0
            fp1: u32,
            /// Operands and results of the current operation: codes.op.
            op: [4]u32,
            /// Fills the stride, a whole number of cache lines.
            tail: Tail,
        };

        const Tail = switch (abi) {
            .sysv_x86_64 => extern struct {},
            .aarch64 => extern struct { fill: [3]u64 },
            // What the thread's TEB says while this G is on it; StackBase is stack.hi.
            .ms_x86_64 => extern struct { stack_limit: u64, deallocation_stack: u64 },
        };

        pub const M = extern struct {
            g0: ?*G,
            /// The goroutine this thread runs; stays while it is on g0's stack through systemstack.
            curg: ?*G,
            /// The goroutine that may trap: curg, but null on g0's stack. A trap from there finds no G to store into
            /// and faults at once, instead of saving g0's registers as the goroutine's.
            trapg: ?*G,
            id: u32,
            /// What handles begin at in the world whose goroutines run; 0 where it has given none out. The M's own.
            handle_base: u32,
            /// Lanes by the handles of their channels less `handle_base`, `lane_count` of them; null where a channel has none.
            lanes: ?[*]const ?*Lane,
            lane_count: u32,
            /// Callbacks that are under way, one within the other: so often there is JavaScript on g0's stack.
            calls: u32,
            /// Signal stack that this library gave the thread, if it had none.
            signal_stack: ?[*]u8,
            /// TypeScript's function for callbacks, which reads and writes the word in `scratch`.
            callback: ?*const fn (handle: u32) callconv(.c) u32,
            scratch: [scratch_words]u32,
            /// State of select's draws: cheaprand of Go's m.
            cheaprand: u64,
            /// Number of the slice in which the M runs goroutines, 0 between two. Written by the M, read by the
            /// monitor.
            slice: u32,
            /// Number of the last slice that the monitor found too long, which the M reads; or what the M ends by itself,
            /// its slice or codes.slice.none. The monitor changes it by compare-and-swap only: see monitor.zig.
            slice_over: u32,
            /// 1 when the library itself has sent the trap FAULT, and not the body. TypeScript clears it.
            faulted: u32,
            /// m.zig's: whether a thread has this M.
            used: u32,
            /// Above all handles that the M has given out, whichever thread it was: see src/native/handles.ts. The M's own.
            handle_next: u32,
            /// Turns of native bodies: one more each time that the scheduler gives the M to one. Go counts them in its p.
            /// Written by the M, read by the monitor.
            schedtick: u32,
            /// What became of asynchronous preemptions: codes.preemption. Written on the M's own thread or while that is
            /// suspended, but for `sent` and `handler`, which the monitor writes.
            preemptions: [preemption_words]u32,
        };

        /// Go's p, as far as TypeScript wants it; native code reads none of it.
        pub const P = extern struct {
            runqhead: u32,
            runqtail: u32,
            runnext: u32,
            line_end: [52]u8,
            runq: [runq_size]u32,
        };

        pub const seed_size = @offsetOf(G, "fp0");
        pub const m_base = header_words * 4;
        pub const p_base = m_base + m_max * @sizeOf(M);
        pub const region_sizes = [3]usize{
            p_base + m_max * @sizeOf(P),
            g_max * @sizeOf(G),
            sudog_max * sudog_stride,
        };
    };
}

pub const Entry = struct { name: []const u8, value: u32 };

/// Everything that is worth a name, in the order of the descriptor's words.
pub fn table(comptime abi: Abi, comptime os: Os) []const Entry {
    const R = Records(abi);
    const G = R.G;
    comptime var entries = [_]Entry{
        e("magic", magic),
        e("abi_version", abi_version),
        e("words", 0), // set below
        e("abi", @intFromEnum(abi)),
        e("os", @intFromEnum(os)),
        e("callee_saved_slots", abi.slots()),
        e("gobuf_size", @sizeOf(R.Gobuf)),
        e("g_size", R.seed_size),
        e("g_full_size", @offsetOf(G, "op") + 16),
        e("g_stride", @sizeOf(G)),
        e("m_stride", @sizeOf(R.M)),
        e("p_stride", @sizeOf(R.P)),
        e("sudog_stride", sudog_stride),
        e("gobuf_sp", @offsetOf(R.Gobuf, "sp")),
        e("gobuf_pc", @offsetOf(R.Gobuf, "pc")),
        e("gobuf_g", @offsetOf(R.Gobuf, "g")),
        e("gobuf_ctxt", @offsetOf(R.Gobuf, "ctxt")),
        e("gobuf_ret", @offsetOf(R.Gobuf, "ret")),
        e("gobuf_lr", @offsetOf(R.Gobuf, "lr")),
        e("gobuf_bp", @offsetOf(R.Gobuf, "bp")),
        e("gobuf_regs", @offsetOf(R.Gobuf, "regs")),
        e("g_stack_lo", @offsetOf(G, "stack") + @offsetOf(Stack, "lo")),
        e("g_stack_hi", @offsetOf(G, "stack") + @offsetOf(Stack, "hi")),
        e("g_stackguard0", @offsetOf(G, "stackguard0")),
        e("g_m", @offsetOf(G, "m")),
        e("g_sched", @offsetOf(G, "sched")),
        e("g_atomicstatus", @offsetOf(G, "atomicstatus")),
        e("g_selectdone", @offsetOf(G, "selectdone")),
        e("g_goid", @offsetOf(G, "goid")),
        e("g_schedlink", @offsetOf(G, "schedlink")),
        e("g_param", @offsetOf(G, "param")),
        e("g_waitreason", @offsetOf(G, "waitreason")),
        e("g_preempt", @offsetOf(G, "preempt")),
        e("g_kind", @offsetOf(G, "kind")),
        e("g_exiting", @offsetOf(G, "exiting")),
        e("g_waitsince", @offsetOf(G, "waitsince")),
        e("g_fp0", @offsetOf(G, "fp0")),
        e("g_fp1", @offsetOf(G, "fp1")),
        e("g_op", @offsetOf(G, "op")),
        e("m_g0", @offsetOf(R.M, "g0")),
        e("m_curg", @offsetOf(R.M, "curg")),
        e("m_id", @offsetOf(R.M, "id")),
        e("m_cheaprand", @offsetOf(R.M, "cheaprand")),
        e("m_scratch", @offsetOf(R.M, "scratch")),
        e("m_slice", @offsetOf(R.M, "slice")),
        e("m_slice_over", @offsetOf(R.M, "slice_over")),
        e("m_faulted", @offsetOf(R.M, "faulted")),
        e("m_handle_base", @offsetOf(R.M, "handle_base")),
        e("m_handle_next", @offsetOf(R.M, "handle_next")),
        e("m_schedtick", @offsetOf(R.M, "schedtick")),
        e("m_preemptions", @offsetOf(R.M, "preemptions")),
        e("m_lanes", @offsetOf(R.M, "lanes")),
        e("m_lane_count", @offsetOf(R.M, "lane_count")),
        e("lane_count", @offsetOf(Lane, "count")),
        e("lane_size", @offsetOf(Lane, "size")),
        e("lane_sendx", @offsetOf(Lane, "sendx")),
        e("lane_recvx", @offsetOf(Lane, "recvx")),
        e("lane_keeps", @offsetOf(Lane, "keeps")),
        e("lane_ring", @offsetOf(Lane, "ring")),
        e("scratch_words", scratch_words),
        e("m_base", R.m_base),
        e("p_base", R.p_base),
        e("p_runqhead", @offsetOf(R.P, "runqhead")),
        e("p_runqtail", @offsetOf(R.P, "runqtail")),
        e("p_runnext", @offsetOf(R.P, "runnext")),
        e("p_runq", @offsetOf(R.P, "runq")),
        e("runq_size", runq_size),
        e("g_max", g_max),
        e("sudog_max", sudog_max),
        e("m_max", m_max),
        e("chunk_size", chunk_size),
        e("page_size", 4096), // a machine may have larger ones: the library corrects it when it starts
        e("stack_size_default", stackSizeDefault(os)),
        e("stack_guard_size", stack_guard_size),
        e("stack_colour_step", stack_colour_step),
        e("stack_colour_span", stack_colour_span),
    };
    comptime assert(std.mem.eql(u8, entries[2].name, "words"));
    entries[2].value = entries.len;
    const complete = entries;
    return &complete;
}

/// What only the assembly needs beside the table. Registers, as offsets into a Gobuf.
pub fn assemblyOnly(comptime abi: Abi) []const Entry {
    const R = Records(abi);
    const regs = @offsetOf(R.Gobuf, "regs");
    comptime var entries: []const Entry = &.{
        e("m_trapg", @offsetOf(R.M, "trapg")),
        e("reg_entry_func", regs + 8 * @intFromEnum(abi.entry().func)),
        e("reg_entry_arg", regs + 8 * @intFromEnum(abi.entry().arg)),
    };
    for (@typeInfo(abi.Register()).@"enum".fields) |register| {
        entries = entries ++ .{e("reg_" ++ register.name, regs + 8 * register.value)};
    }
    if (abi != .ms_x86_64) return entries;
    const Tail = @FieldType(R.G, "tail");
    const tail = @offsetOf(R.G, "tail");
    return entries ++ .{
        e("g_stack_limit", tail + @offsetOf(Tail, "stack_limit")),
        e("g_deallocation_stack", tail + @offsetOf(Tail, "deallocation_stack")),
    };
}

fn e(name: []const u8, value: u32) Entry {
    return .{ .name = name, .value = value };
}

comptime {
    check(.sysv_x86_64, .{ .gobuf = 96, .seed = 168, .full = 192, .stride = 192 });
    check(.aarch64, .{ .gobuf = 200, .seed = 272, .full = 296, .stride = 320 });
    check(.ms_x86_64, .{ .gobuf = 272, .seed = 344, .full = 368, .stride = 384 });
}

const Sizes = struct { gobuf: usize, seed: usize, full: usize, stride: usize };

fn check(abi: Abi, sizes: Sizes) void {
    const R = Records(abi);
    assert(@sizeOf(Stack) == 16);
    assert(@offsetOf(Stack, "lo") == 0);
    assert(@offsetOf(Stack, "hi") == 8);
    assert(@sizeOf(Case) == case_words * 4);
    assert(select_max * case_words <= scratch_words);
    assert(@offsetOf(Lane, "ring") % @sizeOf(u64) == 0);

    const Gobuf = R.Gobuf;
    const gobuf_fields = [_][]const u8{ "sp", "pc", "g", "ctxt", "ret", "lr", "bp", "regs" };
    for (gobuf_fields, 0..) |name, i| assert(@offsetOf(Gobuf, name) == 8 * i);
    assert(@sizeOf(Gobuf) == sizes.gobuf);

    const G = R.G;
    assert(@offsetOf(G, "stack") == 0);
    assert(@offsetOf(G, "stackguard0") == 16);
    assert(@offsetOf(G, "m") == 24);
    assert(@offsetOf(G, "sched") == 32);
    const after = 32 + sizes.gobuf;
    assert(@offsetOf(G, "atomicstatus") == after);
    assert(@offsetOf(G, "selectdone") == after + 4);
    assert(@offsetOf(G, "goid") == after + 8);
    assert(@offsetOf(G, "schedlink") == after + 16);
    assert(@offsetOf(G, "param") == after + 24);
    assert(@offsetOf(G, "waitreason") == after + 32);
    assert(@offsetOf(G, "preempt") == after + 33);
    assert(@offsetOf(G, "kind") == after + 34);
    assert(@offsetOf(G, "exiting") == after + 35);
    assert(@offsetOf(G, "waitsince") == after + 36);
    assert(R.seed_size == sizes.seed);
    assert(@offsetOf(G, "fp0") == sizes.seed);
    assert(@offsetOf(G, "fp1") == sizes.seed + 4);
    assert(@offsetOf(G, "op") == sizes.seed + 8);
    assert(@offsetOf(G, "tail") == sizes.full);
    assert(@sizeOf(G) == sizes.stride);
    assert(sizes.stride % 64 == 0);

    assert(@offsetOf(R.M, "scratch") == 64);
    assert(@sizeOf(R.M) % 64 == 0);
    assert(@offsetOf(R.P, "runq") == 64);
    assert(@sizeOf(R.P) % 64 == 0);
    assert(R.m_base % 64 == 0 and R.p_base % 64 == 0);
    var total: usize = 0;
    for (R.region_sizes) |size| total += size;
    assert(total < 1 << 32);
    assert(g_max % chunk_size == 0 and sudog_max % chunk_size == 0 and sudog_stride % 8 == 0);
    assert(stack_colour_span % stack_colour_step == 0);
    assert(stack_guard_size % (64 * 1024) == 0); // a whole number of pages wherever pages are up to 64 KiB
}
