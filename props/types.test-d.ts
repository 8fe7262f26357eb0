/**
 * What TypeScript infers from the API: checked by `bun run typecheck`, never run. A line under `@ts-expect-error` must
 * not compile; it is what Go's compiler refuses, too.
 */
import {
  after,
  type Chan,
  call,
  chan,
  type Go,
  go,
  goexit,
  Mutex,
  type NamedCases,
  native,
  nilchan,
  promiseCase,
  type Received,
  type RecvChan,
  recvCase,
  run,
  runSync,
  type SelectCase,
  type SelectedDefault,
  type SelectedNamed,
  type SelectedNamedDefault,
  type SendChan,
  select,
  selectAsync,
  sendCase,
  spawn,
  WaitGroup,
  wait,
} from "gobuf";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the argument's type is exactly `Expected`. */
declare function has<Expected>(): <Actual>(
  value: Actual,
  ...wrong: Same<Actual, Expected> extends true ? [] : ["another type was inferred", Actual]
) => void;

interface Ant {
  legs: 6;
}
interface Insect {
  legs: number;
}
interface Soldier extends Ant {
  sting: true;
}

declare const c: Chan<Ant>;
declare const source: RecvChan<Ant>;
declare const sink: SendChan<Ant>;
declare const ant: Ant;
declare const n: number;

export function* receives(): Go {
  has<Ant | undefined>()(yield* c.recv());
  has<Ant | undefined>()(yield* source.recv());
  has<Received<Ant>>()(yield* c.recvOk());
  has<Received<Ant>>()(yield* source.recvOk());
  has<void>()(yield* c.send(ant));
  has<void>()(yield* sink.send(ant));
  has<void>()(c.close());
  has<Chan<number>>()(chan<number>());

  const [value, ok] = yield* source.recvOk();
  if (ok) has<Ant>()(value);
  else has<undefined>()(value);

  // @ts-expect-error an Insect is no Ant
  yield* c.send({ legs: 8 });
  // @ts-expect-error may be undefined
  (yield* source.recv()).legs;
  // @ts-expect-error not by default an Ant
  has<Ant>()((yield* c.recvOk())[0]);
}

/** Permutations of a channel and its two ends. */
export function* ends(): Go {
  let both: Chan<Ant> = c;
  let receive: RecvChan<Ant> = c;
  let send: SendChan<Ant> = c;
  // @ts-expect-error
  both = source;
  // @ts-expect-error
  both = sink;
  // @ts-expect-error
  receive = sink;
  // @ts-expect-error
  send = source;
  has<Chan<Ant>>()(both);

  // @ts-expect-error
  yield* n.recv();
  // @ts-expect-error
  yield* n.send(2);

  yield* receive.recv();
  yield* receive.recvOk();
  // @ts-expect-error
  yield* receive.send(ant);
  // @ts-expect-error
  receive.close();

  yield* send.send(ant);
  send.close();
  // @ts-expect-error
  yield* send.recv();
  // @ts-expect-error
  yield* send.recvOk();

  yield* select([sendCase(both, ant), recvCase(both), recvCase(receive), sendCase(send, ant)]);
  // @ts-expect-error
  sendCase(receive, ant);
  // @ts-expect-error
  recvCase(send);
  // @ts-expect-error
  n.close();
}

/** Who can receive ants can receive insects; who takes ants takes soldiers. A channel itself is neither. */
export function variance(soldiers: Chan<Soldier>): void {
  const insects: RecvChan<Insect> = source;
  const barracks: SendChan<Soldier> = sink;
  has<RecvChan<Insect>>()(insects);
  has<SendChan<Soldier>>()(barracks);
  // @ts-expect-error
  const fewer: RecvChan<Soldier> = source;
  // @ts-expect-error
  const more: SendChan<Insect> = sink;
  // @ts-expect-error
  const wider: Chan<Ant> = soldiers;
  has<unknown[]>()([fewer, more, wider] as unknown[]);
}

/** The nil channel stands in for either end of any. */
export function* nil(): Go {
  const receive: RecvChan<Ant> = nilchan;
  const send: SendChan<Ant> = nilchan;
  has<RecvChan<Ant>>()(receive);
  yield* send.send(ant);
  has<undefined>()(yield* nilchan.recv());
}

