/** The judges of the status relation and of the layout: each edge and each word that is wrong is named. */
import { describe, expect, test } from "bun:test";
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

describe("relation", () => {
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
    stack_guard_size: 65_536,
    stack_colour_step: 64,
  };

  test("the Rust seed's passes", () => {
    expect(checkLayout(sysv).faults).toEqual([]);
  });

  test("every word that is moved is named", () => {
    for (const word of Object.keys(sysv)) {
      const { faults } = checkLayout({ ...sysv, [word]: (sysv[word] as number) - 1 });
      expect(faults.some((fault) => fault.includes(`${word} is `))).toBe(true);
    }
  });
});
