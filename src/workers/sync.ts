/**
 * Mutexes and WaitGroups between threads: Mutex.shared and WaitGroup.shared. As a shared channel (sharedchan.ts), each lies in
 * native memory, and each thread that has it has an object for it.
 */
import {
  PROCS_KIND_MUTEX,
  PROCS_KIND_WAITGROUP,
  SHARE_OP_BUSY,
  SHARE_OP_NOWAIT,
  SHARE_OP_PANIC,
  SHARE_OP_PARKED,
  TRAP_LOCK,
  TRAP_UNLOCK,
  TRAP_WGADD,
  TRAP_WGWAIT,
} from "../runtime/codes.ts";
import { native, onOwnM } from "../runtime/ffi.ts";
import {
  callDone,
  checkFatal,
  fatal,
  getg,
  MCALL_NONE,
  mp,
  type Op,
  type OptionalOp,
  opFatal,
  opOptional,
  opReady,
} from "../runtime/m.ts";
import { currentRun } from "../runtime/outside.ts";
import { PanicError } from "../runtime/panic.ts";
import { waitReasonSyncMutexLock, waitReasonSyncWaitGroupWait } from "../runtime/runtime2.ts";
import { currentWorld } from "../runtime/world.ts";
import { Mutex } from "../sync/mutex.ts";
import { WaitGroup } from "../sync/waitgroup.ts";
import { groupOf, type Member } from "./group.ts";
import type { Passage } from "./marks.ts";

const UNLOCKED = "sync: unlock of unlocked mutex";
const nothing = (): undefined => undefined;

class SharedMutex extends Mutex {
  constructor(
    readonly member: Member,
    readonly handle: number,
  ) {
    super();
  }

  get isShared(): boolean {
    return true;
  }

  private op(code: number, gp: number): number {
    const { member } = this;
    return member.heed(native.gobuf_share_op(member.me, code, this.handle, 0, 0, gp, member.ticket));
  }

  override lock(): Op<void> {
    const gp = getg("Mutex.lock");
    if (currentWorld() !== this.member.world) this.member.meet();
    if (this.op(TRAP_LOCK, gp) !== SHARE_OP_PARKED) return opReady<void>(undefined);
    return this.member.park(gp, waitReasonSyncMutexLock, nothing, this);
  }

  override tryLock(): boolean {
    checkFatal();
    this.member.rouse();
    return onOwnM(() => this.op(TRAP_LOCK, SHARE_OP_NOWAIT)) !== SHARE_OP_BUSY;
  }

  override unlock(): OptionalOp {
    getg("Mutex.unlock");
    if (this.member.over && mp.leaving) return opOptional();
    mp.mcall = MCALL_NONE;
    return this.op(TRAP_UNLOCK, 0) === SHARE_OP_PANIC ? opFatal(UNLOCKED) : opOptional();
  }

  override unlockNow(): void {
    if (this.op(TRAP_UNLOCK, 0) === SHARE_OP_PANIC) fatal(UNLOCKED);
  }
}

class SharedWaitGroup extends WaitGroup {
  constructor(
    readonly member: Member,
    readonly handle: number,
  ) {
    super();
  }

  get isShared(): boolean {
    return true;
  }

  /** Takes the place of the class's own. @internal */
  changeShared(delta: number): void {
    const { member } = this;
    if (member.over && mp.leaving) return;
    member.rouse();
    const code = onOwnM(() =>
      member.heed(
        native.gobuf_share_op(member.me, TRAP_WGADD, this.handle, delta >>> 0, (delta >> 31) >>> 0, 0, member.ticket),
      ),
    );
    if (code === SHARE_OP_PANIC && !mp.leaving) throw new PanicError("sync: negative WaitGroup counter");
  }

  override done(): void {
    checkFatal();
    this.changeShared(-1);
    callDone();
  }

  override wait(): Op<void> {
    const gp = getg("WaitGroup.wait");
    const { member } = this;
    if (currentWorld() !== member.world) member.meet();
    const code = member.heed(native.gobuf_share_op(member.me, TRAP_WGWAIT, this.handle, 0, 0, gp, member.ticket));
    return code === SHARE_OP_PARKED
      ? member.park(gp, waitReasonSyncWaitGroupWait, nothing, this)
      : opReady<void>(undefined);
  }
}

// The class's own methods go through it: `add` and `go`.
Object.defineProperty(SharedWaitGroup.prototype, "change", {
  configurable: true,
  writable: true,
  value: SharedWaitGroup.prototype.changeShared,
});

/** This thread's object of something shared. */
function objectOf<T extends object>(member: Member, handle: number, make: new (m: Member, h: number) => T): T {
  const known = member.objects.get(handle)?.deref();
  if (known !== undefined) return known as T;
  const made = new make(member, handle);
  member.objects.set(handle, new WeakRef(made));
  return made;
}

function passageOf(kind: string, make: typeof SharedMutex | typeof SharedWaitGroup): Passage {
  return {
    name(member, value) {
      if (!(value instanceof make)) return null;
      if (value.member !== member) {
        throw new TypeError(`gobuf: this shared ${kind} is of another run, whose end would not be this one's`);
      }
      return value.handle;
    },
    thing: (member, handle: number) => objectOf<SharedMutex | SharedWaitGroup>(member, handle, make),
  };
}

/** How Mutexes pass. */
export const mutexes: Passage = passageOf("Mutex", SharedMutex);
/** How WaitGroups pass. */
export const waitGroups: Passage = passageOf("WaitGroup", SharedWaitGroup);

function shared<T extends object>(what: string, kind: number, make: new (m: Member, h: number) => T): T {
  const member = groupOf(currentRun(`${what}.shared`), `${what}.shared`);
  member.meet();
  return objectOf(member, member.make(kind, 0, what), make);
}

/** Mutex.shared. */
export function sharedMutex(): Mutex {
  return shared("Mutex", PROCS_KIND_MUTEX, SharedMutex);
}

/** WaitGroup.shared. */
export function sharedWaitGroup(): WaitGroup {
  return shared("WaitGroup", PROCS_KIND_WAITGROUP, SharedWaitGroup);
}
