/** All programs of this folder. */
import { doubleselect } from "./doubleselect.ts";
import { fifo } from "./fifo.ts";
import { goroutines } from "./goroutines.ts";
import { nonblock } from "./nonblock.ts";
import { perm } from "./perm.ts";
import { powser1, powser2 } from "./powser.ts";
import type { Program } from "./program.ts";
import { selectProgram } from "./select.ts";
import { select2 } from "./select2.ts";
import { select3 } from "./select3.ts";
import { select4 } from "./select4.ts";
import { select5 } from "./select5.ts";
import { select6 } from "./select6.ts";
import { select7 } from "./select7.ts";
import { select8 } from "./select8.ts";
import { sendstmt } from "./sendstmt.ts";
import { sieve1 } from "./sieve1.ts";
import { sieve2 } from "./sieve2.ts";
import { zerosize } from "./zerosize.ts";

export const programs: readonly Program[] = [
  doubleselect,
  fifo,
  goroutines,
  nonblock,
  perm,
  powser1,
  powser2,
  selectProgram,
  select2,
  select3,
  select4,
  select5,
  select6,
  select7,
  select8,
  sendstmt,
  sieve1,
  sieve2,
  zerosize,
];
