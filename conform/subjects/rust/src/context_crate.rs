//! context: Boost.Context's assembly, 2016, as a crate; on the kit's stacks.
use crate::{subject, Body, Functions, Subject, DESTROYS, NESTS, RETURNS};
use context::stack::Stack;
use context::{Context, Transfer};
use std::ffi::{c_int, c_void};

struct Ctx {
    own: Option<Context>,
    caller: Option<Context>,
    body: Body,
    arg: *mut c_void,
    done: bool,
}

extern "C" fn start(transfer: Transfer) -> ! {
    let ctx = transfer.data as *mut Ctx;
    unsafe {
        (*ctx).caller = Some(transfer.context);
        ((*ctx).body)((*ctx).arg);
        (*ctx).done = true;
        (*ctx).caller.take().unwrap().resume(0);
    }
    std::process::abort()
}

extern "C" fn create(memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut c_void {
    let top = (memory as usize + size) as *mut c_void;
    let own = unsafe { Context::new(&Stack::new(top, memory), start) };
    Box::into_raw(Box::new(Ctx { own: Some(own), caller: None, body, arg, done: false })) as *mut c_void
}

extern "C-unwind" fn resume(at: *mut c_void) -> c_int {
    let ctx = at as *mut Ctx;
    unsafe {
        let transfer = (*ctx).own.take().unwrap().resume(at as usize);
        (*ctx).own = Some(transfer.context);
        !(*ctx).done as c_int
    }
}

extern "C-unwind" fn yields(at: *mut c_void) {
    let ctx = at as *mut Ctx;
    unsafe {
        let transfer = (*ctx).caller.take().unwrap().resume(0);
        (*ctx).caller = Some(transfer.context);
    }
}

extern "C-unwind" fn destroy(ctx: *mut c_void) {
    drop(unsafe { Box::from_raw(ctx as *mut Ctx) });
}

pub static SUBJECT: Subject = subject(
    c"context",
    c"3.0.0",
    NESTS | RETURNS | DESTROYS,
    Functions { create, resume, yields, destroy },
);
