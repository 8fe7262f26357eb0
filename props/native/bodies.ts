/** The bodies of arch/probe/bodies.c and bodies.zig, and the record that they work by. */
import { join } from "node:path";
import { native } from "gobuf";
import { hostPlatform, libraryFile, packageRoot } from "../../src/runtime/library.ts";

const BODIES = {
  c_passer: native.body,
  c_echo: native.body,
  c_selector: native.body,
  c_script: native.body,
  c_caller: native.body,
  c_careless: native.body,
  c_stubborn: native.body,
  c_nested: native.body,
  c_on_g0: native.body,
  c_send: native.body,
  c_direct: native.body,
  c_maker: native.body,
  c_churner: native.body,
  c_freer: native.body,
  c_spinner: native.body,
  c_traps: native.body,
  c_tries: native.body,
  c_timers: native.body,
  c_shares_timers: native.body,
  c_stops: native.body,
  c_wg_goes: native.body,
  c_wg_go_panics: native.body,
  c_wg_overflow: native.body,
  c_selects_null: native.body,
  c_selects_askew: native.body,
  c_call: { args: ["u32", "u32"], returns: "u32" },
  c_passer_address: { args: [], returns: "ptr" },
} as const;

const ZIG_BODIES = {
  zig_passer: native.body,
  zig_echo: native.body,
  zig_selector: native.body,
  zig_caller: native.body,
  zig_maker: native.body,
  zig_everything: native.body,
  zig_locks: native.body,
  zig_tries: native.body,
  zig_timers: native.body,
  zig_wg_goes: native.body,
  zig_faults: native.body,
  zig_overflows_rounding_up: native.body,
} as const;

/** The probe's library: C compiled by Zig, and Zig, on every platform. */
export const libraryPath = join(
  packageRoot,
  "zig-out",
  "lib",
  hostPlatform(),
  libraryFile("gobuf_probe", hostPlatform()),
);

/** Opens it. */
export function openBodies() {
  return native.dlopen(libraryPath, { ...BODIES, ...ZIG_BODIES });
}

/** The C ones, compiled by the compiler of bun:ffi. */
export function compileBodies() {
  return native.cc({ source: join(packageRoot, "arch", "probe", "bodies.c"), symbols: BODIES });
}

/** struct work of bodies.h. */
export class Work {
  readonly #words = new Uint32Array(14);
  readonly #wide = new BigUint64Array(this.#words.buffer);

  constructor(
    handles: {
      in?: native.Handled;
      out?: native.Handled;
      wg?: native.Handled;
      callback?: native.Callback | native.Handled;
    },
    count: number | bigint = 0,
  ) {
    const all = [handles.in, handles.out, handles.wg, handles.callback];
    all.forEach((object, i) => {
      if (object !== undefined) this.#words[i] = native.handle(object);
    });
    this.#wide[2] = BigInt(count);
  }

  /** What go.native is given. */
  get bytes(): Uint32Array<ArrayBuffer> {
    return this.#words;
  }

  get done(): number {
    return Number(this.#wide[3]);
  }

  get sum(): bigint {
    return this.#wide[4] as bigint;
  }

  get panics(): number {
    return Number(this.#wide[5]);
  }

  get last(): number {
    return Number(this.#wide[6]);
  }
}
