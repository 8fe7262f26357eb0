/** The table for gobuf itself. Loading it loads the native library, so `--library` must have been seen before. */

import {
  after,
  afterFunc,
  type Chan,
  Cond,
  chan,
  go,
  goexit,
  gosched,
  Mutex,
  newTicker,
  newTimer,
  nilchan,
  now,
  Once,
  PanicError,
  type RecvChan,
  RWMutex,
  recvCase,
  runSync,
  sendCase,
  sleep,
  WaitGroup,
} from "../../src/index.ts";
import { type Handled, handleOf } from "../../src/native/handles.ts";
import { setExecute } from "../../src/native/native.ts";
import { runNativeSync } from "../../src/runnative.ts";
import {
  type Address,
  descriptor,
  G_STATUS,
  G_STRIDE,
  G_STRIDE_BYTES,
  G_WAITREASON_BYTE,
  gmem,
  gmem8,
  libraryPath,
  mid,
  native,
} from "../../src/runtime/ffi.ts";
import { allocG, gfput } from "../../src/runtime/g.ts";
import { casfrom_gscanstatus, casgstatus, castogscanstatus, readgstatus } from "../../src/runtime/gstatus.ts";
import { mp } from "../../src/runtime/m.ts";
import { Gdead, Gscan, statusName, statusNames, waitReasonStrings } from "../../src/runtime/runtime2.ts";
import { selectMany } from "../../src/runtime/select.ts";
import type {
  ClockObject,
  GeneratorPort,
  NativePort,
  RunSettings,
  StatusMachine,
  Target,
  TimeChannel,
  TimerPort,
  Wait,
} from "./target.ts";

/** Reason of a G that just began to wait. */
function waitReason(g: number): string {
  const number = gmem8[g * G_STRIDE_BYTES + G_WAITREASON_BYTE] as number;
  return waitReasonStrings[number] ?? `reason ${number}`;
}

function options({ seed, onTransition }: RunSettings) {
  return {
    seed,
    // As the recordings start (golden/README.md, Start).
    schedtick: 0,
    onTransition: (g: number, from: number, to: number) => onTransition(g, statusName(from), statusName(to)),
  };
}

/** Microseconds of a time in milliseconds. */
function micros(ms: number): number {
  return Math.round(ms * 1000);
}

function timeChannel(channel: RecvChan<number>): TimeChannel {
  return {
    channel,
    *recv() {
      return micros((yield* channel.recv()) ?? Number.NaN);
    },
  };
}

/** A timer or a ticker with its channel. */
function clockObject(timer: {
  c: RecvChan<number>;
  stop(): boolean | void;
  reset(ms: number): boolean | void;
}): ClockObject {
  return {
    channel: timeChannel(timer.c),
    stop: () => timer.stop() ?? undefined,
    reset: (us) => timer.reset(us / 1000) ?? undefined,
  };
}

const timers: TimerPort = {
  afterFunc: (us, body) => {
    const timer = afterFunc(us / 1000, body);
    return { stop: () => timer.stop(), reset: (to) => timer.reset(to / 1000) };
  },
  newTimer: (us) => clockObject(newTimer(us / 1000)),
  newTicker: (us) => clockObject(newTicker(us / 1000)),
  after: (us) => ({ channel: timeChannel(after(us / 1000)) }),
  now: () => micros(now()),
};

const generator: GeneratorPort = {
  run: (main, settings) => runSync(main, options(settings)),
  go: (body) => go(body),
  gosched,
  goexit,
  sleepMicros: (us) => sleep(us / 1000),
  select: (choices, hasDefault) =>
    // The recorder's are by reflect, which knows no plain operation.
    selectMany(
      choices.map(({ channel, send }) => {
        const c = channel as Chan<number>;
        return send === undefined ? recvCase(c) : sendCase(c, send);
      }),
      { default: hasDefault },
    ) as Wait<{ readonly index: number }>,
  chan: (capacity) => (capacity === null ? nilchan : chan<number>(capacity)),
  mutex: () => new Mutex(),
  rwmutex: () => new RWMutex(),
  waitgroup: () => new WaitGroup(),
  cond: () => new Cond(new Mutex()),
  once: () => new Once(),
  timers,
  isPanic: (error) => error instanceof PanicError,
  leaving: () => mp.leaving,
};

const nativePort: NativePort = {
  api: native.gobuf_api(),
  region: (index) => Number(native.gobuf_arena(index)),
  m: mid,
  handleOf: (object) => handleOf(object as Handled),
  run: (prepare, settings) => {
    runNativeSync(() => {
      const { fn, arg } = prepare();
      return { fn: fn as Address, arg: arg as Address };
    }, options(settings));
  },
  setExecute,
};

const status: StatusMachine = {
  scanBit: Gscan,
  byName: Object.fromEntries(Object.entries(statusNames).map(([number, name]) => [name, Number(number)])),
  scratchG: () => allocG(),
  release: (g) => {
    Atomics.store(gmem, g * G_STRIDE + G_STATUS, Gdead);
    gfput(g);
  },
  read: readgstatus,
  write: (g, value) => {
    Atomics.store(gmem, g * G_STRIDE + G_STATUS, value);
  },
  casgstatus,
  castogscanstatus,
  casfromgscanstatus: casfrom_gscanstatus,
};

/** gobuf, on the library that this process has loaded. */
export const gobuf: Target = {
  name: "gobuf",
  library: libraryPath,
  generator,
  native: nativePort,
  status,
  layout: descriptor,
  waitReason,
};
