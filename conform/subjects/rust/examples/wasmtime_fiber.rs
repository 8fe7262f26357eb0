//! wasmtime-internal-fiber: a body that changes the control words changes its resumer's.
mod words;
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

fn main() {
    let stack = FiberStack::new(64 << 10, false).unwrap();
    let fiber = Fiber::new(stack, |(), suspend: &mut Suspend<(), (), ()>| {
        words::change();
        suspend.suspend(());
    })
    .unwrap();
    let before = words::look();
    assert!(fiber.resume(()).is_err());
    words::tell(before);
    std::process::exit(0);
}
