/** How much stack functions of libc take that bodies call: what the default size of a stack must serve. */
import { join } from "node:path";
import { gosched, native, runSync } from "gobuf";
import { newNativeG } from "../src/native/native.ts";
import {
  type Address,
  addressOf,
  bytesAt,
  descriptor,
  G_STACK_HI,
  G_STACK_LO,
  G_STRIDE,
  gmem,
} from "../src/runtime/ffi.ts";
import { callersRun, startG } from "../src/runtime/proc.ts";

/** The bodies of bench/libc.c, and what each does. */
const BODIES = {
  libc_nothing: "nothing",
  libc_snprintf: "snprintf of floating-point numbers",
  libc_unbuffered: "fprintf to an unbuffered stream",
  libc_getaddrinfo: "getaddrinfo",
  libc_regex: "regcomp, regexec",
  libc_qsort: "qsort",
  libc_unwind: "_Unwind_Backtrace, loaded first",
} as const;
type Name = keyof typeof BODIES;
const NAMES = Object.keys(BODIES) as Name[];

/** What a body took of its stack. */
export interface Used {
  readonly what: string;
  readonly bytes: number;
}

/** A word of a G, exact for addresses. */
function addressIn(gp: number, field: number): number {
  const at = gp * G_STRIDE + field;
  return ((gmem[at + 1] ?? 0) >>> 0) * 2 ** 32 + ((gmem[at] ?? 0) >>> 0);
}

/**
 * Runs each body on a stack that nothing has touched, and looks how far down it is not zero. The stacks have the default
 * size and a few pages more, each another number of them: so that none is one that has been used.
 *
 * @throws Error when a body did not do its work; FatalError when its stack is too small
 */
export function measureLibc(): Used[] {
  const symbols = Object.fromEntries(NAMES.map((name) => [name, native.body])) as Record<Name, typeof native.body>;
  using library = native.cc({ source: join(import.meta.dir, "libc.c"), symbols });
  const before = native.stackSize();
  try {
    return NAMES.map((name, i) => {
      native.stackSize(descriptor.stack_size_default + (i + 1) * descriptor.page_size);
      const { ptr } = library.symbols[name] as unknown as { ptr: Address };
      const left = new Uint32Array(1);
      const bytes = runSync(function* () {
        const gp = newNativeG(ptr, addressOf(left));
        startG(gp, library.symbols[name], callersRun());
        const [lo, hi] = [addressIn(gp, G_STACK_LO), addressIn(gp, G_STACK_HI)];
        yield* gosched();
        yield* gosched();
        const stack = bytesAt(lo as Address, hi - lo);
        return stack.length - stack.findIndex((byte) => byte !== 0);
      });
      if (left[0] !== 1) throw new Error(`${BODIES[name]}: it did not do its work (${left[0]})`);
      return { what: BODIES[name], bytes };
    });
  } finally {
    native.stackSize(before);
  }
}
