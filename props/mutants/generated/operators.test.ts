/** The operators that make mutants: each turns what its table says, leaves texts for people alone, and makes what can be told. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { textEdits, visible } from "./text.ts";
import { isSameCode, typescriptEdits } from "./typescript.ts";

/** The instrumenter is large: on a busy machine it takes seconds to load. */
setDefaultTimeout(60_000);

describe("operators on text", () => {
  const edits = (file: string, text: string) =>
    textEdits("arch", file, text).map(({ operator, from, to }) =>
      `${operator}: ${from.trim()} > ${to.trim()}`.trimEnd(),
    );

  test("what is hidden stays, at its place", () => {
    const text = 'a = "x == 1"; // b == 2\nc = 3;';
    const seen = visible(text, "zig");
    expect(seen).toHaveLength(text.length);
    expect(seen).not.toMatch(/x|b|==/);
    expect(seen.indexOf("c = 3")).toBe(text.indexOf("c = 3"));
    expect(visible("/* a == 1\n */ b\n#if 1\nc", "c")).toBe("         \n    b\n     \nc");
  });

  test("Zig", () => {
    const text = "fn f(a: u32) void {\n    if (a < 0x10 and b) {\n        g(a + 1);\n        h();\n    }\n}\n";
    expect(edits("arch/a.zig", text).sort()).toEqual(
      [
        "constant + 1: 0x10 > 0x11",
        "constant + 1: 1 > 2",
        "constant - 1: 0x10 > 0xf",
        "constant - 1: 1 > 0",
        "comparison turned: < > <=",
        "comparison turned: < > >=",
        "logic turned: and > or",
        "arithmetic turned: + > -",
        "condition turned: (a < 0x10 and b) > (!(a < 0x10 and b))",
        "line left out: g(a + 1); >",
        "line left out: h(); >",
        "lines swapped: g(a + 1);\n        h(); > h();\n        g(a + 1);",
        "width changed: u32 > u16",
      ].sort(),
    );
  });

  test("assembly", () => {
    const text = "#if defined(_WIN32)\nf:\n  movq %rbx, 8(%r9) // saved\n  jz 9f\n  .cfi_endproc\n";
    expect(edits("arch/a.S", text)).toEqual([
      "constant + 1: 8 > 9",
      "constant - 1: 8 > 7",
      "branch turned: jz > jnz",
      "line left out: movq %rbx, 8(%r9) // saved >",
      "line left out: jz 9f >",
      "line left out: .cfi_endproc >",
      "lines swapped: movq %rbx, 8(%r9) // saved\n  jz 9f > jz 9f\n  movq %rbx, 8(%r9) // saved",
      "width changed: movq %rbx, 8(%r9) > movl %ebx, 8(%r9)",
    ]);
  });

  test("lines whose order nobody can tell are not swapped", () => {
    const swaps = (file: string, ...lines: string[]) =>
      edits(file, `f() {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`).filter((edit) => edit.startsWith("lines"))
        .length;
    const asm = (...lines: string[]) => swaps("a.S", ...lines);
    expect(asm("movups 80(%rsp), %xmm11", "movups 96(%rsp), %xmm12")).toBe(0);
    expect(asm("movq %rdx, OP_V(%r9)", "movq %rcx, PC(%r9)")).toBe(0);
    expect(asm("movq %rdx, 8(%r9)", "movq 8(%r9), %rcx"), "the second reads what the first writes").toBe(1);
    expect(asm("movq %rdx, %r9", "movq 8(%r9), %rcx")).toBe(1);
    expect(asm("movq 8(%r9), %rcx", "movq %rdx, %r9")).toBe(1);
    expect(asm("movq %rdx, %r9", "movq %rcx, %r9")).toBe(1);
    expect(asm("addq $8, %rsp", "movq %rcx, %rdx"), "not two moves").toBe(1);
    expect(asm("addq $8, %rsp", ".cfi_adjust_cfa_offset -8")).toBe(0);
    const zig = (...lines: string[]) => swaps("a.zig", ...lines);
    expect(zig("hi.* = line.hi;", "lo.* = line.lo;")).toBe(0);
    expect(zig("m.calls -= 1;", "c.word = @as(u64, m.scratch[1]) << 32;")).toBe(0);
    expect(zig("k.count += 1;", "k.from = @min(k.from, k.count);")).toBe(1);
    expect(zig("m.calls -= 1;", "c.word = f();"), "a call may read anything").toBe(1);
    expect(zig("a = 1;", "a = 2;")).toBe(1);
    expect(swaps("a.c", "a->x = b;", "c.y = d;")).toBe(0);
  });

  test("each token is turned into what its table says, and nothing else", () => {
    const of = (operator: string, file: string, text: string) =>
      textEdits("arch", file, text)
        .filter((edit) => edit.operator === operator)
        .map(({ from, to }) => `${from} > ${to}`);
    const turned = (operator: string, tokens: string, file = "a.zig") =>
      tokens.split(" ").flatMap((token) => of(operator, file, `f() {\n  x = a ${token} b;\n}\n`));
    expect(turned("comparison turned", "== != < <= > >= = => -> !")).toEqual([
      "== > !=",
      "!= > ==",
      "< > <=",
      "< > >=",
      "<= > <",
      "<= > >",
      "> > >=",
      "> > <=",
      ">= > >",
      ">= > <",
    ]);
    expect(turned("logic turned", "and or && || xor")).toEqual(["and > or", "or > and", "&& > ||", "|| > &&"]);
    expect(turned("arithmetic turned", "+ - << >> & | += -= |= &= +% -% +| -| * /")).toEqual([
      ...["+ > -", "- > +", "<< > >>", ">> > <<", "& > |", "| > &", "+= > -=", "-= > +=", "|= > &=", "&= > |="],
      ...["+% > -%", "-% > +%", "+| > -|", "-| > +|"],
    ]);
    const branches = "jz jnz je jne ja jbe jae jb jg jle jge jl jc jnc cbz cbnz b.eq b.ne b.hi b.ls b.hs b.lo".split(
      " ",
    );
    for (const [i, branch] of branches.entries()) {
      const other = branches[i ^ 1];
      expect(of("branch turned", "a.S", `f:\n  ${branch} 1f\n`)).toEqual([`${branch} > ${other}`]);
    }
    expect(of("branch turned", "a.S", "f:\n  jmp 1f\n  call g\njz:\n")).toEqual([]);
    const widths = "u64 u32 u16 i64 i32 usize uint64_t uint32_t int64_t int32_t movups movaps".split(" ");
    expect(widths.flatMap((width) => of("width changed", "a.zig", `fn f(a: ${width}) void {}`))).toEqual([
      ...["u64 > u32", "u32 > u16", "u16 > u8", "i64 > i32", "i32 > i16", "usize > u32", "uint64_t > uint32_t"],
      ...["uint32_t > uint16_t", "int64_t > int32_t", "int32_t > int16_t", "movups > movlps", "movaps > movlps"],
    ]);
    const moves =
      "f:\n  movq %rax, %rbx\n  movq 8(%rsp), %r9\n  movq %rdx, (%r9)\n  movq %rax, %xmm0\n  movl %eax, %ebx\n";
    expect(of("width changed", "a.S", moves)).toEqual([
      "movq %rax, %rbx > movl %eax, %ebx",
      "movq 8(%rsp), %r9 > movl 8(%rsp), %r9d",
      "movq %rdx, (%r9) > movl %edx, (%r9)",
    ]);
    const numbers = (text: string) => [...of("constant + 1", "a.zig", text), ...of("constant - 1", "a.zig", text)];
    expect(numbers("x = 0xff;")).toEqual(["0xff > 0x100", "0xff > 0xfe"]);
    expect(numbers("x = 1_000;")).toEqual(["1_000 > 1001", "1_000 > 999"]);
    expect(numbers("x = 0;"), "there is none below 0").toEqual(["0 > 1"]);
    expect(numbers("x1 = 1.5 + y2; u32; // 3")).toEqual([]);
  });

  test("a condition is turned whole, with what is in it, and none that unpacks", () => {
    const of = (file: string, text: string) =>
      textEdits("arch", file, text)
        .filter(({ operator }) => operator === "condition turned")
        .map(({ from, to }) => `${from} > ${to}`);
    expect(of("a.zig", "fn f() void {\n    if (a(b, (c))) d();\n    while (e) {}\n}\n")).toEqual([
      "(a(b, (c))) > (!(a(b, (c))))",
      "(e) > (!(e))",
    ]);
    expect(of("a.zig", "if (a) |b| c(); while (d()) |e| f(); if (never (closed")).toEqual([]);
    expect(of("a.S", "  if (a) b\n")).toEqual([]);
  });

  test("a statement is one whole line, behind another or a brace", () => {
    const left = (file: string, ...lines: string[]) =>
      edits(file, `${lines.join("\n")}\n`)
        .filter((edit) => edit.startsWith("line left out"))
        .map((edit) => edit.slice("line left out: ".length, -2));
    expect(left("a.zig", "fn f() void {", "", "    a();", "    // said", "    b();", "    });", "}")).toEqual([
      "a();",
      "b();",
    ]);
    expect(left("a.zig", "const x =", "    a();"), "the rest of another").toEqual([]);
    expect(left("a.zig", "f() {", "    g(a,", "        b);"), "a piece of one").toEqual([]);
    expect(left("a.zig", "f() {", "    switch (a) {", "        1 => {", "            b();")).toEqual(["b();"]);
    expect(left("a.S", "f:", "  nop", "  .cfi_endproc", "  .align 4", "1:")).toEqual(["nop", ".cfi_endproc"]);
  });

  test("a declaration is no statement, in C as in Zig", () => {
    expect(edits("a.h", "int f(void) {\n  int a = b;\n  g();\n  return a;\n}\n")).toEqual([
      "line left out: g(); >",
      "line left out: return a; >",
      "lines swapped: g();\n  return a; > return a;\n  g();",
    ]);
    expect(edits("a.zig", "fn f() void {\n    const a = b;\n}\n")).toEqual([]);
  });
});

