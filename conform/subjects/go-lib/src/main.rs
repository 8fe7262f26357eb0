//! go-lib, a port of Go's scheduler to Rust, as a scheduler under the kit. It does not notice deadlocks of part of the
//! goroutines, so that it is given programs that end.
use go_lib::chan::{chan, Receiver, Sender};
use go_lib::sync::WaitGroup;
use serde_json::Value;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// One program, its objects, and its log; goroutines of an earlier one that are left write into a log that nobody reads.
struct Program {
    bodies: Vec<Vec<Value>>,
    chans: Vec<(Sender<i64>, Receiver<i64>)>,
    join: Option<WaitGroup>,
    created: AtomicUsize,
    log: Mutex<Option<Vec<String>>>,
}

impl Program {
    fn event(&self, event: String) {
        if let Some(log) = self.log.lock().unwrap().as_mut() {
            log.push(event);
        }
    }
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn goroutine(program: Arc<Program>, g: usize, body: usize) {
    program.event(format!("{g} start {body}"));
    for (i, op) in program.bodies[body].iter().enumerate() {
        let name = op[0].as_str().unwrap();
        let result = match name {
            "go" => {
                if let Some(join) = &program.join {
                    join.add(1);
                }
                let made = program.created.fetch_add(1, Ordering::SeqCst) + 1;
                let (next, of) = (program.clone(), number(&op[1]));
                go_lib::go!(move || goroutine(next, made, of));
                format!(" {made}")
            }
            "send" => {
                program.chans[number(&op[1])].0.send((g * 100 + i) as i64);
                String::new()
            }
            "recv" => match program.chans[number(&op[1])].1.recv() {
                Some(value) => format!(" {value}"),
                None => " closed".to_string(),
            },
            "gosched" => {
                go_lib::gosched();
                String::new()
            }
            _ => String::new(),
        };
        program.event(format!("{g}.{i} {name}{result}"));
    }
    program.event(format!("{g} exit"));
    if g > 0 {
        if let Some(join) = &program.join {
            join.done();
        }
    }
}

fn run(line: &str) -> String {
    let case: Value = serde_json::from_str(line).unwrap();
    let workload = &case["workload"];
    let list = |value: &Value| value.as_array().unwrap().clone();
    let program = Arc::new(Program {
        bodies: list(&workload["bodies"]).iter().map(list).collect(),
        chans: list(&workload["chans"]).iter().map(|c| chan(number(c))).collect(),
        join: workload["join"].as_bool().unwrap().then(WaitGroup::new),
        created: AtomicUsize::new(0),
        log: Mutex::new(Some(Vec::new())),
    });
    goroutine(program.clone(), 0, 0);
    if let Some(join) = &program.join {
        join.wait();
    }
    let mut events = program.log.lock().unwrap().take().unwrap();
    events.push("0 done".to_string());
    events.push("= return".to_string());
    events.join("\n")
}

#[go_lib::main]
fn main() {
    let hello = r#"{"conform":1,"name":"go-lib","version":"0.6.3","ops":["go","send","recv","gosched","work","join"],"deadlocks":false}"#;
    println!("{hello}");
    for line in std::io::stdin().lock().lines() {
        println!("{}", run(&line.unwrap()));
        std::io::stdout().flush().unwrap();
    }
    std::process::exit(0);
}
