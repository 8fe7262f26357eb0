/**
 * The other side of serve.test.ts: asks a server for many numbers at a time, each time in as many rounds, and prints how
 * many answers were right.
 */
import { parseInteger } from "../../scripts/numbers.ts";

const [url = "", ...counts] = process.argv.slice(2);
const [atOnce = 0, rounds = 0] = counts.map((text) => parseInteger(text, 1, 1_000_000));

let right = 0;
const wrong: string[] = [];

async function ask(n: number): Promise<void> {
  try {
    const response = await fetch(`${url}${n}`);
    const text = await response.text();
    if (response.ok && text === `${n} squared is ${n * n}`) right++;
    else wrong.push(`${n}: ${response.status} ${text}`);
  } catch (error) {
    wrong.push(`${n}: ${error}`);
  }
}

async function askInTurn(first: number): Promise<void> {
  for (let round = 0; round < rounds; round++) await ask(round * atOnce + first);
}

await Promise.all(Array.from({ length: atOnce }, (_, i) => askInTurn(i)));
console.log(JSON.stringify({ right, wrong: wrong.slice(0, 10) }));
