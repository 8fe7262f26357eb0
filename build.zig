//! Builds the native library: `zig build` for this machine, `-Dplatform=all` for every platform, or one of them by
//! name. It lies in zig-out/lib/<platform>/ afterwards, and beside it the probe, a library of test code, and the library
//! of an example.
const std = @import("std");
const layout = @import("arch/layout.zig");

const Platform = struct {
    name: []const u8,
    query: std.Target.Query,
    abi: layout.Abi,
    os: layout.Os,
};

const platforms = [_]Platform{
    .{
        .name = "linux-x64",
        .query = .{ .cpu_arch = .x86_64, .os_tag = .linux, .abi = .none },
        .abi = .sysv_x86_64,
        .os = .linux,
    },
    .{
        .name = "linux-arm64",
        .query = .{ .cpu_arch = .aarch64, .os_tag = .linux, .abi = .none },
        .abi = .aarch64,
        .os = .linux,
    },
    .{
        .name = "windows-x64",
        .query = .{ .cpu_arch = .x86_64, .os_tag = .windows, .abi = .gnu },
        .abi = .ms_x86_64,
        .os = .windows,
    },
    .{
        .name = "darwin-x64",
        .query = .{ .cpu_arch = .x86_64, .os_tag = .macos },
        .abi = .sysv_x86_64,
        .os = .macos,
    },
    .{
        .name = "darwin-arm64",
        .query = .{ .cpu_arch = .aarch64, .os_tag = .macos },
        .abi = .aarch64,
        .os = .macos,
    },
};

pub fn build(b: *std.Build) void {
    const names = comptime blk: {
        var list: []const u8 = "all";
        for (platforms) |platform| list = list ++ ", " ++ platform.name;
        break :blk list;
    };
    const wanted = b.option([]const u8, "platform", "host (default), " ++ names) orelse "host";
    const optimize = b.option(std.builtin.OptimizeMode, "optimize", "default: ReleaseFast") orelse .ReleaseFast;
    const strip = b.option(bool, "strip", "leave out symbols and debug information (default: true)") orelse true;

    var found = false;
    addModel(b, optimize);
    addDelayed(b, optimize);
    for (platforms) |platform| {
        const chosen = if (std.mem.eql(u8, wanted, "host"))
            isHost(b, platform)
        else
            std.mem.eql(u8, wanted, "all") or std.mem.eql(u8, wanted, platform.name);
        if (!chosen) continue;
        found = true;
        addPlatform(b, platform, optimize, strip);
    }
    if (!found) {
        b.getInstallStep().dependOn(&b.addFail(b.fmt("-Dplatform={s}: not one of host, {s}", .{ wanted, names })).step);
    }
}

fn isHost(b: *std.Build, platform: Platform) bool {
    const host = b.graph.host.result;
    return platform.query.cpu_arch == host.cpu.arch and platform.query.os_tag == host.os.tag;
}

fn addPlatform(b: *std.Build, platform: Platform, optimize: std.builtin.OptimizeMode, strip: bool) void {
    const options: std.Build.Module.CreateOptions = .{
        .target = b.resolveTargetQuery(platform.query),
        .optimize = optimize,
        .strip = strip,
        .pic = true,
        .omit_frame_pointer = true,
        // A probe of the stack's end would need libc, and the limits of a goroutine's stack are not the thread's.
        .stack_check = false,
        .stack_protector = false,
        .unwind_tables = .async,
        // macOS has no other stable way into its kernel than libSystem; elsewhere the library needs no libc.
        .link_libc = platform.os == .macos,
    };
    const offsets = offsetsHeader(b, platform);

    var core = options;
    core.root_source_file = b.path("arch/exports.zig");
    const library = addLibrary(b, platform, "gobuf", core, b.fmt("arch/{s}.S", .{@tagName(platform.abi)}), offsets);
    // By itself, because the probe assembles the switch again.
    const async = b.fmt("arch/async_{s}.S", .{@tagName(platform.abi)});
    if (exists(b, async)) library.addAssemblyFile(b.path(async));

    const gobuf = b.createModule(.{ .root_source_file = b.path("arch/include/gobuf.zig") });
    if (exists(b, "examples/native/walks.zig")) {
        var example = options;
        example.root_source_file = b.path("examples/native/walks.zig");
        example.imports = &.{.{ .name = "gobuf", .module = gobuf }};
        install(b, platform, "gobuf_example", b.createModule(example));
    }

    // Test code: a package without it builds as well, and an ABI before its probe is written.
    const probe_assembly = b.fmt("arch/probe/{s}.S", .{@tagName(platform.abi)});
    if (!exists(b, "arch/probe/probe.zig") or !exists(b, probe_assembly)) return;
    var probe = options;
    probe.root_source_file = b.path("arch/probe/probe.zig");
    const records = b.createModule(.{ .root_source_file = b.path("arch/layout.zig") });
    probe.imports = &.{ .{ .name = "layout", .module = records }, .{ .name = "gobuf", .module = gobuf } };
    const module = addLibrary(b, platform, "gobuf_probe", probe, probe_assembly, offsets);
    // The bench measures the switch by itself on one ABI (arch/probe/switch.zig).
    if (platform.abi == .sysv_x86_64 and platform.os == .linux) {
        module.addAssemblyFile(b.path("arch/probe/switch_sysv_x86_64.S"));
        module.addAssemblyFile(b.path("arch/probe/switch_nofp_sysv_x86_64.S"));
    }
    // Single steps need a trap flag that a program may set.
    if (platform.abi == .sysv_x86_64 and platform.os == .linux) {
        module.addAssemblyFile(b.path("arch/probe/steps_sysv_x86_64.S"));
    }
    const fill = b.fmt("arch/probe/async_{s}.S", .{@tagName(platform.query.cpu_arch.?)});
    if (exists(b, fill)) module.addAssemblyFile(b.path(fill));
    for ([_][]const u8{ "bodies", "preempt", "procs", "syncs", "hostile", "history" }) |name| {
        const flags = &.{ "-std=c11", "-ffreestanding" };
        module.addCSourceFile(.{ .file = b.path(b.fmt("arch/probe/{s}.c", .{name})), .flags = flags });
    }
}

