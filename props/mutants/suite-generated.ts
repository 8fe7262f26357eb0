/** Faults of the mutants that nobody chose: of the draw, the judge, what is kept, and what is said of them. */
import type { Mutant } from "./mutant.ts";
import { faultsOf } from "./suite-fault.ts";

const FOLDER = "props/mutants/generated";
const TEST = `${FOLDER}/generated.test.ts`;

export const SUITE_GENERATED_MUTANTS: readonly Mutant[] = [
  ...faultsOf(`${FOLDER}/session.ts`, `${TEST} -t quick time|replaced by the next|is written of a draw`, [
    ["what the quick round found is lost", "return [...last, ...only];", "return [...last];"],
    [
      "what was not judged counts",
      'judgement.verdict !== "not judged" && !seen.has(candidate.id),',
      "!seen.has(candidate.id),",
    ],
    [
      "what both rounds judged counts twice",
      'judgement.verdict !== "not judged" && !seen.has(candidate.id),',
      'judgement.verdict !== "not judged",',
    ],
    ["the last round counts for nothing", "return [...last, ...only];", "return [...only];"],
    ["nothing takes another's place", "if (isReplaced(judgement.verdict)) state.open++;", ""],
    ["more are judged than wanted", "      state.open--;\n", ""],
    ["the time is never over", "if (isOver()) return undefined;", ""],
    ["what timed out is not found", 'const found = row.found + row["timed out"];', "const found = row.found;"],
    ["all that is left has begun", " && results.isBegun(candidate.id),", ","],
  ]),
  ...faultsOf(`${FOLDER}/report.ts`, `${TEST} -t an argument|counts what was drawn|a list with an entry`, [
    ["what is argued is a survivor too", 'count("survived") - arguedCount', 'count("survived")'],
    [
      "what is argued and found is argued",
      'judgement.verdict === "survived" && argued.has(candidate.id);',
      "argued.has(candidate.id);",
    ],
    ["of nothing all was found", "drawn === 0 ? 0 :", "drawn === 0 ? 1 :"],
    ["a share is rounded up", "Math.floor(share * 1000)", "Math.ceil(share * 1000)"],
    ["what is argued is never refuted", 'ids.has(candidate.id) && verdict !== "survived" &&', "false &&"],
    ["what was not judged refutes", ' && verdict !== "not judged",', ","],
    ["a survivor is argued by anybody", "&& !ids.has(candidate.id))\n    .map", "&& true)\n    .map"],
  ]),
  ...faultsOf(`${FOLDER}/argued.ts`, `${TEST} -t an argument|counts what was drawn|a list with an entry`, [
    ["an argument that nobody has read counts", "return list.filter(({ read }) => read);", "return [...list];"],
    ["an argument need not say anything", "why.trim().length < WHY_MIN", "false"],
    ["an argument of another edit fits", "there.to === to", "true"],
    [
      "an argument whose mutant is gone fits",
      "there !== undefined &&\n      there.file",
      "there === undefined ||\n      there.file",
    ],
  ]),
  ...faultsOf(`${FOLDER}/catalogue.ts`, `${TEST} -t same seed|shares are whole`, [
    ["the seed draws nothing", "digest(`${seed}:${candidate.id}`)", "digest(candidate.id)"],
    ["every part has the same share", "(n * size) / total", "n / sizes.length"],
    [
      "what is left over is lost",
      "for (const [, i] of byRemainder.slice(0, left))",
      "for (const [, i] of byRemainder.slice(left))",
    ],
  ]),
  ...faultsOf(
    `${FOLDER}/judge.ts`,
    `${FOLDER}/judge.test.ts -t now and then|red without it|once more|library|taken back|sees|kept`,
    [
      ["what is red once is found", "if (!limited && !(await this.step(alone)).red) return false;", ""],
      ["what was seen green is looked at again", "if (this.results.isGreen(step, state)) return true;", ""],
      ["what is red without a fault finds", "    if (clean.red) {\n", "    if (false) {\n"],
      [
        "the edit is not taken back",
        "      edit.off();\n    }\n  }\n\n  /** Takes a step",
        "    }\n  }\n\n  /** Takes a step",
      ],
    ],
  ),
];
