/** What the code of an example says that it prints: of the examples in comments, and of the guides. */

/** The lines that an example says that it prints. @throws Error when it prints and does not say what */
export function statedOutput(code: string): string[] {
  const [body = "", block] = code.split(/^\/\/ Output:\n/m);
  const prints = [...body.matchAll(/\bconsole\.\w+(?=\()/g)];
  const beside = [...body.matchAll(/\bconsole\.log\(.*\)[;,)}]* \/\/ (.*)$/gm)].map(([, text = ""]) => text);
  if (block !== undefined) {
    if (beside.length > 0)
      throw new Error("the output is stated beside a statement and in a block: expected one of them");
    if (prints.length === 0) throw new Error("an output is stated, and nothing is printed");
    const lines = block.trimEnd().split("\n");
    const odd = lines.find((line) => !line.startsWith("//"));
    if (odd !== undefined) throw new Error(`expected comments only behind // Output:, found ${odd}`);
    return lines.map((line) => line.replace(/^\/\/ ?/, ""));
  }
  if (beside.length !== prints.length) {
    throw new Error(
      `it prints ${prints.length} times and says ${beside.length} times what: expected \`// value\` beside each`,
    );
  }
  return beside;
}