/// `zig build model`: the model checker of arch/procs/, for this machine, in zig-out/model/.
fn addModel(b: *std.Build, optimize: std.builtin.OptimizeMode) void {
    const step = b.step("model", "the model checker of runs with several Ms");
    if (!exists(b, "arch/model.zig")) return;
    for (platforms) |platform| {
        if (!isHost(b, platform) or platform.os != .linux) continue;
        const module = b.createModule(.{
            .root_source_file = b.path("arch/model.zig"),
            .target = b.resolveTargetQuery(platform.query),
            .optimize = optimize,
            .omit_frame_pointer = true,
            .stack_check = false,
            .stack_protector = false,
        });
        module.addAssemblyFile(b.path(b.fmt("arch/{s}.S", .{@tagName(platform.abi)})));
        module.addAssemblyFile(b.path(b.fmt("arch/async_{s}.S", .{@tagName(platform.abi)})));
        module.addIncludePath(b.path("arch"));
        module.addIncludePath(offsetsHeader(b, platform));
        const executable = b.addExecutable(.{ .name = "gobuf_model", .root_module = module, .use_llvm = true });
        const artifact = b.addInstallArtifact(executable, .{ .dest_dir = .{ .override = .{ .custom = "model" } } });
        step.dependOn(&artifact.step);
    }
}

/// `zig build delayed`: the library whose shared accesses come late, for this machine, in zig-out/delayed/.
fn addDelayed(b: *std.Build, optimize: std.builtin.OptimizeMode) void {
    const step = b.step("delayed", "the library for tests of several Ms, whose shared accesses come late");
    if (!exists(b, "arch/delayed.zig")) return;
    for (platforms) |platform| {
        if (!isHost(b, platform) or platform.os != .linux) continue;
        const module = b.createModule(.{
            .root_source_file = b.path("arch/delayed.zig"),
            .target = b.resolveTargetQuery(platform.query),
            .optimize = optimize,
            .strip = true,
            .pic = true,
            .omit_frame_pointer = true,
            .stack_check = false,
            .stack_protector = false,
            .unwind_tables = .async,
        });
        for ([_][]const u8{ "", "async_" }) |part| {
            module.addAssemblyFile(b.path(b.fmt("arch/{s}{s}.S", .{ part, @tagName(platform.abi) })));
        }
        module.addIncludePath(b.path("arch"));
        module.addIncludePath(offsetsHeader(b, platform));
        const library = b.addLibrary(.{ .name = "gobuf", .linkage = .dynamic, .root_module = module, .use_llvm = true });
        const artifact = b.addInstallArtifact(library, .{ .dest_dir = .{ .override = .{ .custom = "delayed" } } });
        step.dependOn(&artifact.step);
    }
}

fn addLibrary(
    b: *std.Build,
    platform: Platform,
    name: []const u8,
    options: std.Build.Module.CreateOptions,
    assembly: []const u8,
    offsets: std.Build.LazyPath,
) *std.Build.Module {
    const module = b.createModule(options);
    module.addAssemblyFile(b.path(assembly));
    module.addIncludePath(b.path("arch"));
    module.addIncludePath(offsets);
    install(b, platform, name, module);
    return module;
}

fn install(b: *std.Build, platform: Platform, name: []const u8, module: *std.Build.Module) void {
    const library = b.addLibrary(.{
        .name = name,
        .linkage = .dynamic,
        .root_module = module,
        .use_llvm = true, // Zig's own backend drops assembly files and cannot assemble every instruction
    });
    library.build_id = .none; // the same sources give the same bytes
    library.linker_allow_shlib_undefined = false;
    const artifact = b.addInstallArtifact(library, .{
        .dest_dir = .{ .override = .{ .custom = b.fmt("lib/{s}", .{platform.name}) } },
        .pdb_dir = .disabled,
        .implib_dir = .disabled,
    });
    b.getInstallStep().dependOn(&artifact.step);
}

/// layout.zig's figures for the assembly, as preprocessor macros.
fn offsetsHeader(b: *std.Build, platform: Platform) std.Build.LazyPath {
    @setEvalBranchQuota(10_000); // one for each name, and more
    var text: std.ArrayList(u8) = .empty;
    switch (platform.abi) {
        inline else => |abi| switch (platform.os) {
            inline else => |os| for (comptime (layout.table(abi, os) ++ layout.assemblyOnly(abi))) |entry| {
                const name = b.dupe(entry.name);
                for (name) |*char| char.* = std.ascii.toUpper(char.*);
                text.appendSlice(b.allocator, b.fmt("#define {s} {d}\n", .{ name, entry.value })) catch @panic("OOM");
            },
        },
    }
    const files = b.addWriteFiles();
    _ = files.add("offsets.h", text.items);
    return files.getDirectory();
}

fn exists(b: *std.Build, path: []const u8) bool {
    b.build_root.handle.access(b.graph.io, path, .{}) catch return false;
    return true;
}
