//! go-lib's switch under the kit: `mcall` leaves a goroutine for g0, whose function there continues another one with `gogo`.
//! Both sides of a switch are goroutines to it; g0 is a piece of stack between them, as the scheduler's is in go-lib.
#![cfg(all(target_arch = "x86_64", not(windows)))]
#[allow(dead_code, unused_doc_comments)]
mod switch {
    use super::G;
    include!(concat!(env!("OUT_DIR"), "/switch.rs"));
}
mod runtime {
    pub mod sched {
        /// What go-lib's mcall ends a thread with when the function on g0 returns, which none does here.
        pub extern "C" fn m_thread_exit() {
            std::process::abort()
        }
    }
}
#[path = "../../rust/src/table.rs"]
mod table;

use std::cell::Cell;
use std::ffi::{c_int, c_uint, c_void};
use std::mem::MaybeUninit;
use std::ptr::{addr_of_mut, null_mut};
use switch::{gogo_asm, mcall_asm, Gobuf};
use table::{subject, with_raw, Body, Functions, Raw, Subject, MIGRATES, NESTS, RETURNS};

/// Bytes of g0's stack.
const G0_SIZE: usize = 32768;

/// A goroutine, with the place where its resumer waits.
pub(crate) struct G {
    own: Gobuf,
    caller: Gobuf,
    g0: Gobuf,
    body: Body,
    arg: *mut c_void,
    done: bool,
    /// g0's where the kit calls mcall itself; else it lies in the frame of `resume`.
    stack: Box<[MaybeUninit<u8>]>,
}

thread_local! {
    /// The goroutine that runs: go-lib's CURRENT_G.
    static CURRENT: Cell<*mut G> = const { Cell::new(null_mut()) };
}

fn gobuf(sp: usize, pc: usize) -> Gobuf {
    Gobuf { sp, pc, g: null_mut(), ctxt: null_mut(), ret: 0, lr: 0, bp: 0, regs: [0; 5] }
}

/// On g0: the goroutine goes on.
unsafe extern "C" fn execute(g: *mut G) {
    CURRENT.set(g);
    gogo_asm(addr_of_mut!((*g).own))
}

/// On g0: its resumer goes on.
unsafe extern "C" fn leave(g: *mut G) {
    gogo_asm(addr_of_mut!((*g).caller))
}

/// A goroutine's first function, as goroutine_entry of go-lib.
unsafe extern "C" fn entry() {
    let g = CURRENT.get();
    ((*g).body)((*g).arg);
    (*g).done = true;
    mcall_asm(g, addr_of_mut!((*g).own), addr_of_mut!((*g).g0), leave);
    std::process::abort()
}

extern "C" fn create(memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut c_void {
    if size < 16384 {
        return null_mut();
    }
    let sp = ((memory as usize + size) & !15) - 8;
    unsafe { *(sp as *mut usize) = 0 };
    let stack = Box::new_uninit_slice(G0_SIZE);
    let own = gobuf(sp, entry as *const () as usize);
    Box::into_raw(Box::new(G { own, caller: gobuf(0, 0), g0: gobuf(0, 0), body, arg, done: false, stack })) as *mut c_void
}

unsafe fn on(g: *mut G, stack: usize) {
    (*g).g0.sp = (stack + G0_SIZE) & !15;
}

extern "C-unwind" fn resume(context: *mut c_void) -> c_int {
    let g = context as *mut G;
    let mut stack = MaybeUninit::<[u8; G0_SIZE]>::uninit();
    unsafe {
        on(g, stack.as_mut_ptr() as usize);
        mcall_asm(g, addr_of_mut!((*g).caller), addr_of_mut!((*g).g0), execute);
        !(*g).done as c_int
    }
}

extern "C-unwind" fn yields(context: *mut c_void) {
    let g = context as *mut G;
    unsafe { mcall_asm(g, addr_of_mut!((*g).own), addr_of_mut!((*g).g0), leave) }
}

extern "C-unwind" fn destroy(context: *mut c_void) {
    drop(unsafe { Box::from_raw(context as *mut G) });
}

unsafe fn raw(g: *mut G, raw: *mut Raw, save: *mut Gobuf, then: unsafe extern "C" fn(*mut G)) -> c_int {
    on(g, (*addr_of_mut!((*g).stack)).as_mut_ptr() as usize);
    let args = [g as u64, save as u64, addr_of_mut!((*g).g0) as u64, then as *const () as u64];
    *raw = Raw { function: mcall_asm as *const c_void, args };
    1
}

extern "C" fn raw_resume(context: *mut c_void, to: *mut Raw) -> c_int {
    let g = context as *mut G;
    unsafe { raw(g, to, addr_of_mut!((*g).caller), execute) }
}

extern "C" fn raw_yield(context: *mut c_void, to: *mut Raw) -> c_int {
    let g = context as *mut G;
    unsafe { raw(g, to, addr_of_mut!((*g).own), leave) }
}

static SUBJECT: Subject = with_raw(
    subject(c"go-lib mcall/gogo", c"0.6.3", MIGRATES | NESTS | RETURNS, Functions { create, resume, yields, destroy }),
    raw_resume,
    raw_yield,
);

#[no_mangle]
extern "C" fn conform_subject_at(k: c_uint) -> *const Subject {
    if k == 0 { &SUBJECT } else { std::ptr::null() }
}
