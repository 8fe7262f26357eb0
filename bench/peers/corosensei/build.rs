//! Tells the program which corosensei it was built with: Cargo.lock says so.
fn main() {
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let mut lines = lock.lines().skip_while(|line| *line != "name = \"corosensei\"");
    let version = lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("unknown");
    println!("cargo:rustc-env=COROSENSEI_VERSION={version}");
    println!("cargo:rerun-if-changed=Cargo.lock");
}
