/** Of a select that several receivers make ready at once, one case goes through. */
import { type Chan, chan, type Go, go, select, sendCase, WaitGroup } from "gobuf";
import { must, type Program } from "./program.ts";

const LANES = 4;
const VALUES = 25_000;

function* deal(lanes: readonly Chan<number>[]): Go {
  for (let n = 0; n < VALUES; n++) yield* select(lanes.map((lane) => sendCase(lane, n)));
  for (const lane of lanes) lane.close();
}

function* main(): Go {
  const lanes = Array.from({ length: LANES }, () => chan<number>());
  const all = chan<[lane: number, value: number]>();
  const forwarders = new WaitGroup();
  go(deal, lanes);
  for (const [lane, ch] of lanes.entries()) {
    forwarders.go(function* forward() {
      for (let v = yield* ch.recvOk(); v[1]; v = yield* ch.recvOk()) yield* all.send([lane, v[0]]);
    });
  }
  go(function* closer() {
    yield* forwarders.wait();
    all.close();
  });

  const seen = new Uint8Array(VALUES);
  const perLane = new Array<number>(LANES).fill(0);
  for (let got = yield* all.recv(); got !== undefined; got = yield* all.recv()) {
    const [lane, value] = got;
    must(seen[value] === 0, `${value} arrived twice`);
    seen[value] = 1;
    perLane[lane] = (perLane[lane] ?? 0) + 1;
  }
  must(!seen.includes(0), `${seen.indexOf(0)} got lost`);
  must(
    perLane.every((n) => n > 0),
    `a lane was never chosen: ${perLane}`,
  );
}

export const doubleselect: Program = {
  name: "doubleselect",
  pins: "one value goes through one case of a select, however many receivers wait",
  main,
};
