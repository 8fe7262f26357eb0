//! go-lib: a goroutine that changes the control words changes those of another.
use std::arch::asm;

/// MXCSR without its sticky flags, and the x87 control word.
fn look() -> (u32, u16) {
    let (mut mxcsr, mut x87) = (0u32, 0u16);
    unsafe { asm!("stmxcsr [{}]", "fnstcw [{}]", in(reg) &mut mxcsr, in(reg) &mut x87) };
    (mxcsr & 0xFFC0, x87)
}

#[go_lib::main]
fn main() {
    let before = look();
    go_lib::go!(|| {
        let (mxcsr, x87) = (0x3F80u32, 0x077Fu16);
        unsafe { asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &mxcsr, in(reg) &x87) };
        loop {
            go_lib::gosched();
        }
    });
    go_lib::gosched();
    go_lib::gosched();
    let after = look();
    let says = if before == after { "kept" } else { "lost" };
    println!("expected mxcsr {:x}, x87 {:x}; found mxcsr {:x}, x87 {:x}: {says}", before.0, before.1, after.0, after.1);
    std::process::exit(0);
}
