/** A program's own Worker: it takes part in another thread's run, or has others take part in its own; ends.test.ts ends it. */
import { chan, hold, type RecvChan, run, sleep } from "gobuf";

declare const self: { onmessage: ((event: MessageEvent) => void) | null };

/** What the other thread asks for: to wait for a value, to sleep, or to have a run of its own, whose channel it is sent. */
export interface Asked {
  readonly how: "receives" | "sleeps" | "has the run";
  readonly channel?: RecvChan<number>;
}

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  void run(function* main() {
    using _ = hold();
    if (data.how === "has the run") {
      const channel = chan.shared<number>();
      postMessage(channel);
      yield* sleep(1e9);
    }
    const channel = chan.attach<number>(data.channel);
    postMessage("there");
    if (data.how === "receives") yield* channel.recv();
    yield* sleep(1e9);
  });
};
