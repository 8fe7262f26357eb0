//! wasmtime-internal-fiber: a fiber on a stack of its own with a guard, which it makes itself.
use crate::{subject, Body, Functions, Subject, GUARD, NESTS, OWN_STACK, RETURNS};
use std::ffi::{c_int, c_void};
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

struct Ctx {
    fiber: Option<Fiber<'static, (), (), ()>>,
    suspend: *mut Suspend<(), (), ()>,
}

extern "C" fn create(_memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut c_void {
    if size > isize::MAX as usize / 2 {
        return std::ptr::null_mut();
    }
    let Ok(stack) = FiberStack::new(size, false) else {
        return std::ptr::null_mut();
    };
    let ctx = Box::into_raw(Box::new(Ctx { fiber: None, suspend: std::ptr::null_mut() }));
    let (at, given) = (ctx as usize, arg as usize);
    let made = Fiber::new(stack, move |(), suspend: &mut Suspend<(), (), ()>| {
        unsafe { (*(at as *mut Ctx)).suspend = suspend };
        body(given as *mut c_void);
    });
    match made {
        Ok(fiber) => unsafe { (*ctx).fiber = Some(fiber) },
        Err(_) => {
            drop(unsafe { Box::from_raw(ctx) });
            return std::ptr::null_mut();
        }
    }
    ctx as *mut c_void
}

extern "C-unwind" fn resume(ctx: *mut c_void) -> c_int {
    let fiber = unsafe { (*(ctx as *mut Ctx)).fiber.as_ref() };
    fiber.map_or(0, |fiber| fiber.resume(()).is_err() as c_int)
}

extern "C-unwind" fn yields(ctx: *mut c_void) {
    unsafe { (*(*(ctx as *mut Ctx)).suspend).suspend(()) };
}

extern "C-unwind" fn destroy(ctx: *mut c_void) {
    drop(unsafe { Box::from_raw(ctx as *mut Ctx) });
}

pub static SUBJECT: Subject = subject(
    c"wasmtime-internal-fiber",
    c"48.0.8",
    OWN_STACK | GUARD | NESTS | RETURNS,
    Functions { create, resume, yields, destroy },
);
