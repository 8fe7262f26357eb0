/** Planted leaks, one for each thing that the soak measures: each must make it fail, by the gauge's name. */

import { openSync } from "node:fs";
import { mmap } from "bun";
import { afterFunc, chan, native, recvCase, run, type Service, select, start, wait } from "gobuf";

/** Reached for ever: a leak to the collector. */
export const kept: unknown[] = [];

/** What is held for ever each round, and the gauge that must tell. */
export const PLANTS: Readonly<Record<string, { gauge: string; linux?: boolean; leak: (service: Service) => void }>> = {
  memory: { gauge: "RSS", leak: () => void kept.push(new Uint8Array(16 * 2 ** 20).fill(1)) },
  object: {
    gauge: "JS objects",
    leak: () => void kept.push(Array.from({ length: 10_000 }, (_, n) => ({ n }))),
  },
  goroutine: {
    gauge: "Gs",
    leak(service) {
      service
        .spawn(function* () {
          yield* chan<never>().recv();
        })
        .catch(() => {});
    },
  },
  sudog: {
    gauge: "sudogs",
    leak(service) {
      service
        .spawn(function* () {
          yield* select([recvCase(chan<never>()), recvCase(chan<never>())]);
        })
        .catch(() => {});
    },
  },
  run: { gauge: "runs", leak: () => void kept.push(start()) },
  world: {
    gauge: "worlds",
    leak() {
      run(
        function* () {
          yield* wait(new Promise(() => {}));
        },
        { clock: "fake" },
      ).catch(() => {});
    },
  },
  promise: {
    gauge: "promises",
    leak: () =>
      void chan<never>()
        .recvAsync()
        .catch(() => {}),
  },
  timer: { gauge: "timers", leak: () => void afterFunc(3_600_000, () => {}) },
  handle: {
    gauge: "handles",
    leak(service) {
      void service.spawn(function* () {
        native.handle(chan<number>());
      });
    },
  },
  file: {
    gauge: "files",
    linux: true,
    leak() {
      for (let i = 0; i < 4; i++) openSync("/dev/null", "r");
    },
  },
  map: {
    gauge: "maps",
    linux: true,
    leak() {
      for (let i = 0; i < 16; i++) kept.push(mmap(import.meta.path, { shared: i % 2 === 0 }));
    },
  },
};
