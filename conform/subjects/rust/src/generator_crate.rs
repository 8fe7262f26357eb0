//! generator: a generator on a stack of its own, which it makes itself.
use crate::{subject, Body, Functions, Subject, DESTROYS, GUARD, NESTS, OWN_STACK, RETURNS};
use generator::{Generator, Gn};
use std::ffi::{c_int, c_void};

struct Ctx {
    generator: Generator<'static, (), ()>,
}

extern "C" fn create(_memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut c_void {
    if size > 1 << 40 {
        return std::ptr::null_mut();
    }
    let given = arg as usize;
    // it takes the size in words
    let generator = Gn::<()>::new_opt(size.div_ceil(8), move || body(given as *mut c_void));
    Box::into_raw(Box::new(Ctx { generator })) as *mut c_void
}

extern "C-unwind" fn resume(ctx: *mut c_void) -> c_int {
    let ctx = unsafe { &mut *(ctx as *mut Ctx) };
    ctx.generator.resume();
    !ctx.generator.is_done() as c_int
}

#[allow(deprecated)] // the scope that it is deprecated for cannot leave its closure
extern "C-unwind" fn yields(_ctx: *mut c_void) {
    generator::yield_with(());
}

extern "C-unwind" fn destroy(ctx: *mut c_void) {
    drop(unsafe { Box::from_raw(ctx as *mut Ctx) });
}

pub static SUBJECT: Subject = subject(
    c"generator",
    c"0.8.12",
    OWN_STACK | GUARD | NESTS | RETURNS | DESTROYS,
    Functions { create, resume, yields, destroy },
);
