//! corosensei: a coroutine on a stack of its own with a guard, which it makes itself.
use crate::{subject, Body, Functions, Subject, BACKTRACE, DESTROYS, GUARD, NESTS, OWN_STACK, RETURNS};
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::ffi::{c_int, c_void};

struct Ctx {
    coroutine: Coroutine<(), (), ()>,
    yielder: *const Yielder<(), ()>,
}

extern "C" fn create(_memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut c_void {
    if size > isize::MAX as usize / 2 {
        return std::ptr::null_mut();
    }
    let Ok(stack) = DefaultStack::new(size) else {
        return std::ptr::null_mut();
    };
    let ctx = Box::into_raw(Box::<std::mem::MaybeUninit<Ctx>>::new_uninit()) as *mut Ctx;
    let (at, given) = (ctx as usize, arg as usize);
    let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
        unsafe { (*(at as *mut Ctx)).yielder = yielder };
        body(given as *mut c_void);
    });
    unsafe { ctx.write(Ctx { coroutine, yielder: std::ptr::null() }) };
    ctx as *mut c_void
}

extern "C-unwind" fn resume(ctx: *mut c_void) -> c_int {
    match unsafe { (*(ctx as *mut Ctx)).coroutine.resume(()) } {
        CoroutineResult::Yield(()) => 1,
        CoroutineResult::Return(()) => 0,
    }
}

extern "C-unwind" fn yields(ctx: *mut c_void) {
    unsafe { (*(*(ctx as *mut Ctx)).yielder).suspend(()) };
}

extern "C-unwind" fn destroy(ctx: *mut c_void) {
    let mut ctx = unsafe { Box::from_raw(ctx as *mut Ctx) };
    // The kit's body has nothing to drop.
    unsafe { ctx.coroutine.force_reset() };
}

pub static SUBJECT: Subject = subject(
    c"corosensei",
    c"0.3.4",
    OWN_STACK | GUARD | NESTS | RETURNS | DESTROYS | BACKTRACE,
    Functions { create, resume, yields, destroy },
);
