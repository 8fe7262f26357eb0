//! Takes go-lib's switch out of its sources, as they are: `mcall_asm`, `gogo_asm` and the record they work on are the crate's
//! own, which it shows to nobody.
use std::{env, fs, path::PathBuf, process::Command};

/// Where cargo has unpacked the crate.
fn sources() -> PathBuf {
    let args = ["metadata", "--format-version", "1", "--locked", "--offline"];
    let ran = Command::new(env::var("CARGO").unwrap()).args(args).output().unwrap();
    let metadata = String::from_utf8(ran.stdout).unwrap();
    let manifests = metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let of_go_lib = |path: &&str| path.contains("/go-lib-") && !path.contains("/go-lib-macros-");
    let manifest = manifests.into_iter().find(of_go_lib).expect("cargo metadata has no go-lib");
    PathBuf::from(manifest).parent().unwrap().join("src/runtime")
}

/// An item of a file: from `begins` to a closing brace at the line's beginning.
fn item(text: &str, begins: &str) -> String {
    let from = text.find(begins).unwrap_or_else(|| panic!("go-lib has no {begins}"));
    let length = text[from..].find("\n}\n").expect("it has no end") + 3;
    text[from..from + length].to_string()
}

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let runtime = sources();
    let asm = fs::read_to_string(runtime.join("asm_amd64.rs")).unwrap();
    let g = fs::read_to_string(runtime.join("g.rs")).unwrap();
    let unix = "#[cfg(not(windows))]\n#[unsafe(naked)]\npub(crate) unsafe extern \"C\" fn ";
    let slots = "#[cfg(all(target_arch = \"x86_64\", not(windows)))]\npub(crate) const CALLEE_SAVED_GPR_COUNT: usize = 5;\n";
    assert!(g.contains(slots), "go-lib saves another number of registers");
    let offsets: String = g.lines().filter(|line| line.starts_with("pub(crate) const GOBUF_")).map(|line| format!("{line}\n")).collect();
    let parts = [
        slots.to_string(),
        offsets,
        item(&g, "#[repr(C)]\npub(crate) struct Gobuf {"),
        item(&asm, &format!("{unix}gogo_asm(")),
        item(&asm, &format!("{unix}mcall_asm(")),
    ];
    fs::write(PathBuf::from(env::var("OUT_DIR").unwrap()).join("switch.rs"), parts.join("\n")).unwrap();
}
