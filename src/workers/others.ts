/** What a world does for the groups whose objects its goroutines use: it looks into inboxes, spins, sleeps, and gathers reports. */
import { SHARE_PARK_DEAD, SHARE_PARK_LOOK, SHARE_PARK_TELLS } from "../runtime/codes.ts";
import { native, onOwnM } from "../runtime/ffi.ts";
import { kick, later } from "../runtime/outside.ts";
import { FatalError, isA } from "../runtime/panic.ts";
import type { Others, Run, World } from "../runtime/world.ts";
import type { Mates } from "./messages.ts";

/** This thread in a group, as far as its worlds see it: {@link Member} of group.ts. */
export interface Participant {
  readonly me: number;
  readonly over: boolean;
  parked: boolean;
  /** The run whose group it is; null where the group is another thread's. */
  readonly run: Run | null;
  readonly mates: Mates | null;
  readonly watcher: NodeJS.Timeout | null;
  readonly hasMail: boolean;
  drain(): boolean;
  call(): void;
  rouse(): void;
}

/** Spins for so long before it sleeps, nanoseconds, where others of the group go on. */
const SPIN_NS = 20_000;

/** All groups whose objects goroutines of a world use. */
export class WorldOthers implements Others {
  private readonly members: Participant[] = [];
  private idle = false;
  private gathering = false;
  private gathered = false;
  /** What spinning has brought lately: where nothing comes, a thread does not spin. */
  private spins = 0;

  constructor(private readonly world: World) {}

  add(member: Participant): void {
    this.members.push(member);
  }

  remove(member: Participant): void {
    const i = this.members.indexOf(member);
    if (i >= 0) this.members.splice(i, 1);
  }

  begin(): void {
    this.idle = false;
    for (const member of this.members) member.rouse();
  }

  look(): boolean {
    let any = false;
    for (const member of this.members) {
      if (member.hasMail && onOwnM(() => member.drain())) any = true;
    }
    return any;
  }

  spin(): boolean {
    if (this.members.length === 0) return false;
    if (this.spins < 0) {
      this.spins++;
      return false;
    }
    const end = Bun.nanoseconds() + SPIN_NS;
    do {
      for (let i = 0; i < 64; i++) {
        for (const member of this.members) if (member.hasMail) return this.look();
      }
    } while (Bun.nanoseconds() < end);
    // So many sleeps without a spin.
    this.spins = -8;
    return false;
  }

  park(): void {
    if (this.idle) return;
    for (const member of this.members) {
      if (member.over || member.parked) continue;
      if (native.gobuf_share_park(member.me, 0) === SHARE_PARK_LOOK) {
        onOwnM(() => member.drain());
        if (!this.world.scheduled) later(this.world);
        return;
      }
      member.parked = true;
    }
  }

  idles(): boolean {
    const members = this.members.filter((member) => !member.over);
    if (members.length === 0) return false;
    let dead = true;
    for (const member of members) {
      member.watcher?.ref();
      const code = onOwnM(() => {
        const answer = native.gobuf_share_park(member.me, 1);
        if (answer === SHARE_PARK_TELLS) member.call();
        return answer;
      });
      if (code === SHARE_PARK_LOOK) {
        onOwnM(() => member.drain());
        later(this.world);
        return true;
      }
      member.parked = true;
      if (code !== SHARE_PARK_DEAD) dead = false;
    }
    this.idle = true;
    if (!dead) return true;
    if (this.gathered) return false;
    this.gather();
    return true;
  }

  gathers(run: Run): boolean {
    if (this.gathered || !(isA(run.error, FatalError) || run.tracebackAll)) return false;
    const member = this.members.find((each) => each.mates !== null && each.run === run);
    if (member === undefined || member.over) return false;
    if (!this.gathering) this.gather();
    return this.gathering;
  }

  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    let left = 1;
    const done = () => {
      if (--left !== 0) return;
      this.gathering = false;
      this.gathered = true;
      kick(this.world);
    };
    for (const { mates } of this.members) {
      if (mates === null) continue;
      left++;
      mates.gather(done);
    }
    queueMicrotask(done);
  }

  get goroutines(): string {
    const texts = this.members.map(({ mates }) => mates?.text ?? "");
    this.gathered = false;
    return texts.filter((text) => text !== "").join("\n");
  }
}

/** Those of a world, which has none before it asks. */
export function othersOf(world: World): WorldOthers {
  world.others ??= new WorldOthers(world);
  return world.others as WorldOthers;
}
