/**
 * Seeded faults of runs with several Ms: each lock that the model checker has, the order of two steps of a protocol, a swap that is
 * a plain store. The checker finds them, at every interleaving and so each time. Memory orders that are too weak stand in
 * listed.ts: what this processor cannot show.
 */
import type { Mutant } from "./mutant.ts";

const model = (group: string) => [["test", "./props/procs/holds.ts", "-t", `${group}: the models hold`]];

function fault(kind: string, steps: NonNullable<Mutant["steps"]>, file: string, from: string, to: string): Mutant {
  return {
    name: `procs/${kind}`,
    subject: "procs",
    kind: "several Ms",
    edits: [{ file: `arch/procs/${file}`, from, to }],
    steps,
  };
}

/** A fault that the model checker finds. */
const by = (group: string, file: string, kind: string, from: string, to: string) =>
  fault(kind, model(group), file, from, to);
/** An order that is too weak: which passes. */
const order = (group: string, file: string, what: string, from: string, to: string) =>
  fault(`an order: ${what}`, model(group), file, from, to);

const LOCKED = "            c.lock.lock();\n";

export const PROCS_MUTANTS: readonly Mutant[] = [
  by(
    "lock",
    "lock.zig",
    "a lock is taken by a look and a store",
    "            if (A.cas(u32, &self.key, unlocked, locked, .acquire)) return;\n            self.lockSlow();",
    "            if (A.load(u32, &self.key, .acquire) == unlocked) {\n                A.store(u32, &self.key, locked, .release);\n                return;\n            }\n            self.lockSlow();",
  ),
  by(
    "lock",
    "lock.zig",
    "a lock that is given wakes nobody",
    "if (A.xchg(u32, &self.key, unlocked, .release) == sleeping) A.futexwakeup(&self.key);",
    "A.store(u32, &self.key, unlocked, .release);",
  ),
  by("lock", "lock.zig", "a note is not set", "            _ = A.xchg(u32, &self.key, 1, .release);\n", ""),
  by(
    "lock",
    "lock.zig",
    "a note wakes nobody",
    "            _ = A.xchg(u32, &self.key, 1, .release);\n            A.futexwakeup(&self.key);",
    "            _ = A.xchg(u32, &self.key, 1, .release);",
  ),
  by(
    "runq",
    "runq.zig",
    "get moves head by a store",
    "                if (A.cas(u32, &q.head, h, h +% 1, .release)) return .{ .gp = gp, .inherits = false };",
    "                A.store(u32, &q.head, h +% 1, .release);\n                return .{ .gp = gp, .inherits = false };",
  ),
  by(
    "runq",
    "runq.zig",
    "a thief moves head by a store",
    "                if (A.cas(u32, &from.head, h, h +% n, .release)) return n;",
    "                A.store(u32, &from.head, h +% n, .release);\n                return n;",
  ),
  by(
    "runq",
    "runq.zig",
    "putslow moves head by a store",
    "            if (!A.cas(u32, &q.head, h, h +% n, .release)) return false;",
    "            A.store(u32, &q.head, h +% n, .release);",
  ),
  by(
    "runq",
    "runq.zig",
    "tail is moved before the slot is written",
    "                    A.store(u32, &q.ring[t % size], gp, .monotonic);\n                    A.store(u32, &q.tail, t +% 1, .seq_cst);",
    "                    A.store(u32, &q.tail, t +% 1, .seq_cst);\n                    A.store(u32, &q.ring[t % size], gp, .monotonic);",
  ),
  by(
    "runq",
    "runq.zig",
    "runnext is taken by a store",
    "            if (next != 0 and A.cas(u32, &q.runnext, next, 0, .seq_cst)) return .{ .gp = next, .inherits = true };",
    "            if (next != 0) {\n                A.store(u32, &q.runnext, 0, .seq_cst);\n                return .{ .gp = next, .inherits = true };\n            }",
  ),
  by(
    "runq",
    "runq.zig",
    "runnext is stolen by a store",
    "                    if (!A.cas(u32, &from.runnext, next, 0, .seq_cst)) continue;",
    "                    A.store(u32, &from.runnext, 0, .seq_cst);",
  ),
  by(
    "runq",
    "runq.zig",
    "runnext is set by a store",
    "                    if (!A.cas(u32, &q.runnext, old, gp, .seq_cst)) continue;",
    "                    A.store(u32, &q.runnext, gp, .seq_cst);",
  ),
  by(
    "park",
    "sched.zig",
    "the global queue is put on without sched.lock",
    "        pub fn putGlobal(s: *Self, gp: u32) void {\n            s.lock.lock();\n            defer s.lock.unlock();\n",
    "        pub fn putGlobal(s: *Self, gp: u32) void {\n",
  ),
  by(
    "park",
    "sched.zig",
    "who stops spinning looks at the queues first",
    "                    _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);\n                    if (s.checkRunqsNoP() and Idle.takeBack(s, m, true) == .back) continue;",
    "                    const found = s.checkRunqsNoP();\n                    _ = A.sub(u32, &s.nmspinning, 1, .seq_cst);\n                    if (found and Idle.takeBack(s, m, true) == .back) continue;",
  ),
  by(
    "park",
    "sched.zig",
    "who stops spinning does not look again",
    "                    if (s.checkRunqsNoP() and Idle.takeBack(s, m, true) == .back) continue;\n",
    "",
  ),
  by(
    "chan",
    "hchan.zig",
    "a send without the channel's lock",
    `${LOCKED}            if (c.trySend`,
    "            if (c.trySend",
  ),
  by(
    "chan",
    "hchan.zig",
    "a receive without the channel's lock",
    `${LOCKED}            if (c.tryRecv`,
    "            if (c.tryRecv",
  ),
  by(
    "chan",
    "hchan.zig",
    "the lock is let go of before the goroutine waits",
    "    owner.waits();\n    lock.unlock();",
    "    lock.unlock();\n    owner.waits();",
  ),
  by(
    "chan",
    "hchan.zig",
    "a waiting sender's word overtakes the buffer",
    "                    word.* = c.buf[c.recvx];\n                    c.buf[c.recvx] = sg.elem;",
    "                    word.* = sg.elem;",
  ),
  by(
    "chan",
    "hchan.zig",
    "close forgets those who send",
    "[_]*waitq_.Waitq(A){ &c.recvq, &c.sendq }",
    "[_]*waitq_.Waitq(A){&c.recvq}",
  ),
  by(
    "sema",
    "sema.zig",
    "a Mutex is locked without its guard",
    "            m.guard.lock();\n            if (m.held) {",
    "            if (m.held) {",
  ),
  by(
    "sema",
    "sema.zig",
    "a Mutex that is handed over is free as well",
    "                sg.success = true; // it stays locked, for the next owner",
    "                sg.success = true;\n                m.held = false;",
  ),
  by(
    "sema",
    "sema.zig",
    "a wait looks at the count without the guard",
    "            w.guard.lock();\n            if (w.counter != 0) {",
    "            if (w.counter != 0) {",
  ),
  by(
    "readers",
    "rwmutex.zig",
    "a reader looks for no writer",
    "            if (rw.announced) return rw.wait(&rw.readq, me);\n            rw.readers += 1;",
    "            if (rw.announced and rw.readers != 0) return rw.wait(&rw.readq, me);\n            rw.readers += 1;",
  ),
  by(
    "readers",
    "rwmutex.zig",
    "the last reader wakes no writer",
    "            if (rw.readers != 0) return .done;\n",
    "            if (rw.readers == 0) return .done;\n",
  ),
  by(
    "readers",
    "rwmutex.zig",
    "the next writer goes in beside a reader that was woken",
    "            if (rw.readers != 0) {\n                rw.pending",
    "            if (rw.readers > 1) {\n                rw.pending",
  ),
  by(
    "cond",
    "notify.zig",
    "a signal tells no ticket",
    "            A.store(u32, &l.told, ticket +% 1, .seq_cst);\n",
    "",
  ),
  by("cond", "notify.zig", "a wait is not told", "if (less(ticket, l.told)) {", "if (less(l.told, ticket)) {"),
  by("once", "sema.zig", "two do the work", "                o.begun = true;\n", ""),
  by("attempts", "sema.zig", "an attempt takes what is held", "            if (m.held) return false;\n", ""),
  order(
    "lock",
    "lock.zig",
    "a lock is taken",
    "if (A.cas(u32, &self.key, unlocked, locked, .acquire)) return;",
    "if (A.cas(u32, &self.key, unlocked, locked, .monotonic)) return;",
  ),
  order(
    "lock",
    "lock.zig",
    "a lock is given",
    "if (A.xchg(u32, &self.key, unlocked, .release) == sleeping)",
    "if (A.xchg(u32, &self.key, unlocked, .monotonic) == sleeping)",
  ),
  order(
    "lock",
    "lock.zig",
    "a note is set",
    "            _ = A.xchg(u32, &self.key, 1, .release);",
    "            _ = A.xchg(u32, &self.key, 1, .monotonic);",
  ),
  order(
    "runq",
    "runq.zig",
    "head is moved by the owner",
    "if (A.cas(u32, &q.head, h, h +% 1, .release)) return .{ .gp = gp",
    "if (A.cas(u32, &q.head, h, h +% 1, .monotonic)) return .{ .gp = gp",
  ),
  order(
    "runq",
    "runq.zig",
    "head is moved by a thief",
    "if (A.cas(u32, &from.head, h, h +% n, .release)) return n;",
    "if (A.cas(u32, &from.head, h, h +% n, .monotonic)) return n;",
  ),
  order(
    "runq",
    "runq.zig",
    "tail is read by a thief",
    "A.load(u32, &from.tail, .acquire); // the slots",
    "A.load(u32, &from.tail, .monotonic); // the slots",
  ),
  order(
    "runq",
    "runq.zig",
    "runnext is set",
    "if (!A.cas(u32, &q.runnext, old, gp, .seq_cst)) continue;",
    "if (!A.cas(u32, &q.runnext, old, gp, .monotonic)) continue;",
  ),
  order(
    "sema",
    "status.zig",
    "a status is changed",
    "while (!A.cas(u32, &gp.atomicstatus, old, new, .seq_cst)) {",
    "while (!A.cas(u32, &gp.atomicstatus, old, new, .monotonic)) {",
  ),
  order("sema", "waitq.zig", "a select is won", "selectdone, 0, 1, .seq_cst)", "selectdone, 0, 1, .monotonic)"),
];
