/** The run queues against a plain model: no G lost, none queued twice, Go's order. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import {
  globrunqget,
  globrunqgetbatch,
  globrunqput,
  globrunqsize,
  INHERITS,
  runqget,
  runqinit,
  runqput,
  runqsize,
} from "../src/runtime/runq.ts";
import { check } from "./check.ts";

/** Some take seconds, and more on a busy machine. */
setDefaultTimeout(60_000);

/** A local queue of 256 with a runnext slot, and a global queue: as the rules say it. */
class Model {
  next = 0;
  local: number[] = [];
  global: number[] = [];

  put(gp: number, next: boolean): void {
    let g = gp;
    if (next) {
      [g, this.next] = [this.next, g];
      if (g === 0) return;
    }
    if (this.local.length < 256) this.local.push(g);
    else this.global.push(...this.local.splice(0, 128), g);
  }

  get(): [number, boolean] {
    if (this.next !== 0) {
      const g = this.next;
      this.next = 0;
      return [g, true];
    }
    return [this.local.shift() ?? 0, false];
  }

  batch(): number {
    const taken = this.global.splice(0, Math.min(128, this.global.length));
    this.local.push(...taken.slice(1));
    return taken[0] ?? 0;
  }
}

type Step = { what: "next" | "tail" | "global" | "get" | "globalget" | "batch"; times: number };

const steps = fc.array(
  fc.record<Step>({
    what: fc.constantFrom("get", "next", "tail", "global", "globalget", "batch"),
    times: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 400 })),
  }),
  { maxLength: 30 },
);

const NAME = "the queues hold what a plain model holds, in its order";
test(NAME, () =>
  check("props/runq.test.ts", NAME, steps, (list) => {
    runqinit();
    const model = new Model();
    let fresh = 1;
    for (const { what, times } of list) {
      for (let i = 0; i < times; i++) {
        if (what === "next" || what === "tail") {
          runqput(fresh, what === "next");
          model.put(fresh++, what === "next");
        } else if (what === "global") {
          globrunqput(fresh);
          model.global.push(fresh++);
        } else if (what === "globalget") expect(globrunqget()).toBe(model.global.shift() ?? 0);
        else if (what === "get") {
          const [gp, inherits] = model.get();
          expect(runqget()).toBe(inherits ? gp + INHERITS : gp);
        } else if (model.local.length === 0) expect(globrunqgetbatch()).toBe(model.batch());
      }
      expect(runqsize()).toBe(model.local.length + (model.next === 0 ? 0 : 1));
      expect(globrunqsize()).toBe(model.global.length);
    }
    const out: number[] = [];
    for (let gp = runqget() || globrunqgetbatch(); gp !== 0; gp = runqget() || globrunqgetbatch()) {
      out.push(gp & ~INHERITS);
    }
    expect(out.sort((a, b) => a - b)).toEqual(
      [model.next, ...model.local, ...model.global].filter(Boolean).sort((a, b) => a - b),
    );
    runqinit();
  }),
);
