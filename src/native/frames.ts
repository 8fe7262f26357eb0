/**
 * Frames of what native.cc has compiled. Its compiler, TinyCC, does not touch the pages of a large frame one after
 * another, as other compilers can: a frame larger than a stack's guard may reach past it, into another goroutine's stack.
 * Such a function is found in its machine code, and refused.
 */
import { type Address, bytesAt, descriptor } from "../runtime/ffi.ts";

/** A function's frame. */
export interface Frame {
  /** Where the function begins, in bytes from the beginning of the code. */
  readonly at: number;
  readonly bytes: number;
}

/** push %rbp; mov %rsp, %rbp; sub $N, %rsp: how TinyCC begins every function, whatever its size. */
const X64_PROLOGUE = Buffer.from([0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec]);

function* framesX64(code: Uint8Array): Generator<Frame> {
  const bytes = Buffer.from(code.buffer, code.byteOffset, code.byteLength);
  const end = bytes.length - X64_PROLOGUE.length - 4;
  for (let at = bytes.indexOf(X64_PROLOGUE); at >= 0 && at <= end; at = bytes.indexOf(X64_PROLOGUE, at + 1)) {
    yield { at, bytes: bytes.readUInt32LE(at + X64_PROLOGUE.length) };
  }
}

/** stp x29, x30, [sp, #-224]!: how TinyCC begins every function. */
const ARM64_PROLOGUE = 0xa9b27bfd;
const ARM64_SAVED = 224;
/** Instructions behind it among which the frame is made: it saves up to eight of each kind of argument first. */
const ARM64_NEAR = 16;

/** What an instruction takes off sp: sub sp, sp, #N; the same, shifted by 12; movz w16, #N, lsl #0 or #16. */
function takenOff(word: number): number {
  const imm12 = (word >>> 10) & 0xfff;
  const kind = (word & 0xffc0_03ff) >>> 0;
  if (kind === 0xd100_03ff) return imm12;
  if (kind === 0xd140_03ff) return imm12 * 0x1000;
  const half = (word >>> 5) & 0xffff;
  const move = (word & 0xffe0_001f) >>> 0;
  if (move === 0x5280_0010) return half;
  return move === 0x52a0_0010 ? half * 0x1_0000 : 0;
}

function* framesArm64(code: Uint8Array): Generator<Frame> {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  for (let at = 0; at + 4 <= code.byteLength; at += 4) {
    if (view.getUint32(at, true) !== ARM64_PROLOGUE) continue;
    let bytes = ARM64_SAVED;
    for (let next = at + 4; next + 4 <= Math.min(code.byteLength, at + 4 * ARM64_NEAR); next += 4) {
      const word = view.getUint32(next, true);
      if (word === ARM64_PROLOGUE) break;
      bytes += takenOff(word);
    }
    yield { at, bytes };
  }
}

/**
 * The functions of TinyCC's machine code whose frame is larger than a bound. A frame whose size is known at run time
 * only, that of an array of variable length, is not seen.
 */
export function framesAbove(code: Uint8Array, arch: string, most: number): Frame[] {
  const all = arch === "arm64" ? framesArm64(code) : framesX64(code);
  return [...all].filter(({ bytes }) => bytes > most);
}

/** The largest frame that cannot reach past the guard, wherever on its stack a function is called. */
export function frameMax(): number {
  return descriptor.stack_guard_size - descriptor.page_size;
}

/** A function of bun:ffi's. */
type Called = { readonly ptr?: unknown };

/**
 * @param text tells where the code begins (0) and ends (1): gobuf_text of gobuf.h
 * @param symbols what was asked for, by name
 * @throws Error that names a function whose frame is too large, and the way out
 */
export function refuseLargeFrames(text: (end: number) => unknown, symbols: Readonly<Record<string, unknown>>): void {
  const named = new Map(Object.entries(symbols).map(([name, f]) => [Number((f as Called).ptr), name]));
  // A function that stands above the line that includes gobuf.h lies before what the header knows.
  const begin = Math.min(Number(text(0)), ...named.keys());
  const code = bytesAt(begin as Address, Number(text(1)) - begin);
  const [frame] = framesAbove(code, process.arch, frameMax());
  if (frame === undefined) return;
  const name = named.get(begin + frame.at) ?? "a function that is not one of the symbols";
  throw new Error(
    `${name} has a frame of ${frame.bytes} bytes; expected at most ${frameMax()}: bun:ffi's compiler does not probe the ` +
      "stack, so that it could reach past the guard into another goroutine's. Make large arrays static, or allocate " +
      "them; or compile with gcc or clang and -fstack-clash-protection, and open that by native.dlopen",
  );
}
