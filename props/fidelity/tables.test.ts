/** The judges of the status relation and of the layout: each edge and each word that is wrong is named. */
import { describe, expect, test } from "bun:test";
import { seedLayout } from "../../src/runtime/layout.ts";
import { checkLayout } from "./layout.ts";
import { checkRelation, RELATION, STATUSES } from "./relation.ts";
import type { LayoutTable, StatusMachine } from "./target.ts";

const SCAN = 0x1000;
const nameOf = (status: number) =>
  `${(status & SCAN) === 0 ? "" : "scan"}${Object.keys(STATUSES).find((n) => STATUSES[n] === (status & ~SCAN))}`;

/** A status machine that is right but for the edges it is told of. */
function machine(edges: readonly string[] = RELATION): StatusMachine {
  let word = 0;
  const scannable = ["runnable", "running", "waiting", "syscall"];
  const refuse = (from: number, to: number): never => {
    throw new Error(`goroutine 1: ${nameOf(from)}>${nameOf(to)}`);
  };
  return {
    scanBit: SCAN,
    byName: STATUSES,
    scratchG: () => 1,
    release: () => {},
    read: () => word,
    write: (_, status) => {
      word = status;
    },
    casgstatus: (_, from, to) => {
      if (word !== from || !edges.includes(`${nameOf(from)}>${nameOf(to)}`)) refuse(from, to);
      word = to;
    },
    castogscanstatus: (_, from, to) => {
      if (!scannable.includes(nameOf(from)) || to !== (from | SCAN)) refuse(from, to);
      if (word !== from) return false;
      word = to;
      return true;
    },
    casfromgscanstatus: (_, from, to) => {
      if (word !== from || (from & SCAN) === 0 || to !== (from & ~SCAN) || !scannable.includes(nameOf(to)))
        refuse(from, to);
      word = to;
    },
  };
}

/** The edges, once more: a machine and a table that lack the same one agree. */
const EDGES =
  "idle>runnable runnable>running running>runnable running>waiting running>syscall running>copystack running>preempted " +
  "running>dead waiting>runnable syscall>running syscall>runnable copystack>running preempted>runnable";

describe("relation", () => {
  test("the table has the 13 edges, and Go's numbers", () => {
    expect<string[]>([...RELATION].sort()).toEqual(EDGES.split(" ").sort());
    expect(STATUSES).toEqual({
      idle: 0,
      runnable: 1,
      running: 2,
      syscall: 3,
      waiting: 4,
      dead: 6,
      copystack: 8,
      preempted: 9,
    });
  });

  /** The first words of the faults of a machine that is right but for what is given. */
  const faultsOf = (change: (right: StatusMachine) => Partial<StatusMachine>) => {
    const right = machine();
    return checkRelation({ ...right, ...change(right) }).faults;
  };

  test("a change while this thread holds the scan bit is named, in each status that can be held", () => {
    const faults = faultsOf((right) => ({
      casgstatus: (g, from, to) => {
        if (right.read(g) === (from | SCAN)) right.write(g, from);
        right.casgstatus(g, from, to);
        right.write(g, from | SCAN);
      },
    })).filter((fault) => fault.includes("while this thread holds the scan bit is allowed, expected: refused"));
    const held = RELATION.filter((edge) => /^(runnable|running|waiting|syscall)>/.test(edge));
    expect(faults.length).toBe(held.length);
  });

  test("a machine that does not look at the word is named, for each word that it could hold", () => {
    const faults = faultsOf((right) => ({
      casgstatus: (g, from, to) => {
        if (!RELATION.includes(`${nameOf(from)}>${nameOf(to)}` as never)) return right.casgstatus(g, from, to);
        right.write(g, to);
      },
    }));
    const others = Object.keys(STATUSES).filter((name) => name !== "idle");
    for (const other of others.flatMap((name) => [name, `scan${name}`])) {
      expect(faults).toContain(`casgstatus idle>runnable of a ${other} goroutine is allowed, expected: refused`);
    }
  });

  test("a scan bit that is not taken, or taken where it cannot be, is named", () => {
    const never = faultsOf(() => ({ castogscanstatus: () => false }));
    const always = faultsOf((right) => ({
      castogscanstatus: (g, from, to) => {
        if (nameOf(from) === "syscall" || to !== (from | SCAN)) return right.castogscanstatus(g, from, to);
        right.write(g, to);
        return true;
      },
      casfromgscanstatus: (g, _, to) => right.write(g, to),
    }));
    for (const name of ["runnable", "running", "waiting", "syscall"]) {
      expect(never).toContain(`castogscanstatus ${name}>scan${name} is refused, expected: allowed`);
    }
    for (const name of ["idle", "dead", "copystack"]) {
      expect(always).toContain(`castogscanstatus ${name}>scan${name} is allowed, expected: refused`);
    }
  });

  test("a scan bit that is not given back, or given back where there is none, is named", () => {
    const never = faultsOf(() => ({
      casfromgscanstatus: () => {
        throw new Error("no");
      },
    }));
    const always = faultsOf((right) => ({ casfromgscanstatus: (g, _, to) => right.write(g, to) }));
    for (const name of ["runnable", "running", "waiting", "syscall"]) {
      expect(never.join("\n")).toContain(`casfrom_gscanstatus scan${name}>${name} is refused, expected: allowed`);
    }
    expect(always).toContain("casfrom_gscanstatus scandead>dead is allowed, expected: refused");
  });

  test("another number of the scan bit is named", () => {
    expect(checkRelation({ ...machine(), scanBit: 0x2000 }).faults).toEqual(["the scan bit is 8192, expected 4096"]);
  });

  test("a machine that has it passes", () => {
    const { checked, faults } = checkRelation(machine());
    expect(faults).toEqual([]);
    expect(checked).toBeGreaterThan(16 * 16);
  });

  test("every edge that is missing is named", () => {
    for (const edge of RELATION) {
      const { faults } = checkRelation(machine(RELATION.filter((e) => e !== edge)));
      expect(faults).toEqual([`casgstatus ${edge} is refused, expected: allowed (goroutine 1: ${edge})`]);
    }
  });

  test("every edge too many is named", () => {
    const names = [...Object.keys(STATUSES), ...Object.keys(STATUSES).map((name) => `scan${name}`)];
    for (const edge of names.flatMap((from) => names.map((to) => `${from}>${to}`))) {
      if ((RELATION as readonly string[]).includes(edge)) continue;
      const { faults } = checkRelation(machine([...RELATION, edge]));
      expect(faults).toEqual([`casgstatus ${edge} is allowed, expected: refused`]);
    }
  });

  test("a wrong number, a change that does not happen and one that happens anyway are named", () => {
    expect(checkRelation({ ...machine(), byName: { ...STATUSES, dead: 5 } }).faults).toEqual([
      "status dead is 5, expected 6",
    ]);
    expect(checkRelation({ ...machine(), casgstatus: () => {} }).faults).toContain(
      "casgstatus dead>idle is allowed, expected: refused",
    );
    const eager = machine();
    const faults = checkRelation({
      ...eager,
      casgstatus: (g, from, to) => {
        try {
          eager.casgstatus(g, from, to);
        } finally {
          eager.write(g, to);
        }
      },
    }).faults;
    expect(faults).toContain("casgstatus dead>idle is refused and leaves idle, expected dead");
  });

  test("an error that names nothing is a fault", () => {
    const mute = machine();
    const casgstatus: StatusMachine["casgstatus"] = (g, from, to) => {
      try {
        mute.casgstatus(g, from, to);
      } catch {
        throw new Error("no");
      }
    };
    expect(checkRelation({ ...mute, casgstatus }).faults).toContain(
      "casgstatus dead>idle is refused with an error that does not name dead>idle: no",
    );
  });
});

