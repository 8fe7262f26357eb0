/** golang.org/x/sync: errgroup. */
import { type Context, chan, context, ErrGroup, type Go, go, gosched, sleep, wait } from "gobuf";
import { drain, GoFile, isDone, must, same, thrownBy, waitFor } from "./gotest.ts";

const XSYNC = "golang.org/x/sync";

export const errgroupTest = new GoFile("errgroup/errgroup_test.go", XSYNC);

/** A goroutine that fails with an error, or does not. */
function* giving(error: Error | undefined): Go {
  if (error !== undefined) throw error;
}

errgroupTest.run("ExampleGroup_justErrors", function* () {
  const g = new ErrGroup();
  for (const page of ["a", "b", "c"]) {
    yield* g.go(function* () {
      yield* wait(Promise.resolve(page));
    });
  }
  same(yield* waitFor(g), undefined as unknown, "error");
});

errgroupTest.run("ExampleGroup_parallel", function* () {
  function* search(kind: string, _ctx: Context, query: string): Go<string> {
    yield* gosched();
    return `${kind} result for ${JSON.stringify(query)}`;
  }
  const [g, ctx] = ErrGroup.withContext(context.background());
  const results: string[] = [];
  for (const [i, kind] of ["web", "image", "video"].entries()) {
    yield* g.go(function* () {
      results[i] = yield* search(kind, ctx, "golang");
    });
  }
  yield* g.wait();
  same(results.join("\n"), 'web result for "golang"\nimage result for "golang"\nvideo result for "golang"', "printed");
});

errgroupTest.run("TestZeroGroup", function* () {
  const [err1, err2] = [new Error("errgroup_test: 1"), new Error("errgroup_test: 2")];
  for (const errors of [[], [undefined], [err1], [err1, undefined], [err1, undefined, err2]]) {
    const g = new ErrGroup();
    let first: unknown;
    for (const error of errors) {
      yield* g.go(giving, error);
      first ??= error;
      same(yield* waitFor(g), first, "what wait throws");
    }
  }
});

const doom = new Error("group_test: doomed");
const dooms: readonly (readonly [errors: readonly (Error | undefined)[], want: Error | undefined])[] = [
  [[], undefined],
  [[undefined], undefined],
  [[doom], doom],
  [[doom, undefined], doom],
];

errgroupTest.run("TestWithContext", function* () {
  for (const [errors, want] of dooms) {
    const [g, ctx] = ErrGroup.withContext(context.background());
    for (const error of errors) yield* g.go(giving, error);
    same(yield* waitFor(g), want as unknown, "what wait throws");
    must(yield* isDone(ctx), "the context is not over");
  }
});

errgroupTest.run("TestTryGo", function* () {
  const g = new ErrGroup();
  const n = 42;
  g.setLimit(n);
  const ch = chan<void>();
  function* fn(): Go {
    yield* ch.send();
  }
  for (let i = 0; i < n; i++) must(g.tryGo(fn), `tryGo refuses goroutine ${i}`);
  must(!g.tryGo(fn), "tryGo starts one too many");
  go(drain, ch, n);
  yield* g.wait();
  must(g.tryGo(fn), "tryGo refuses when all have ended");
  go(drain, ch, 1);
  yield* g.wait();
  g.setLimit(1);
  must(g.tryGo(fn), "tryGo refuses under a new limit");
  must(!g.tryGo(fn), "tryGo starts one too many under a new limit");
  go(drain, ch, 1);
  yield* g.wait();
  g.setLimit(0);
  for (let i = 0; i < 1024; i++) must(!g.tryGo(fn), "tryGo starts one under a limit of 0");
  yield* g.wait();
});

errgroupTest.run("TestGoLimit", function* () {
  const limit = 10;
  const g = new ErrGroup();
  g.setLimit(limit);
  let active = 0;
  let most = 0;
  for (let i = 0; i <= 1024; i++) {
    yield* g.go(function* () {
      most = Math.max(most, ++active);
      if (active > limit) throw new Error(`${active} are active`);
      yield* sleep(0.001);
      active--;
    });
  }
  yield* g.wait();
  same(most, limit, "goroutines that were active at a time");
});

errgroupTest.run("TestCancelCause", function* () {
  for (const [errors, want] of dooms) {
    const [g, ctx] = ErrGroup.withContext(context.background());
    for (const error of errors) must(g.tryGo(giving, error), "tryGo refuses");
    same(yield* waitFor(g), want as unknown, "what wait throws");
    same(context.cause(ctx), want ?? context.Canceled, "cause");
  }
});

export const md5allExample = new GoFile("errgroup/errgroup_example_md5all_test.go", XSYNC);

md5allExample.run("ExampleGroup_pipeline", function* () {
  // Sums of named texts, by two stages of a pipeline that stop at the first error.
  function* sums(parent: Context, files: ReadonlyMap<string, string | Error>): Go<Map<string, string>> {
    const [g, ctx] = ErrGroup.withContext(parent);
    const paths = chan<string>();
    yield* g.go(function* () {
      try {
        for (const path of files.keys()) {
          if (yield* isDone(ctx)) throw ctx.err();
          yield* paths.send(path);
        }
      } finally {
        paths.close();
      }
    });
    const c = chan<[string, string]>();
    for (let i = 0; i < 20; i++) {
      yield* g.go(function* () {
        for (let path = yield* paths.recv(); path !== undefined; path = yield* paths.recv()) {
          const text = files.get(path) as string | Error;
          if (text instanceof Error) throw text;
          yield* c.send([path, new Bun.CryptoHasher("md5").update(text).digest("hex")]);
        }
      });
    }
    go(function* () {
      yield* waitFor(g);
      c.close();
    });
    const m = new Map<string, string>();
    for (let r = yield* c.recv(); r !== undefined; r = yield* c.recv()) m.set(...r);
    yield* g.wait();
    return m;
  }
  const texts = new Map(Array.from({ length: 50 }, (_, i) => [`file${i}`, `text ${i}`]));
  const m = yield* sums(context.background(), texts);
  same(m.size, 50, "sums");
  same(m.get("file7"), new Bun.CryptoHasher("md5").update("text 7").digest("hex"), "the sum of file7");
  const bad = new Error("unreadable");
  const error = yield* thrownBy(
    () => sums(context.background(), new Map<string, string | Error>([...texts, ["file7", bad]])),
    "a bad file",
  );
  same(error, bad as unknown, "what it throws");
});
