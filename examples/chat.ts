/**
 * A chat server over WebSocket: a goroutine a connection, and one that keeps the room. With --port it serves until Ctrl-C.
 * Without it, two people of its own talk, and what one of them hears is printed.
 */
import { Command, InvalidArgumentError } from "commander";
import {
  type Chan,
  chan,
  context,
  type Go,
  hold,
  type RecvChan,
  recvCase,
  run,
  type SendChan,
  select,
  sendCase,
  spawn,
  WaitGroup,
  wait,
} from "gobuf";

/** Lines that wait for a slow reader. Who has more is put out. */
const ROOM_FOR = 16;

interface Member {
  readonly name: string;
  readonly outbox: Chan<string>;
}

/** What happens in the room. */
type Change = { readonly joins: Member } | { readonly leaves: Member } | { readonly says: string };

/** Keeps the room. Nobody else knows who is in it, so that nothing is locked. */
function* keep(ctx: context.Context, changes: RecvChan<Change>): Go {
  const members = new Set<Member>();
  function* tell(line: string): Go {
    for (const member of members) {
      const r = yield* select({ told: sendCase(member.outbox, line) }, { default: true });
      if (r.case === "told") continue;
      members.delete(member);
      member.outbox.close();
    }
  }
  for (;;) {
    const r = yield* select({ change: recvCase(changes), stop: recvCase(ctx.done()) });
    if (r.case === "stop" || !r.ok) break;
    const change = r.value;
    if ("joins" in change) {
      members.add(change.joins);
      yield* tell(`${change.joins.name} joins`);
    } else if ("says" in change) yield* tell(change.says);
    else if (members.delete(change.leaves)) yield* tell(`${change.leaves.name} leaves`);
  }
  yield* tell("the server stops");
  for (const { outbox } of members) outbox.close();
}

/** What the server keeps beside a socket. */
interface Peer {
  readonly name: string;
  /** What it says; closed when it is gone. */
  readonly inbox: Chan<string>;
}

/** A connection, from its first line to its last. */
function* connection(ctx: context.Context, socket: Bun.ServerWebSocket<Peer>, room: SendChan<Change>): Go {
  const { name, inbox } = socket.data;
  const member: Member = { name, outbox: chan<string>(ROOM_FOR) };
  // The room takes nothing any more once it is told to stop.
  const happens = (change: Change) => select({ taken: sendCase(room, change), stop: recvCase(ctx.done()) });
  yield* happens({ joins: member });
  for (;;) {
    const r = yield* select({ said: recvCase(inbox), told: recvCase(member.outbox) });
    if (!r.ok) break;
    if (r.case === "told") socket.send(r.value);
    else yield* happens({ says: `${name}: ${r.value}` });
  }
  yield* happens({ leaves: member });
  socket.close();
}

/** Serves until the context is done, and all connections are closed. */
function* serve(ctx: context.Context, port: number, ready: (url: URL) => void): Go {
  const room = chan<Change>();
  const wg = new WaitGroup();
  wg.go(() => keep(ctx, room));
  const server = Bun.serve({
    port,
    fetch(request, bun) {
      const name = new URL(request.url).searchParams.get("name") ?? "somebody";
      const data: Peer = { name, inbox: chan<string>(ROOM_FOR) };
      return bun.upgrade(request, { data }) ? undefined : new Response("expected a WebSocket", { status: 426 });
    },
    websocket: {
      data: {} as Peer,
      open(socket) {
        wg.add(1);
        void spawn(connection, ctx, socket, room).finally(() => wg.done());
      },
      // It waits while the inbox is full; what comes after the end is nobody's.
      message: (socket, text) => void socket.data.inbox.sendAsync(String(text)).catch(() => {}),
      close: (socket) => socket.data.inbox.close(),
    },
  });
  ready(server.url);
  yield* ctx.done().recv();
  yield* wg.wait();
  yield* wait(server.stop());
}

/** Somebody who talks: a WebSocket, whose lines are a channel. */
class Guest {
  readonly heard = chan<string>(ROOM_FOR);
  private readonly socket: WebSocket;

  constructor(url: URL, name: string) {
    this.socket = new WebSocket(`${url.href.replace("http", "ws")}?name=${name}`);
    this.socket.onmessage = ({ data }) => void this.heard.sendAsync(String(data));
    this.socket.onclose = () => this.heard.close();
  }

  say(line: string): void {
    this.socket.send(line);
  }

  leave(): void {
    this.socket.close();
  }
}

/** Two people talk, one leaves, the server stops. Each waits for what it hears before it goes on. */
function* demo(url: URL, stop: () => void): Go {
  const ant = new Guest(url, "ant");
  yield* ant.heard.recv(); // ant joins
  const bee = new Guest(url, "bee");
  yield* ant.heard.recv(); // bee joins
  ant.say("hello");
  for (let line = yield* bee.heard.recv(); line !== undefined; line = yield* bee.heard.recv()) {
    console.log(line);
    if (line === "ant: hello") bee.say("hi, ant");
    else if (line === "bee: hi, ant") ant.leave();
    else if (line === "ant leaves") stop();
  }
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError("expected a port, 0 to 65535.");
  return Number(text);
}

const { port } = new Command()
  .option("--port <n>", "serve at this port until Ctrl-C; without it two people talk", parsePort)
  .parse()
  .opts<{ port?: number }>();

await run(function* main() {
  const [ctx, stop] = context.notifyContext(context.background(), "SIGINT", "SIGTERM");
  using _ = stop;
  using __ = hold(); // for people who come later
  const wg = new WaitGroup();
  yield* serve(ctx, port ?? 0, (url) => {
    if (port === undefined) wg.go(() => demo(url, stop));
    else console.log(`ws://localhost:${url.port}/?name=NAME`);
  });
  yield* wg.wait();
});
