/**
 * The programs with the channels of @thi.ng/csp, for the rows that are about channels. Its goroutines are async
 * functions, measured as `async`; it has no unbuffered channel: the least is a buffer of one.
 */
import { type Channel, channel, select } from "@thi.ng/csp";
import type { Program, Programs } from "../program.ts";

async function sender(c: Channel<number>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await c.write(i);
}

async function echo(there: Channel<number>, back: Channel<number>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) await back.write((await there.read()) ?? -1);
}

const trip: Program = async (n) => {
  const there = channel<number>();
  const back = channel<number>();
  const done = echo(there, back, n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    await there.write(i);
    sum += (await back.read()) ?? -1;
  }
  await done;
  return sum;
};

const buffered: Program = async (n) => {
  const c = channel<number>(128);
  const done = sender(c, n);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (await c.read()) ?? -1;
  await done;
  return sum;
};

function selected(width: number): Program {
  return async (n) => {
    const last = channel<number>();
    const others = Array.from({ length: width - 1 }, () => channel<number>());
    const done = sender(last, n);
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const [value] = await select(last, ...others);
      sum += value ?? -1;
    }
    await done;
    return sum;
  };
}

const daisy: Program = async (n) => {
  const link = async (left: Channel<number>, right: Channel<number>) => {
    await left.write(1 + ((await right.read()) ?? 0));
  };
  const first = channel<number>();
  let right = first;
  for (let i = 0; i < n; i++) {
    const left = right;
    right = channel<number>();
    link(left, right);
  }
  right.write(0);
  return (await first.read()) ?? -1;
};

async function skynet(c: Channel<number>, num: number, size: number, div: number): Promise<void> {
  if (size === 1) {
    await c.write(num);
    return;
  }
  const rc = channel<number>();
  for (let i = 0; i < div; i++) skynet(rc, num + i * (size / div), size / div, div);
  let sum = 0;
  for (let i = 0; i < div; i++) sum += (await rc.read()) ?? 0;
  await c.write(sum);
}

/** The programs by the name of their row. */
export const programs: Programs = {
  "unbuffered trip": trip,
  "buffered item 128": buffered,
  "select 2": selected(2),
  "select 8": selected(8),
  "daisy chain 100k": daisy,
  "skynet 1M": async (n) => {
    const c = channel<number>();
    skynet(c, 0, n, 10);
    return (await c.read()) ?? -1;
  },
};