export function* selects(words: RecvChan<string>, flags: Chan<boolean>): Go {
  const r = yield* select([recvCase(c), sendCase(flags, true), recvCase(words)]);
  has<0 | 1 | 2>()(r.index);
  has<Ant | string | undefined>()(r.value);
  has<boolean>()(r.ok);
  switch (r.index) {
    case 0:
      has<Ant | undefined>()(r.value);
      if (r.ok) has<Ant>()(r.value);
      else has<undefined>()(r.value);
      break;
    case 1:
      has<undefined>()(r.value);
      has<true>()(r.ok);
      break;
    case 2:
      if (r.ok) has<string>()(r.value);
      // @ts-expect-error a string is no Ant
      has<Ant>()(r.value);
      break;
    // @ts-expect-error there is no default
    case -1:
      break;
    // @ts-expect-error there is no fourth case
    case 3:
      break;
  }

  const d = yield* select([recvCase(words)], { default: true });
  has<0 | -1>()(d.index);
  if (d.index === -1) has<SelectedDefault>()(d);
  else if (d.ok) has<string>()(d.value);

  const list: SelectCase[] = [recvCase(words), sendCase(flags, false)];
  const any = yield* select(list);
  has<number>()(any.index);
  has<unknown>()(any.value);

  const many = yield* select([recvCase(words), recvCase(words)].map((one) => one));
  has<number>()(many.index);
  has<string | undefined>()(many.value);

  // @ts-expect-error a channel of booleans takes no string
  sendCase(flags, "true");
  // @ts-expect-error a channel is no case
  yield* select([words]);
}

export async function outside(words: Chan<string>): Promise<void> {
  has<string | undefined>()(await words.recvAsync());
  has<void>()(await words.sendAsync("ant"));
  for await (const word of words) has<string>()(word);
  const r = await selectAsync([recvCase(words), recvCase(c)]);
  if (r.index === 1 && r.ok) has<Ant>()(r.value);
  const d = await selectAsync([recvCase(words)], { default: true });
  has<0 | -1>()(d.index);
  // @ts-expect-error
  await words.sendAsync(1);
}

function* half(of: number, by = 2): Go<number> {
  return of / by;
}

export function* goroutines(): Go {
  has<number>()(go(half, 1));
  has<number>()(go(half, 1, 2));
  has<number>()(yield* call(half, 1));
  has<number>()(yield* half(1));
  has<Promise<number>>()(spawn(half, 1));
  has<string>()(yield* wait(Promise.resolve("ant")));
  has<string>()(yield* wait("ant"));
  has<Promise<number>>()(run(() => half(1)));
  has<number>()(runSync(() => half(1)));
  // @ts-expect-error an argument is missing
  go(half);
  // @ts-expect-error an argument of another type
  go(half, "1");
  // @ts-expect-error a function that is no generator function
  go(() => 1);
  // @ts-expect-error an async function is none, either
  go(async () => {});
  yield* goexit();
}

interface Stage {
  square(from: RecvChan<number>, to: SendChan<number>): Go;
  count(times: number): Go<number>;
  plain(): void;
}

export function* threads(): Go {
  const numbers = chan.shared<number>(2);
  has<Chan<number>>()(numbers);
  has<Chan<number>>()(chan.shared(1, native.i32));
  has<Chan<string>>()(chan.attach<string>({}));
  has<Mutex>()(Mutex.shared());
  has<WaitGroup>()(WaitGroup.shared());
  has<number>()(yield* go.worker<Stage>("file:///stage.ts", "square", numbers, numbers));
  has<number>()(yield* go.worker<Stage>({ module: new URL("file:///stage.ts"), m: 2 }, "count", 3));
  has<number>()(yield* go.worker("file:///stage.ts", "anything", 1, "ant"));
  // @ts-expect-error an argument is missing
  yield* go.worker<Stage>("file:///stage.ts", "square", numbers);
  // @ts-expect-error an argument of another type
  yield* go.worker<Stage>("file:///stage.ts", "count", "ant");
  // @ts-expect-error no such export
  yield* go.worker<Stage>("file:///stage.ts", "cube", 1);
  // @ts-expect-error no generator function
  yield* go.worker<Stage>("file:///stage.ts", "plain");
  // @ts-expect-error another type than the codec's
  chan.shared<string>(1, native.i32);
}

