/** The reader of golden files: it takes what the format allows, and refuses the rest by file and line. */
import { describe, expect, test } from "bun:test";
import { WORKLOAD_LIMITS } from "./check-case.ts";
import { GoldenError, isGoldenName, READER_LIMITS, readGolden, readGoldenFile } from "./reader.ts";
import { goldenBytes, HEADER, PING } from "./samples.ts";

/** The error of reading these lines as a file. */
function refusal(...lines: readonly unknown[]): GoldenError {
  return refusalOf(goldenBytes(...lines));
}

function refusalOf(bytes: Uint8Array, file = "t.jsonl", limits = READER_LIMITS): GoldenError {
  try {
    readGolden(bytes, file, limits);
  } catch (error) {
    expect(error).toBeInstanceOf(GoldenError);
    return error as GoldenError;
  }
  throw new Error("the file was read");
}

const workload = (change: object) => ({ ...PING, workload: { ...PING.workload, ...change } });
const body = (...ops: unknown[]) => workload({ bodies: [ops] });
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("a file that is as it should be", () => {
  test("is read with file and line", () => {
    const { header, cases } = readGolden(goldenBytes(HEADER, PING, { ...PING, name: "pong" }), "t.jsonl");
    expect(header.corpus).toBe("tests");
    expect(cases.map((c) => [c.name, c.line])).toEqual([
      ["ping", 2],
      ["pong", 3],
    ]);
    expect(cases[0]?.ops).toEqual(PING.ops);
  });

  test("may be gzipped, and may lack its last newline", () => {
    const bytes = goldenBytes(HEADER, PING);
    expect(readGolden(Bun.gzipSync(bytes), "t.jsonl.gz").cases.length).toBe(1);
    expect(readGolden(bytes.subarray(0, -1), "t.jsonl").cases.length).toBe(1);
  });

  test("may use the extensions that it names", () => {
    const extended = { ...HEADER, extensions: ["nil-chan", "select-none"] };
    const c = workload({ chans: [null], bodies: [[["select", [], false]], [["recv", 0]]] });
    expect(readGolden(goldenBytes(extended, { ...c, ops: [], status: [] }), "t.jsonl").cases.length).toBe(1);
    expect(refusal(HEADER, c).reason).toBe("chans[0] is null");
    expect(refusal(HEADER, body(["select", [], false])).expected).toContain("select-none");
  });

  test("may have timers, when its header says so", () => {
    const timed = { ...HEADER, extensions: ["timers"] };
    const ops = [
      ["afterfunc", 0, 10, 0],
      ["newticker", 0, -5],
      ["tstop", 0],
      ["select", [["timer", 0]], false],
    ];
    const c = (timers: number, ...body: unknown[]) => ({
      ...workload({ timers, bodies: [body] }),
      ops: [],
      status: [],
    });
    expect(readGolden(goldenBytes(timed, c(1, ...ops)), "t.jsonl").cases[0]?.workload.timers).toBe(1);
    expect(refusal(HEADER, c(1)).reason).toBe('workload has an unknown field "timers"');
    expect(refusal(HEADER, body(ops[0])).reason).toBe('bodies[0][0][0] is "afterfunc"');
    expect(refusal(HEADER, body(ops[3])).reason).toBe('bodies[0][0][1][0][0] is "timer"');
    for (const [op, reason] of [
      [["tstop", 1], "bodies[0][0][1] is 1"],
      [["afterfunc", 0, 10], 'bodies[0][0] is ["afterfunc",0,10]'],
      [["afterfunc", 0, 10, 1], "bodies[0][0][3] is 1"],
      [["treset", 0, 0.5], "bodies[0][0][2] is 0.5"],
      [["select", [["timer", 1]], false], "bodies[0][0][1][0][1] is 1"],
    ] as const) {
      expect(refusal(timed, c(1, op)).reason).toBe(reason);
    }
    const event = (text: string) => refusal(timed, { ...c(1, ["tstop", 0], ["trecv", 0]), ops: [text] }).reason;
    expect(event("0.0 tstop maybe")).toContain("0.0 tstop maybe");
    expect(event("0.1 trecv true")).toContain("0.1 trecv true");
  });

  test("has one of two names", () => {
    expect(["a.jsonl", "a.jsonl.gz", "a.json", "a.gz"].map(isGoldenName)).toEqual([true, true, false, false]);
  });
});

