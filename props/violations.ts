/**
 * A process that breaks what the library or the scheduler takes for granted, named by its argument: what finds it says so
 * on the standard error output. Run by checks.test.ts.
 */
import { dlopen } from "bun:ffi";
import { chan, go, gosched, runSync } from "gobuf";
import { handleOf } from "../src/native/handles.ts";
import { openLane } from "../src/native/lane.ts";
import {
  chunkOfG,
  descriptor,
  G_STACK_HI,
  G_STRIDE,
  gmem,
  native as library,
  mmem,
  P_RUNNEXT,
} from "../src/runtime/ffi.ts";
import { setTransitionHook } from "../src/runtime/gstatus.ts";
import { mp } from "../src/runtime/m.ts";
import { globrunqput, runqput } from "../src/runtime/runq.ts";
import { Grunnable, Grunning } from "../src/runtime/runtime2.ts";
import { libraryPath, openBodies, Work } from "./native/bodies.ts";

/** A G with a stack, that no scheduler knows. */
function withStack(): number {
  const gp = chunkOfG();
  library.gobuf_stackalloc(gp, descriptor.stack_size_default);
  return gp;
}

/** Runs a main goroutine that starts another and is then to do what is wrong. */
function withAnother(wrong: (gp: number) => void): void {
  runSync(function* () {
    go(function* () {
      yield* gosched();
    });
    wrong(mmem[P_RUNNEXT]);
    for (let n = 0; n < 3; n++) yield* gosched();
  });
}

/** Calls a function of the probe on a thread that has no M any longer. */
function withoutM(name: "c_starts" | "c_selects"): void {
  openBodies();
  const { symbols } = dlopen(libraryPath, { [name]: { args: [], returns: "void" } });
  library.gobuf_mexit();
  symbols[name]?.();
}

const VIOLATIONS: Readonly<Record<string, () => void>> = {
  /** The end of a stack lies where no stack of its size ends. */
  "a stack of no size"() {
    const gp = withStack();
    gmem[gp * G_STRIDE + G_STACK_HI] += 4096;
    library.gobuf_stackfree(gp);
  },
  /** The end of a stack lies before its start. */
  "a stack that ends before it begins"() {
    const gp = withStack();
    gmem[gp * G_STRIDE + G_STACK_HI + 1] = 0;
    library.gobuf_gosetup(gp, library.gobuf_api() as never, null);
  },
  /** A lane's next word lies behind its ring. */
  "a lane's index"() {
    const { symbols } = openBodies();
    runSync(function* () {
      const c = chan<number>(3);
      openLane(c, handleOf(c));
      yield* c.send(1);
      const { words } = c.lane as unknown as { words: Int32Array };
      words[descriptor.lane_recvx >> 2] = 1000;
      go.native(symbols.c_passer, new Work({ in: c, out: chan() }, 1).bytes);
      for (let n = 0; n < 3; n++) yield* gosched();
    });
  },
  "gobuf_go on a thread without an M"() {
    withoutM("c_starts");
  },
  "gobuf_select on a thread without an M"() {
    withoutM("c_selects");
  },
  "runqput of a G in runnext"() {
    withAnother((gp) => runqput(gp, false));
  },
  "globrunqput of a G in runnext"() {
    withAnother((gp) => globrunqput(gp));
  },
  "globrunqput of a G on the global queue"() {
    runSync(function* () {
      let planted = false;
      setTransitionHook((gp, from, to) => {
        if (planted || from !== Grunning || to !== Grunnable || gp !== mp.curg) return;
        planted = true;
        globrunqput(gp);
      });
      for (let n = 0; n < 3; n++) yield* gosched();
    });
  },
};

const what = process.argv[2] ?? "";
const violate = VIOLATIONS[what];
if (violate === undefined) throw new Error(`no violation "${what}": expected ${Object.keys(VIOLATIONS).join(", ")}`);
violate();
console.log("still there");
