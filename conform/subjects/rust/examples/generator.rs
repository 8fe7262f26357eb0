//! generator: a body that changes the control words changes its resumer's.
mod words;
use generator::{done, Gn};

fn main() {
    let mut generator = Gn::<()>::new_scoped(|mut scope| {
        words::change();
        scope.yield_with(());
        done!()
    });
    let before = words::look();
    generator.resume();
    words::tell(before);
    std::process::exit(0);
}
