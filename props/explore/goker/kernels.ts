/** All kernels that are retold, and those that are not. */
import { cockroach } from "./cockroach.ts";
import { etcd } from "./etcd.ts";
import { grpc } from "./grpc.ts";
import { hugo, istio } from "./hugo-istio.ts";
import type { Kernel } from "./kernel.ts";
import { kubernetes } from "./kubernetes.ts";
import { moby } from "./moby.ts";
import { serving, syncthing } from "./serving-syncthing.ts";

/** By project, in the order of GoBench. */
export const kernels: readonly Kernel[] = [
  ...cockroach,
  ...etcd,
  ...grpc,
  ...hugo,
  ...istio,
  ...kubernetes,
  ...moby,
  ...serving,
  ...syncthing,
];

/** A kernel that is not retold. */
export interface Untold {
  readonly name: string;
  readonly why: string;
}

const RACE = "a data race with no operation between its two sides: ";

/** What JavaScript cannot show, as nothing can come in between, and nothing goes wrong where it could. */
export const untold: readonly Untold[] = [
  { name: "etcd#9446", why: `${RACE}a map is emptied while it is read, which Go refuses and JavaScript cannot do` },
  { name: "istio#8144", why: `${RACE}a counter is read while a callback counts; the test accepts any value` },
  { name: "istio#8214", why: `${RACE}an atomic counter is copied without one; the copy is right or a little old` },
  { name: "istio#16742", why: `${RACE}a field is set under a read lock and read without one; both values are served` },
  { name: "kubernetes#70892", why: `${RACE}two workers set the same elements of a slice to the same values` },
  { name: "kubernetes#79631", why: `${RACE}a map is read without the lock under which it is changed` },
  { name: "kubernetes#80284", why: `${RACE}two goroutines set one field; each value is as good` },
  { name: "kubernetes#81148", why: `${RACE}a time stamp is set without the lock under which it is read` },
  { name: "kubernetes#82239", why: `${RACE}a map is copied while it is changed, which Go refuses` },
  { name: "kubernetes#88331", why: `${RACE}a length is read without the lock under which it changes` },
  { name: "kubernetes#89164", why: "the program of kubernetes#77796, of an earlier date" },
  { name: "serving#3148", why: `${RACE}a list is replaced while another goroutine walks the one that was there` },
];
