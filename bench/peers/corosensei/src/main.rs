//! The raw switch with corosensei: round trips between main and one coroutine. Protocol: bench/host.ts.
use corosensei::Coroutine;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::time::Instant;

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{}\traw switch", env!("COROSENSEI_VERSION"))?;
    let mut coroutine = Coroutine::<(), u64, ()>::new(|yielder, ()| {
        let mut trips = 0;
        loop {
            trips += 1;
            yielder.suspend(trips);
        }
    });
    let mut total = 0;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        let (samples, n) = (number(), number());
        if words.next() != Some("raw switch") {
            writeln!(out, "! no such program: {line}")?;
            continue;
        }
        let mut answers = Vec::new();
        for _ in 0..samples {
            let before = total;
            let start = Instant::now();
            for _ in 0..n {
                total = black_box(coroutine.resume(())).as_yield().unwrap_or(total);
            }
            answers.push(format!("{} {}", total - before, start.elapsed().as_nanos()));
        }
        writeln!(out, "{}", answers.join(";"))?;
    }
    // A coroutine that is dropped is unwound; this one never ends.
    std::process::exit(0);
}