describe("a file that is refused", () => {
  test("names file, line, case, reason and what was expected", () => {
    const error = refusal(HEADER, PING, { ...PING, name: "bad", status: ["1 idle>running"] });
    expect(error).toMatchObject({ file: "t.jsonl", line: 3, caseName: "bad" });
    expect(error.message).toStartWith('t.jsonl:3: case "bad": status[0] is "1 idle>running"; expected a transition: ');
  });

  test.each([
    ["another format", { ...HEADER, format: 2 }, "format is 2"],
    ["another Go", { ...HEADER, go: "go1.25.0" }, 'go is "go1.25.0"'],
    ["several processors", { ...HEADER, gomaxprocs: 4 }, "gomaxprocs is 4"],
    ["an unknown field", { ...HEADER, extra: 1 }, 'the header has an unknown field "extra"'],
    ["an unknown extension", { ...HEADER, extensions: ["x"] }, 'extensions[0] is "x"'],
    ["an extension twice", { ...HEADER, extensions: ["nil-chan", "nil-chan"] }, 'extensions has "nil-chan" twice'],
    ["no object", [], "the header is []"],
  ])("for its header: %s", (_, header, reason) => {
    expect(refusal(header, PING)).toMatchObject({ line: 1, reason });
  });

  test.each([
    ["no object", 7, "the case is 7"],
    ["a field missing", { ...PING, seed: undefined }, 'the case has no "seed"'],
    ["a field unknown", { ...PING, extra: 1 }, 'the case has an unknown field "extra"'],
    ["no name", { ...PING, name: "" }, 'name is ""'],
    ["a name of two lines", { ...PING, name: "a\nb" }, 'name is "a\\nb"'],
    ["a name too long", { ...PING, name: "a".repeat(257) }, `name is "${"a".repeat(76)}...`],
    ["a seed too big", { ...PING, seed: 2 ** 53 }, "seed is 9007199254740992"],
    ["a seed below 0", { ...PING, seed: -1 }, "seed is -1"],
    ["an unknown outcome", { ...PING, outcome: "panic" }, 'outcome is "panic"'],
    ["no bodies", workload({ bodies: [] }), "bodies is []"],
    ["a capacity below 0", workload({ chans: [-1] }), "chans[0] is -1"],
    ["too much room in all", workload({ chans: Array(20).fill(65_536) }), "chans have room for 1310720 values"],
    ["a fraction", workload({ mutexes: 0.5 }), "mutexes is 0.5"],
    ["join as a number", workload({ join: 1 }), "join is 1"],
    ["an unknown op", body(["yield"]), 'bodies[0][0][0] is "yield"'],
    ["an operand too few", body(["send"]), 'bodies[0][0] is ["send"]'],
    ["an operand too many", body(["gosched", 1]), 'bodies[0][0] is ["gosched",1]'],
    ["a channel too high", body(["send", 1]), "bodies[0][0][1] is 1"],
    ["an object there is none of", body(["lock", 0]), "bodies[0][0][1] is 0"],
    ["a body too high", body(["go", 1]), "bodies[0][0][1] is 1"],
    ["a select case of no direction", body(["select", [["close", 0]], true]), 'bodies[0][0][1][0][0] is "close"'],
    ["four select cases", body(["select", Array(4).fill(["recv", 0]), true]), "bodies[0][0][1] has 4 elements"],
    ["a once of no body", body(["once", 0, 1]), "bodies[0][0][2] is 1"],
    ["a fault inside a once", body(["once", 0, [["recv", 9]]]), "bodies[0][0][2][0][1] is 9"],
    ["ops that are no list", { ...PING, ops: {} }, "ops is {}"],
    ["an event that is no text", { ...PING, ops: [1] }, "ops[0] is 1"],
  ])("for its workload: %s", (_, line, reason) => {
    expect(refusal(HEADER, line)).toMatchObject({ line: 2, reason });
  });

  test.each([
    "0.0 go",
    "0.0 go 401",
    "401 start 0",
    "0 start 2",
    "0 start",
    "1 done",
    "0 exit 1",
    "0.2 recv 1",
    "0.1001 recv 1",
    "0.1 recv",
    "0.1 recv x",
    "0.1 recv 01",
    "0.1 recv 1x",
    "0.0 go 1x",
    "1 start 0x",
    "0 start done",
    "0 done exit",
    "0.0 gosched enter",
    "0.0 send 5",
    "0.0 once done",
    "0.0 select 3",
    "0.0 yield",
    "00.1 recv 1",
    "0.1  recv 1",
    "0.01 recv 1",
    "0.1 recv 1 ",
    "-1 exit",
    "",
    "0.1 recv 99999999999999999",
  ])("for its op event %j", (event) => {
    const error = refusal(HEADER, { ...PING, ops: ["0 start 0", event] });
    expect(error.reason).toContain(`ops[1] is ${JSON.stringify(event)}`);
  });

  test.each([
    "1 idle>dead",
    "1 running>waiting",
    "1 running>waiting nothing",
    "1 running>dead sleep",
    "401 idle>runnable",
    "1 Running>dead",
    "x running>dead",
    "1 running>dead ",
    "",
  ])("for its status event %j", (event) => {
    expect(refusal(HEADER, { ...PING, status: [event] }).reason).toContain(`status[0] is ${JSON.stringify(event)}`);
  });

  test("when a number of the workload lies beyond its limit, and not before", () => {
    const { chans, capacity, capacities, bodies, ops, onceDepth, sleepMicros, workThousands, nameLength } =
      WORKLOAD_LIMITS;
    const none = { ops: [], status: [] };
    const many = <T>(n: number, one: T) => Array<T>(n).fill(one);
    /** `once` within `once`. */
    const deep = (n: number): unknown => ["once", 0, n === 1 ? [] : [deep(n - 1)]];
    /** Channels that have room for so many values together. */
    const room = (n: number) => [...many(Math.floor(n / capacity), capacity), n % capacity];
    const at: [string, number, (n: number) => object][] = [
      ["chans", chans, (n) => workload({ chans: many(n, 0) })],
      ["capacity", capacity, (n) => workload({ chans: [n] })],
      ["capacities", capacities, (n) => workload({ chans: room(n) })],
      ...(["mutexes", "rwmutexes", "waitgroups", "conds", "onces"] as const).map(
        (field): [string, number, (n: number) => object] => [
          field,
          WORKLOAD_LIMITS[field],
          (n) => workload({ [field]: n }),
        ],
      ),
      ["bodies", bodies, (n) => workload({ bodies: many(n, []) })],
      ["ops", ops, (n) => workload({ bodies: [many(n, ["gosched"])] })],
      ["onceDepth", onceDepth, (n) => workload({ onces: 1, bodies: [[deep(n)]] })],
      ["sleepMicros", sleepMicros, (n) => body(["sleep", n])],
      ["sleepMicros below 0", sleepMicros, (n) => body(["sleep", -n])],
      ["workThousands", workThousands, (n) => body(["work", n])],
      ["nameLength", nameLength, (n) => ({ ...PING, name: "a".repeat(n) })],
      ["select cases", 3, (n) => body(["select", many(n, ["recv", 0]), true])],
      ["the seed", 2 ** 53 - 1, (n) => ({ ...PING, seed: n })],
    ];
    for (const [name, limit, of] of at) {
      const read = (n: number) => () => readGolden(goldenBytes(HEADER, { ...of(n), ...none }), "t.jsonl");
      expect(read(limit), `${name}: ${limit}`).not.toThrow();
      expect(read(limit + 1), `${name}: ${limit + 1}`).toThrow(GoldenError);
    }
    // Below 0, and no whole number.
    for (const field of ["mutexes", "rwmutexes", "waitgroups", "conds", "onces"] as const) {
      for (const wrong of [-1, 0.5, "1", null, true]) {
        expect(refusal(HEADER, workload({ [field]: wrong })).reason).toBe(`${field} is ${JSON.stringify(wrong)}`);
      }
    }
  });

  test("when an operand of an op is one too high; the highest is read", () => {
    const sizes = { mutexes: 2, rwmutexes: 2, waitgroups: 2, conds: 2, onces: 2, chans: [0, 0], timers: 2 };
    const timed = { ...HEADER, extensions: ["timers"] };
    const ops: [string, number, (n: number) => unknown][] = [
      ...["send", "recv", "close", "lock", "unlock", "wlock", "wunlock", "rlock", "runlock"].map(one),
      ...["wgadd", "wgdone", "wgwait", "condwait", "signal", "broadcast", "go", "tstop", "trecv"].map(one),
      ["once", 1, (n) => ["once", n, []]],
      ["treset", 1, (n) => ["treset", n, 5]],
      ["newtimer", 1, (n) => ["newtimer", n, 5]],
      ["afterfunc", 1, (n) => ["afterfunc", n, 5, 0]],
      ["afterfunc's body", 1, (n) => ["afterfunc", 0, 5, n]],
      ["select", 1, (n) => ["select", [["send", n]], false]],
      ["select's timer", 1, (n) => ["select", [["timer", n]], false]],
    ];
    function one(name: string): [string, number, (n: number) => unknown] {
      return [name, 1, (n) => [name, n]];
    }
    for (const [name, limit, of] of ops) {
      const read = (n: number) => () =>
        readGolden(
          goldenBytes(timed, { ...workload({ ...sizes, bodies: [[of(n)], []] }), ops: [], status: [] }),
          "t.jsonl",
        );
      expect(read(limit), name).not.toThrow();
      for (const wrong of [limit + 1, -1]) expect(read(wrong), `${name} ${wrong}`).toThrow(GoldenError);
    }
  });

  test("with a value in its message of at most 80 characters", () => {
    const shown = (length: number) => refusal(HEADER, { ...PING, outcome: "x".repeat(length) }).reason;
    expect(shown(78)).toBe(`outcome is "${"x".repeat(78)}"`);
    expect(shown(79)).toBe(`outcome is "${"x".repeat(76)}...`);
  });

  test("when a name comes twice, and when a field does", () => {
    expect(refusal(HEADER, PING, PING)).toMatchObject({ line: 3, reason: "line 2 has a case of this name" });
    const twice = text(goldenBytes(HEADER, PING)).replace('"seed":1', '"seed":1,"seed":1');
    expect(refusalOf(new TextEncoder().encode(twice))).toMatchObject({ line: 2, reason: "a field is there twice" });
    const header = text(goldenBytes(HEADER, PING)).replace('"gomaxprocs":1', '"gomaxprocs":1,"gomaxprocs":1');
    expect(refusalOf(new TextEncoder().encode(header))).toMatchObject({ line: 1, reason: "a field is there twice" });
  });

  test("when lines are missing, empty, cut or no JSON", () => {
    const whole = text(goldenBytes(HEADER, PING));
    const read = (changed: string) => refusalOf(new TextEncoder().encode(changed));
    expect(read("").reason).toBe("the file is empty");
    expect(read(whole.slice(0, whole.indexOf("\n") + 1)).reason).toBe("the file has no case");
    expect(read(whole.replace("\n", "\n\n"))).toMatchObject({ line: 2, reason: "the line is empty" });
    expect(read(whole.slice(0, -20))).toMatchObject({ line: 2, reason: expect.stringContaining("no JSON") });
    expect(read(`${"[".repeat(1e5)}\n`).reason).toContain("nested deeper");
    expect(read(`\u{feff}${whole}`)).toMatchObject({ line: 1, reason: expect.stringContaining("no JSON") });
  });

  test("when it is no UTF-8", () => {
    const bytes = goldenBytes(HEADER, PING);
    bytes[bytes.indexOf(0x70)] = 0xff;
    expect(refusalOf(bytes)).toMatchObject({ line: expect.any(Number), reason: "the line is no UTF-8" });
  });

  test("when it goes over a limit", () => {
    const bytes = goldenBytes(HEADER, PING);
    const over = (limits: object) => refusalOf(bytes, "t.jsonl", { ...READER_LIMITS, ...limits }).expected;
    expect(over({ fileBytesMax: 10 })).toBe("at most 10");
    expect(over({ lineBytesMax: 200 })).toBe("at most 200");
    expect(over({ casesMax: 0 })).toBe("at most 0");
  });

  test("when its compression is broken, a bomb, or not what its name says", () => {
    const gz = Bun.gzipSync(goldenBytes(HEADER, PING));
    expect(refusalOf(gz.subarray(0, -4), "t.jsonl.gz").reason).toContain("unexpected end of file");
    expect(refusalOf(gz).reason).toContain("not named .gz");
    expect(refusalOf(goldenBytes(HEADER, PING), "t.jsonl.gz").reason).toContain("is not gzip data");
    // One byte of gzip's two is none.
    expect(refusalOf(new Uint8Array([0x1f, 0x8c, 8]), "t.jsonl.gz").reason).toContain("is not gzip data");
    expect(refusalOf(new Uint8Array([0x1e, 0x8b, 8]), "t.jsonl.gz").reason).toContain("is not gzip data");
    const bomb = Bun.gzipSync(new Uint8Array(1 << 20));
    expect(refusalOf(bomb, "t.jsonl.gz", { ...READER_LIMITS, fileBytesMax: 1 << 16 }).reason).toBe(
      "it decompresses to too much",
    );
  });

  test("when it cannot be read at all", () => {
    expect(() => readGoldenFile(`${import.meta.dir}/no-such-file.jsonl`)).toThrow(GoldenError);
    expect(() => readGoldenFile(import.meta.dir)).toThrow(GoldenError);
  });
});
