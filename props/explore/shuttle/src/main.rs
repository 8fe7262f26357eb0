//! Runs kernels of GoKer under the explorers of Shuttle: how many runs each needs for each seed, and whether the twins
//! pass. Prints a line of JSON a kernel; main.ts beside the crate reads it.

mod blocked;
mod kernels;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Seeds 1 to so many, and runs of each: what gobuf's table has.
const SEEDS: u64 = 20;
const RUNS: usize = 1000;
/// PCT's depth, as gobuf's by default.
const DEPTH: usize = 3;
/// Runs of a twin for each seed.
const TWIN_RUNS: usize = 100;

fn scheduler(name: &str, seed: u64, runs: usize) -> Box<dyn Scheduler + Send> {
    match name {
        "random" => Box::new(RandomScheduler::new_from_seed(seed, runs)),
        _ => Box::new(PctScheduler::new_from_seed(seed, DEPTH, runs)),
    }
}

/// Runs a program until it fails. Gives the number of the run that did, and what was said.
fn explore(name: &str, seed: u64, runs: usize, program: fn(bool), fixed: bool) -> Option<(usize, String)> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let failed = catch_unwind(AssertUnwindSafe(|| {
        Runner::new(scheduler(name, seed, runs), Config::default()).run(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            program(fixed);
        })
    }));
    let panic = failed.err()?;
    let said = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
        .unwrap_or_else(|| "a panic without a text".to_string());
    Some((count.load(Ordering::SeqCst), said))
}

fn main() {
    // Shuttle prints each failing schedule, of which there are hundreds; what a panic says is in its value, too.
    std::panic::set_hook(Box::new(|_| {}));
    let only = std::env::args().nth(1).unwrap_or_default();
    for (name, program) in kernels::KERNELS.iter().filter(|(name, _)| name.contains(&only)) {
        let mut fields = vec![format!("\"name\":\"{name}\"")];
        for strategy in ["random", "pct"] {
            let mut needed = Vec::new();
            for seed in 1..=SEEDS {
                needed.push(match explore(strategy, seed, RUNS, *program, false) {
                    Some((run, said)) if said.contains("deadlock") => run.to_string(),
                    Some((_, said)) => fail(name, strategy, seed, &said),
                    None => "null".to_string(),
                });
                if let Some((_, said)) = explore(strategy, seed, TWIN_RUNS, *program, true) {
                    fail(&format!("the twin of {name}"), strategy, seed, &said);
                }
            }
            fields.push(format!("\"{strategy}\":[{}]", needed.join(",")));
        }
        println!("{{{}}}", fields.join(","));
    }
}

fn fail(name: &str, strategy: &str, seed: u64, said: &str) -> ! {
    eprintln!("{name}, {strategy}, seed {seed}: {said}");
    std::process::exit(1);
}
