/**
 * Every form of a select around one send, one receive, or none: cases that can never be chosen before and behind it, with
 * a default and without, and the order in which channels and values are evaluated.
 */
import { type Chan, chan, type Go, nilchan, type RecvChan, recvCase, type SelectCase, select, sendCase } from "gobuf";
import { must, type Program } from "./program.ts";

/** What stands beside the case that can go through. */
const BESIDE = ["idle send", "idle recv", "nil send", "nil recv"] as const;

/** Notes in which order channels and values are asked for. */
class Order {
  private readonly seen: number[] = [];

  note<T>(place: number, value: T): T {
    this.seen.push(place);
    return value;
  }

  check(what: string): void {
    must(
      this.seen.every((place, i) => place === i),
      `${what}: evaluated in the order ${this.seen}`,
    );
  }
}

/** One form: which of {@link BESIDE} there are, where the real case stands among them, and whether there is a default. */
interface Form {
  readonly beside: readonly (typeof BESIDE)[number][];
  readonly place: number;
  readonly default: boolean;
}

function* forms(): Generator<Form> {
  for (let set = 0; set < 1 << BESIDE.length; set++) {
    const beside = BESIDE.filter((_, i) => (set >> i) & 1);
    for (let place = 0; place <= beside.length; place++) {
      yield { beside, place, default: false };
      yield { beside, place, default: true };
    }
  }
}

/** The cases of a form. @param real the one that can go through; without it, none can */
function casesOf(form: Form, order: Order, real?: (next: () => number) => SelectCase): SelectCase[] {
  const idle = chan<number>();
  let n = 0;
  const next = () => n++;
  const cases: SelectCase[] = [];
  const others = form.beside.map((kind) => () => {
    const ch = order.note(next(), kind.startsWith("idle") ? idle : nilchan) as Chan<number>;
    return kind.endsWith("send") ? sendCase(ch, order.note(next(), 1)) : recvCase(ch);
  });
  for (let i = 0; i <= others.length; i++) {
    if (i === form.place && real !== undefined) cases.push(real(next));
    const other = others[i];
    if (other !== undefined) cases.push(other());
  }
  return cases;
}

let count = 0;

function* receives(form: Form): Go {
  const what = `receive, ${JSON.stringify(form)}`;
  const order = new Order();
  const ch = chan<number>(1);
  yield* ch.send(++count);
  const cases = casesOf(form, order, (next) => recvCase<number>(order.note(next(), ch)));
  const r = yield* select(cases, { default: form.default });
  order.check(what);
  must(r.index === form.place && r.ok && r.value === count, `${what}: ${JSON.stringify(r)}`);
  must(ch.len === 0, `${what}: the value is still there`);
}

function* sends(form: Form): Go {
  const what = `send, ${JSON.stringify(form)}`;
  const order = new Order();
  const ch = chan<number>(1);
  count++;
  const cases = casesOf(form, order, (next) => sendCase(order.note(next(), ch), order.note(next(), count)));
  const r = yield* select(cases, { default: form.default });
  order.check(what);
  must(r.index === form.place && r.ok, `${what}: ${JSON.stringify(r)}`);
  must((yield* ch.recv()) === count, `${what}: another value in the buffer`);
}

function* neither(form: Form): Go {
  const what = `neither, ${JSON.stringify(form)}`;
  const order = new Order();
  const r = yield* select(casesOf(form, order), { default: true });
  order.check(what);
  must(r.index === -1 && r.value === undefined, `${what}: ${JSON.stringify(r)}`);
}

/** Outside of a select. */
function* plain(): Go {
  const ch = chan<number>(1);
  const source: RecvChan<number> = ch;
  yield* ch.send(++count);
  must((yield* source.recv()) === count, "recv: another value");
  yield* ch.send(++count);
  const [value, ok] = yield* source.recvOk();
  must(ok && value === count, "recvOk: another value");
}

export const select5: Program = {
  name: "select5",
  pins: "every form of a select chooses the one case that can go through, and evaluates its cases in order",
  original: "runoutput",
  *main() {
    count = 0;
    yield* plain();
    for (const form of forms()) {
      yield* receives(form);
      yield* sends(form);
      if (form.default) yield* neither(form);
    }
  },
};
