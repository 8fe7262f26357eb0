/** Go itself as a scheduler under the kit, by the recorder of the goldens: it must pass L3. */

import type { CaseInput } from "../../../golden/format.ts";
import { goAvailable, record } from "../../../golden/record.ts";
import { ABILITIES, checkHello } from "../../src/sched/hello.ts";

const go = goAvailable();
if (!go.ok) throw new Error(go.reason);
const hello = { conform: 1, name: "go", version: go.version, ops: ABILITIES, status: true, level: "L3" };
console.log(JSON.stringify(checkHello(hello)));
for await (const line of console) {
  const [got] = await record([JSON.parse(line) as CaseInput], { go });
  if (got === undefined) throw new Error("Go recorded nothing");
  console.log([...got.ops, ...got.status.map((event) => `~${event}`), `= ${got.outcome}`].join("\n"));
}
