//! corosensei: a body that changes the control words changes its resumer's.
mod words;
use corosensei::{Coroutine, CoroutineResult};

fn main() {
    let mut coroutine = Coroutine::new(|yielder, ()| {
        words::change();
        yielder.suspend(());
    });
    let before = words::look();
    assert!(matches!(coroutine.resume(()), CoroutineResult::Yield(())));
    words::tell(before);
    std::process::exit(0);
}
