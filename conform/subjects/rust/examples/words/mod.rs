//! The control words of the floating-point units, which a callee preserves (psABI 3.2.1).
use std::arch::asm;

/// MXCSR, without the sticky flags, and the x87 control word.
#[derive(PartialEq, Clone, Copy)]
pub struct Words(u32, u16);

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mxcsr {:x}, x87 {:x}", self.0, self.1)
    }
}

/// What is in force.
pub fn look() -> Words {
    let (mut mxcsr, mut x87) = (0u32, 0u16);
    unsafe { asm!("stmxcsr [{}]", "fnstcw [{}]", in(reg) &mut mxcsr, in(reg) &mut x87) };
    Words(mxcsr & 0xFFC0, x87)
}

/// Rounds downwards, in both units; what is in force then.
pub fn change() -> Words {
    let (mxcsr, x87) = (0x3F80u32, 0x077Fu16);
    unsafe { asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &mxcsr, in(reg) &x87) };
    look()
}

/// Of a call that comes back: what its caller had before it, and what it finds.
pub fn tell(before: Words) {
    let after = look();
    println!("expected {before}; found {after}: {}", if before == after { "kept" } else { "lost" });
}