describe("operators on TypeScript", () => {
  test("texts of messages are no mutants; texts that a program compares are", async () => {
    const hole = "$" + '{a === "" ? "a" : "b"}';
    const text = `export function f(a: string) {\n  if (a === "x") throw new Error(\`no ${hole}\`);\n}\n`;
    const edits = await typescriptEdits("src", "a.ts", text);
    const strings = edits.filter(({ operator }) => operator === "StringLiteral");
    expect(strings.map(({ from }) => from)).toEqual(['"x"']);
    expect(edits.map(({ operator }) => operator)).toContain("BlockStatement");
    const literals = 'export const a = "no program compares such sentences", b = "one two three four";\n';
    const left = await typescriptEdits("src", "a.ts", literals);
    expect(left.filter(({ operator }) => operator === "StringLiteral").map(({ from }) => from)).toEqual([
      '"one two three four"',
    ]);
    for (const { at, from } of edits) expect(text.slice(at, at + from.length)).toBe(from);
  });

  test("an edit of types only is the same code", () => {
    expect(isSameCode("const a: number = 1;", "const a = 1;")).toBe(true);
    expect(isSameCode("const a = 1;", "const a = 2;")).toBe(false);
    expect(isSameCode("const a = 1;", "const a = ;")).toBe(false);
  });
});
