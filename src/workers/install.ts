/**
 * Tells the modules below src/workers/ what threads share. The first run of a thread does it: nothing is shared without a run,
 * and a module that did it by being loaded would be lost to a bundler that believes `sideEffects: false`.
 */
import { setWaitRelease } from "../runtime/ending.ts";
import { setOtherSelect } from "../runtime/select.ts";
import { setSharedMutex } from "../sync/mutex.ts";
import { setSharedWaitGroup } from "../sync/waitgroup.ts";
import { contexts } from "./context.ts";
import { cancelWaits } from "./group.ts";
import { addPassage } from "./marks.ts";
import { selectShared } from "./select.ts";
import { channels } from "./sharedchan.ts";
import { mutexes, sharedMutex, sharedWaitGroup, waitGroups } from "./sync.ts";

let installed = false;

/** Does so once. */
export function installWorkers(): void {
  if (installed) return;
  installed = true;
  addPassage("chan", channels);
  addPassage("Mutex", mutexes);
  addPassage("WaitGroup", waitGroups);
  // Behind the others: it asks whether a value looks like one.
  addPassage("context", contexts);
  setWaitRelease(cancelWaits);
  setOtherSelect(selectShared);
  setSharedMutex(sharedMutex);
  setSharedWaitGroup(sharedWaitGroup);
}