export function* bodies(words: Chan<string>, from: RecvChan<Ant>): Go {
  const { symbols } = native.cc({ source: "b.c", symbols: { f: native.body, g: { args: ["u32"], returns: "f64" } } });
  has<number>()(go.native(symbols.f));
  has<number>()(symbols.g(1));
  for (const arg of [words, from, nilchan, new Uint8Array(1), 7, 7n]) go.native(symbols.f, arg);
  has<Chan<number>>()(native.chan(native.i32));
  has<Chan<bigint>>()(native.chan(native.u64, 3));
  const blocks = native.blocking(4096, { args: ["i32", "ptr", "u64"], returns: "i64" });
  has<native.BlockingCall<bigint>>()(blocks(1, null, 2n));
  has<native.BlockingCall<undefined>>()(native.blocking(4096)());
  // @ts-expect-error an argument of another type
  blocks("1", null, 1n);
  // @ts-expect-error no such type
  native.blocking(4096, { args: ["int"] });
  has<native.Callback>()(native.callback((n) => has<number | bigint>()(n)));
  native.callback((n) => n * 2n, native.i64);
  // @ts-expect-error another type than the codec's
  yield* native.chan(native.f64).send(1n);
  // @ts-expect-error the same of a callback's result
  native.callback(() => "ant", native.u32);
  // @ts-expect-error text is no argument
  go.native(symbols.f, "ant");
  // @ts-expect-error nothing of gobuf
  native.handle(new Map());
}

export async function selectsByName(words: RecvChan<string>, flags: Chan<boolean>): Promise<void> {
  await run(function* () {
    const r = yield* select({ ant: recvCase(c), flag: sendCase(flags, true), word: recvCase(words) });
    has<"ant" | "flag" | "word">()(r.case);
    has<Ant | string | undefined>()(r.value);
    switch (r.case) {
      case "ant":
        has<Ant | undefined>()(r.value);
        if (r.ok) has<Ant>()(r.value);
        else has<undefined>()(r.value);
        break;
      case "flag":
        has<undefined>()(r.value);
        has<true>()(r.ok);
        break;
      case "word":
        if (r.ok) has<string>()(r.value);
        // @ts-expect-error a string is no Ant
        has<Ant>()(r.value);
        break;
      // @ts-expect-error there is no such name
      case "words":
        break;
    }
    // @ts-expect-error by name there is no index
    r.index;

    const d = yield* select({ word: recvCase(words) }, { default: true });
    has<"word" | null>()(d.case);
    if (d.case === null) has<SelectedNamedDefault>()(d);
    else if (d.ok) has<string>()(d.value);

    const cases: NamedCases = { word: recvCase(words), flag: sendCase(flags, false) };
    const any: SelectedNamed = yield* select(cases);
    // @ts-expect-error its type is not known
    has<string>()(any.value);

    // @ts-expect-error a channel is no case
    yield* select({ word: words });
  });

  const r = await selectAsync({ word: recvCase(words) });
  has<"word">()(r.case);
  if (r.ok) has<string>()(r.value);
  const d = await selectAsync({ word: recvCase(words) }, { default: true });
  has<"word" | null>()(d.case);
}

/** A time-out and a promise beside a channel: their cases have types of their own. */
export function* selectsLateAndPromise(jobs: RecvChan<Ant>, page: Promise<string>): Go {
  const r = yield* select({ job: recvCase(jobs), late: recvCase(after(5)), page: promiseCase(page) });
  has<"job" | "late" | "page">()(r.case);
  switch (r.case) {
    case "job":
      if (r.ok) has<Ant>()(r.value);
      // @ts-expect-error the channel may be closed: its value undefined
      else has<Ant>()(r.value);
      break;
    case "late":
      if (r.ok) has<number>()(r.value);
      break;
    case "page":
      if (r.ok) {
        const settled = r.value;
        if (settled.status === "fulfilled") has<string>()(settled.value);
        else has<"rejected">()(settled.status);
      }
      // @ts-expect-error a promise may reject: its value is not the case's
      has<string | undefined>()(r.value);
      break;
  }
  const list = yield* select([promiseCase(7), promiseCase(Promise.resolve(true))]);
  if (list.index === 0 && list.ok) has<PromiseSettledResult<number>>()(list.value);
  if (list.index === 1 && list.ok) has<PromiseSettledResult<boolean>>()(list.value);
  // @ts-expect-error a promise is no case
  yield* select({ page });
}

/** F16: only `yield*` gives an operation's result. */
export function* iterated(): Go {
  // @ts-expect-error a destructuring of an operation
  const [value] = c.recvOk();
  // @ts-expect-error a loop over an operation
  for (const each of c.recv()) has<unknown>()(each);
  // @ts-expect-error an operation as a list
  has<unknown[]>()([...c.send(ant)]);
  // @ts-expect-error a loop over a body
  for (const each of iterated()) has<unknown>()(each);
  // @ts-expect-error a loop over a channel
  for (const each of c) has<unknown>()(each);
  has<unknown>()(value);
  const inferred = function* () {
    return yield* c.recv();
  };
  has<Ant | undefined>()(yield* inferred());
  go(inferred);
}
