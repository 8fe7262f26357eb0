/** The kernels of Docker (moby): devices, plugins, probes and log readers. */
import {
  after,
  Cond,
  chan,
  context,
  type Go,
  go,
  Mutex,
  Once,
  recvCase,
  select,
  sendCase,
  sleep,
  WaitGroup,
} from "gobuf";
import { choose, preemptionPoint } from "gobuf/testing";
import { blocking, check, type Kernel, nonblocking } from "./kernel.ts";

export const moby: readonly Kernel[] = [
  blocking(
    "moby#4395",
    "the error of what was started in the background is sent to a channel that is not read",
    (fixed) =>
      function* main() {
        const errors = chan<Error>(fixed ? 1 : 0);
        go(function* background() {
          yield* errors.send(new Error("failed"));
        });
      },
  ),
  blocking(
    "moby#4951",
    "a device is removed with its own lock held, and the set's given back for a while: another takes that one first",
    (fixed) =>
      function* main() {
        const devices = new Mutex();
        const info = new Mutex();
        for (let i = 0; i < 2; i++) {
          go(function* deleteDevice() {
            // Fixed: the device's lock comes first, and is waited for without the set's.
            if (fixed) yield* info.lock();
            yield* devices.lock();
            if (!fixed) yield* info.lock();
            yield* devices.unlock();
            yield* sleep(1);
            yield* devices.lock();
            if (!fixed) yield* info.unlock();
            yield* devices.unlock();
            if (fixed) yield* info.unlock();
          });
        }
      },
  ),
  blocking(
    "moby#7559",
    "a proxy that cannot dial tries again with the lock held, and takes it once more",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        go(function* run() {
          for (let i = 0; i < 2; i++) {
            yield* mu.lock();
            const dialled = (yield* choose(2)) === 0;
            if (dialled || fixed) yield* mu.unlock();
            if (dialled) break;
          }
        });
      },
  ),
  blocking(
    "moby#17176",
    "when no device is to be deleted, the set's lock is kept",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const deleted = 0;
        yield* mu.lock();
        if (deleted > 0 || fixed) yield* mu.unlock();
        const done = chan<boolean>(1);
        go(function* other() {
          yield* mu.lock();
          yield* mu.unlock();
          yield* done.send(true);
        });
        yield* select([recvCase(after(1)), recvCase(done)]);
      },
  ),
  blocking(
    "moby#21233",
    "a test that has seen enough no longer reads the progress that transfers go on to report",
    (fixed) =>
      function* main() {
        const progress = chan<number>();
        const done = chan<void>();
        go(function* consume() {
          while ((yield* progress.recv()) !== undefined) {
            // Fixed: what was not expected is noted, and the rest read all the same.
            if ((yield* choose(2)) === 1 && !fixed) return;
          }
          done.close();
        });
        const transfers = new WaitGroup();
        for (let id = 0; id < 2; id++) {
          transfers.go(function* transfer() {
            yield* progress.send(id);
            if ((yield* choose(2)) === 0) yield* progress.send(id);
          });
        }
        yield* transfers.wait();
        progress.close();
        yield* done.recv();
      },
  ),
  blocking(
    "moby#25384",
    "the group of all plugins is waited for after each of them is started",
    (fixed) =>
      function* main() {
        const group = new WaitGroup();
        group.add(2);
        for (let plugin = 0; plugin < 2; plugin++) {
          go(function* restore() {
            group.done();
          });
          if (!fixed) yield* group.wait();
        }
        yield* group.wait();
      },
  ),
  blocking(
    "moby#27782",
    "a follower that is closed waits for a file to be removed, while its watcher waits for an event to be taken",
    (fixed) =>
      function* main() {
        const events = chan<number>();
        const watcherDone = chan<void>();
        const closeNotifier = chan<void>();
        const cond = new Cond(new Mutex());
        let exists = true;
        go(function* readEvents() {
          yield* select([sendCase(events, 1), recvCase(watcherDone)]);
          yield* cond.L.lock();
          exists = false;
          cond.broadcast();
          yield* cond.L.unlock();
        });
        go(function* followLogs() {
          if ((yield* select([recvCase(events), recvCase(closeNotifier)])).index === 1) {
            // Fixed: the watcher is closed before the file is waited for.
            if (fixed) watcherDone.close();
            yield* cond.L.lock();
            while (exists) yield* cond.wait();
            yield* cond.L.unlock();
          }
        });
        go(function* close() {
          closeNotifier.close();
        });
      },
  ),
  blocking(
    "moby#28462",
    "a container that changes tells its probe to stop, with the lock held that the probe takes",
    (fixed) =>
      function* main() {
        const mu = new Mutex();
        const stop = chan<void>(fixed ? 1 : 0);
        go(function* monitor() {
          while ((yield* select([recvCase(stop)], { default: true })).index !== 0) {
            yield* mu.lock();
            yield* mu.unlock();
          }
        });
        go(function* stateChanged() {
          yield* mu.lock();
          yield* stop.send();
          yield* mu.unlock();
        });
      },
  ),
  blocking(
    "moby#29733",
    "a plugin is activated, and the goroutines that wait for it are not told",
    (fixed) =>
      function* main() {
        const cond = new Cond(new Mutex());
        let activated = false;
        const done = chan<void>();
        go(function* waitActive() {
          yield* cond.L.lock();
          while (!activated) yield* cond.wait();
          yield* cond.L.unlock();
          done.close();
        });
        go(function* handle() {
          yield* cond.L.lock();
          activated = true;
          if (fixed) cond.broadcast();
          yield* cond.L.unlock();
        });
        yield* done.recv();
      },
  ),
  blocking(
    "moby#30408",
    "a plugin that cannot be activated has an error, and the goroutines that wait look for its manifest only",
    (fixed) =>
      function* main() {
        const cond = new Cond(new Mutex());
        const plugin: { manifest?: object; error?: Error } = {};
        const done = chan<void>();
        go(function* waitActive() {
          yield* cond.L.lock();
          while (plugin.manifest === undefined && !(fixed && plugin.error)) yield* cond.wait();
          yield* cond.L.unlock();
          done.close();
        });
        go(function* activate() {
          yield* cond.L.lock();
          plugin.error = new Error("some junk happened");
          cond.broadcast();
          yield* cond.L.unlock();
        });
        yield* done.recv();
      },
  ),
  blocking(
    "moby#33293",
    "an error is sent to the channel that is about to be returned",
    (fixed) =>
      function* main() {
        go(function* containerWait() {
          const errors = chan<Error>(fixed ? 1 : 0);
          if ((yield* choose(2)) === 1) yield* errors.send(new Error("failed"));
          return errors;
        });
      },
  ),
  blocking(
    "moby#33781",
    "a monitor that is told to stop during a probe no longer takes the probe's result",
    (fixed) =>
      function* main() {
        const stop = chan<boolean>();
        go(function* monitor() {
          for (;;) {
            if ((yield* select([recvCase(stop), recvCase(after(50))])).index === 0) return;
            const results = chan<boolean>(fixed ? 1 : 0);
            const [ctx, cancel] = context.withTimeout(context.background(), 50);
            go(function* probe() {
              yield* results.send(true);
              results.close();
            });
            const r = yield* select([recvCase(stop), recvCase(results), recvCase(ctx.done())]);
            cancel();
            if (r.index === 0) return;
            if (r.index === 2) yield* results.recv();
          }
        });
        go(function* stopper() {
          yield* sleep(50);
          yield* stop.send(true);
        });
      },
  ),
  blocking(
    "moby#36114",
    "disks are added with the service VM's lock held, and those that failed removed under the same lock",
    (fixed) =>
      function* main() {
        const vm = new Mutex();
        function* hotRemove(): Go {
          yield* vm.lock();
          yield* vm.unlock();
        }
        go(function* hotAdd() {
          yield* vm.lock();
          if (fixed) yield* vm.unlock();
          yield* hotRemove();
          if (!fixed) yield* vm.unlock();
        });
      },
  ),
  nonblocking(
    "moby#18412",
    "the output of a command that timed out is read while the command still writes it",
    /^panic: Error: the output has changed/,
    (fixed) =>
      function* main() {
        let output = "";
        const done = chan<void>(1);
        go(function* command() {
          output += "half";
          yield* sleep(2);
          output += " and half";
          yield* done.send();
        });
        const timedOut = (yield* select([recvCase(after(1)), recvCase(done)])).index === 0;
        if (timedOut && fixed) yield* done.recv();
        const seen = output;
        yield* sleep(5);
        check(output === seen, `the output has changed from "${seen}" to "${output}"`);
      },
  ),
  nonblocking(
    "moby#22941",
    "goroutines that are started in a loop all see the loop's variable, and write the last request only",
    /^panic: Error: wrote /,
    (fixed) =>
      function* main() {
        const conn = new Mutex();
        const wg = new WaitGroup();
        const written = new Set<string>();
        let pair = "";
        for (const request of ["GET /foo", "GET /bar"]) {
          pair = request;
          wg.go(function* write() {
            yield* conn.lock();
            written.add(fixed ? request : pair);
            yield* conn.unlock();
          });
        }
        yield* wg.wait();
        check(written.size === 2, `wrote ${[...written]} only`);
      },
  ),
  nonblocking(
    "moby#27037",
    "goroutines that are started in a loop all see the loop's counter, and try the last version only",
    /^panic: Error: tried /,
    (fixed) =>
      function* main() {
        const once = new Once();
        const wg = new WaitGroup();
        const versions = new Set<string>();
        let i = 17;
        for (; i <= 19; i++) {
          const mine = i;
          wg.go(function* tryVersion() {
            yield* once.do(() => {});
            versions.add(`v1.${fixed ? mine : i}`);
          });
          yield* preemptionPoint();
        }
        yield* wg.wait();
        check(versions.has("v1.17"), `tried ${[...versions]} only`);
      },
  ),
];