describe("layout", () => {
  const sysv: LayoutTable = {
    abi: 1,
    callee_saved_slots: 5,
    g_stack_lo: 0,
    g_stack_hi: 8,
    g_stackguard0: 16,
    g_m: 24,
    g_sched: 32,
    gobuf_sp: 0,
    gobuf_pc: 8,
    gobuf_g: 16,
    gobuf_ctxt: 24,
    gobuf_ret: 32,
    gobuf_lr: 40,
    gobuf_bp: 48,
    gobuf_regs: 56,
    gobuf_size: 96,
    g_atomicstatus: 128,
    g_selectdone: 132,
    g_goid: 136,
    g_schedlink: 144,
    g_param: 152,
    g_waitreason: 160,
    g_preempt: 161,
    g_size: 168,
    g_fp0: 168,
    g_fp1: 172,
    g_op: 176,
    g_full_size: 192,
    runq_size: 256,
    g_stride: 192,
    m_stride: 1152,
    p_stride: 1088,
    m_base: 64,
    p_base: 4096,
    stack_guard_size: 131_072,
    stack_colour_step: 64,
  };

  test("the Rust seed's passes", () => {
    expect(checkLayout(sysv).faults).toEqual([]);
  });

  /** Each ABI's, by the port's own table, which is another than the judge's. */
  const layouts = [1, 2, 3].map((abi): LayoutTable => {
    const words = { ...sysv, ...seedLayout(abi), abi };
    return { ...words, g_stride: ((words.g_full_size ?? 0) + 63) & ~63 };
  });

  test("each ABI's passes", () => {
    for (const layout of layouts) expect(checkLayout(layout)).toMatchObject({ faults: [] });
  });

  test("every word that is moved, or missing, is named", () => {
    for (const layout of layouts) {
      for (const word of Object.keys(sysv)) {
        const moved = checkLayout({ ...layout, [word]: (layout[word] as number) - 1 });
        const gone = checkLayout(Object.fromEntries(Object.entries(layout).filter(([name]) => name !== word)));
        for (const { faults } of [moved, gone]) {
          expect(faults.some((fault) => fault.includes(`${word} is `) || word === "abi")).toBe(true);
        }
      }
    }
  });

  test("a record that is no whole number of lines, or far too large, is named; so is an ABI that there is not", () => {
    for (const g_stride of [200, 192 + 128]) {
      expect(checkLayout({ ...sysv, g_stride }).faults).toEqual([expect.stringContaining(`g_stride is ${g_stride}`)]);
    }
    for (const abi of [0, 4]) expect(checkLayout({ ...sysv, abi }).faults).toEqual([`abi is ${abi}, expected 1 to 3`]);
  });
});
