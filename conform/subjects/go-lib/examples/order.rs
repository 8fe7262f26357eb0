//! go-lib: of two goroutines, the one that was created last does not run first. order.go, beside this file, is the same in Go.
use go_lib::chan::chan;

#[go_lib::main]
fn main() {
    let (send, receive) = chan::<&str>(0);
    let other = send.clone();
    go_lib::go!(move || send.send("the first"));
    go_lib::go!(move || other.send("the last"));
    println!("{}", receive.recv().unwrap());
    std::process::exit(0);
}
