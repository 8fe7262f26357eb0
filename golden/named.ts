/**
 * Small workloads written by hand, at least one for each rule of how Go schedules (README.md has the list). What Go did
 * with them is in named.jsonl.
 */
import type { CaseInput } from "./format.ts";
import { CHANNELS } from "./named/channels.ts";
import { ENDINGS } from "./named/endings.ts";
import { SCHEDULER } from "./named/scheduler.ts";
import { SYNC } from "./named/sync.ts";

export const NAMED: readonly CaseInput[] = [...SCHEDULER, ...CHANNELS, ...SYNC, ...ENDINGS];
