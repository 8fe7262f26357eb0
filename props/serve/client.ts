/**
 * The other side of serve.test.ts: asks a server for many numbers at a time, each time in as many rounds, and prints how
 * many answers were right.
 */
const [url = "", atOnce = "0", rounds = "0"] = process.argv.slice(2);

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
  for (let round = 0; round < Number(rounds); round++) await ask(round * Number(atOnce) + first);
}

await Promise.all(Array.from({ length: Number(atOnce) }, (_, i) => askInTurn(i)));
console.log(JSON.stringify({ right, wrong: wrong.slice(0, 10) }));
