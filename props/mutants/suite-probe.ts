/** Faults of the register probe, of what reads its buffer, and of the two interpreters of workloads. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const PROBE = "props/probe.test.ts";

export const SUITE_PROBE_MUTANTS: readonly Mutant[] = [
  ...faultsOf("arch/probe/registers.zig", PROBE, [
    ["control words are not compared", "differs & entry.compare else differs", "0 else differs"],
    [
      "the upper half of a vector is not compared",
      "for (entry.slot..entry.slot + entry.words) |slot| {",
      "for (entry.slot..entry.slot + 1) |slot| {\n        _ = entry.words;",
    ],
    ["all values are the same", "return raw & ~@as(u64, 63) | tag;", "return if (raw == 1) tag else 0;"],
  ]),
  ...faultsOf("arch/probe/call.zig", PROBE, [
    ["locals are not compared", "if (found != want) w.report(.local,", "if (false) w.report(.local,"],
    ["mismatches are not counted", "        w.mismatches += 1;\n", ""],
    [
      "the goroutine's registers are g0's",
      ".goroutine => if (entry.class == .control) .control else .register,",
      ".goroutine => if (entry.class == .control) .control else .g0_register,",
    ],
    [
      "the first register is not compared",
      "for (entries, 0..) |*entry, id| {\n            if",
      "for (entries, 0..) |*entry, id| {\n            if (id == 0) continue;\n            if",
    ],
    [
      "another register is named",
      "w.report(kind, @intCast(id), w.depth,",
      "w.report(kind, @intCast(id +| 1), w.depth,",
    ],
    ["frames are not counted", "        w.context.buffer.frames.add(1);\n", ""],
    ["registers are not counted", "        w.context.buffer.compared.add(entries.len);\n", ""],
  ]),
  ...faultsOf("arch/probe/selftest.zig", PROBE, [
    ["the eye for g0 is the goroutine's", "if (eye == .g0) return execute.execute(buffer, breaker, 0).mismatches;", ""],
    ["nothing is broken in a local", "watch.frames[frame][local] ^= 1;", "watch.frames[frame][local] ^= 0;"],
  ]),
  ...faultsOf("arch/probe/systemstack.zig", PROBE, [
    ["its control words are not looked at", "register.class == .plain or registers.same(", "true or registers.same("],
    ["a visit that does not come is nothing", "if (there.calls != 1) report(", "if (false) report("],
    ["any stack will do", "if (sp != aligned or !outside) report(", "if (false) report("],
  ]),
  ...faultsOf("props/fidelity/decode.ts", "props/fidelity/probe-buffer.test.ts", [
    [
      "events that did not fit are read",
      "Math.min(buffer[H.logCount] as number, buffer[H.logCapacity] as number)",
      "buffer[H.logCount] as number",
    ],
    [
      "reports that did not fit are read",
      "Math.min(buffer[H.reportCount] as number, buffer[H.reportCapacity] as number)",
      "buffer[H.reportCount] as number",
    ],
    ["upper halves are lost", "return hi === 0 ? String(lo) :", "return true ? String(lo) :"],
    [
      "a panic is no result",
      '["", ` ${value}`, " closed", " default", " panic"]',
      '["", ` ${value}`, " closed", " default", ""]',
    ],
    [
      "expected and found change places",
      "`expected ${hex(buffer, at + 6)}, found ${hex(buffer, at + 10)}`",
      "`expected ${hex(buffer, at + 10)}, found ${hex(buffer, at + 6)}`",
    ],
    [
      "the last event is lost",
      "Array.from({ length: count }, (_, n) => decodeEvent(",
      "Array.from({ length: count - 1 }, (_, n) => decodeEvent(",
    ],
  ]),
  ...faultsOf("props/fidelity/native.ts", "props/fidelity/native.test.ts", [
    [
      "what the probe saw is dropped",
      "this.faults.push(...decodeReports(buffer, this.probe.registerName).map(({ text }) => text));",
      "",
    ],
    ["mismatches beyond the room are nothing", "if (lost > 0) this.faults.push(", "if (false) this.faults.push("],
    ["events beyond the room are nothing", "if (buffer !== undefined && buffer[H.logLost] !== 0) {", "if (false) {"],
    ["registers are not watched", "FLAG_REGISTERS | FLAG_RECURSE", "FLAG_RECURSE"],
    ["bodies never recurse", "FLAG_REGISTERS | FLAG_RECURSE", "FLAG_REGISTERS"],
    ["execute is the library's", "native.setExecute(this.probe.execute);", ""],
    ["faults are told twice", "    this.faults = [];\n    return faults;", "    return faults;"],
    ["registers are not counted", "this.counts.registers += wide(buffer, H.registersCompared);", ""],
  ]),
  ...faultsOf("golden/recorder/log.ts", "golden/recorder/log.test.ts", [
    ["a deadlock without the exit status", "if (exitCode !== THROW_STATUS) return undefined;", ""],
    [
      "a return with any exit status",
      'if (done) return exitCode === 0 ? "return" : undefined;',
      'if (done) return "return";',
    ],
    ["a text anywhere", "stderr.startsWith(text)", "stderr.includes(text.slice(13, 20))"],
    ["an event of one that is not running", "if (who !== running)", "if (false)"],
    [
      "Go's own goroutines are numbered",
      "if (g === undefined) throw",
      "if (g === undefined) continue;\n      if (g === undefined) throw",
    ],
    [
      "an event that is unknown is passed over",
      "} else throw new Error(`unknown kind",
      "} else if (false) throw new Error(`unknown kind",
    ],
    ["a log that is full is taken", "if (HEADER_BYTES + count * EVENT_BYTES > LOG_BYTES) throw", "if (false) throw"],
    [
      "a log that is cut is taken",
      "if (readSync(fd, buffer, 0, bytes, position) !== bytes) throw",
      "if (readSync(fd, buffer, 0, bytes, position) < 0) throw",
    ],
    ["a log without a legend is taken", "if (!isLegend(legend)) throw", "if (false) throw"],
    [
      "a status that no workload brings is named",
      "if (before === undefined || after === undefined) throw",
      "if (false) throw",
    ],
    [
      "reasons are left out",
      "return to === WAITING ? `${before}>${after} ${reason}`",
      "return to === WAITING ? `${before}>${after}`",
    ],
    [
      "a dead G comes back as itself",
      "if (from === DEAD) numbers.set(who, numbers.size);",
      "if (from === DEAD && !numbers.has(who)) numbers.set(who, numbers.size);",
    ],
  ]),
  ...faultsOf("golden/record.ts", "golden/compare.test.ts", [
    [
      "fewer cases are the same",
      "return committed.length === recorded.length ? undefined :",
      "return true ? undefined :",
    ],
    [
      "the last line is not compared",
      "recorded.findIndex((line, i) =>",
      "recorded.slice(0, -1).findIndex((line, i) =>",
    ],
    [
      "other bytes are the same",
      "return Buffer.compare(committed, bytes) === 0 ? undefined :",
      "return true ? undefined :",
    ],
    ["a file that is not there is the same", '? "there is no such file" :', "? undefined :"],
    [
      "a difference is told and forgotten",
      "  return difference === undefined;\n}\n\nfunction compare(",
      "  return true;\n}\n\nfunction compare(",
    ],
    ["only the last corpus counts", "jobs, means)) && good;", "jobs, means)) || good;"],
    ["a check writes", "  if (!check) {\n    writeFileSync", "  if (true) {\n    writeFileSync"],
    ["any Go will do", "if (go.version !== GO_VERSION) {", "if (false) {"],
    ["without Go it is done", "if (!go.ok) throw", "if (!go.ok) return true;\n  if (!go.ok) throw"],
  ]),
];
