//! corosensei as a subject: a coroutine on a stack of its own with a guard, which it makes itself.
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::ffi::{c_char, c_int, c_uint, c_void};

type Body = extern "C-unwind" fn(*mut c_void);

struct Ctx {
    coroutine: Coroutine<(), (), ()>,
    yielder: *const Yielder<(), ()>,
}

/// conform_subject of conform.h.
#[repr(C)]
struct Subject {
    abi: u32,
    size: u32,
    name: *const c_char,
    version: *const c_char,
    claims: u64,
    stack_min: usize,
    stack_align: usize,
    thread_enter: Option<extern "C" fn() -> c_int>,
    thread_leave: Option<extern "C" fn()>,
    create: extern "C" fn(*mut c_void, usize, Body, *mut c_void) -> *mut Ctx,
    resume: extern "C-unwind" fn(*mut Ctx) -> c_int,
    yields: extern "C-unwind" fn(*mut Ctx),
    destroy: extern "C-unwind" fn(*mut Ctx),
    raw_resume: Option<extern "C" fn()>,
    raw_yield: Option<extern "C" fn()>,
}

// What the table points at is never written.
unsafe impl Sync for Subject {}

extern "C" fn create(_memory: *mut c_void, size: usize, body: Body, arg: *mut c_void) -> *mut Ctx {
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
    ctx
}

extern "C-unwind" fn resume(ctx: *mut Ctx) -> c_int {
    match unsafe { (*ctx).coroutine.resume(()) } {
        CoroutineResult::Yield(()) => 1,
        CoroutineResult::Return(()) => 0,
    }
}

extern "C-unwind" fn yields(ctx: *mut Ctx) {
    unsafe { (*(*ctx).yielder).suspend(()) };
}

extern "C-unwind" fn destroy(ctx: *mut Ctx) {
    let mut ctx = unsafe { Box::from_raw(ctx as *mut Ctx) };
    // The kit's body has nothing to drop.
    unsafe { ctx.coroutine.force_reset() };
}

const NESTS: u64 = 1 << 6;
const RETURNS: u64 = 1 << 7;
const DESTROYS: u64 = 1 << 8;
const BACKTRACE: u64 = 1 << 9;
const OWN_STACK: u64 = 1 << 3;
const GUARD: u64 = 1 << 4;

static SUBJECT: Subject = Subject {
    abi: 1,
    size: std::mem::size_of::<Subject>() as u32,
    name: c"corosensei".as_ptr(),
    version: c"0.3.4".as_ptr(),
    claims: OWN_STACK | GUARD | NESTS | RETURNS | DESTROYS | BACKTRACE,
    stack_min: 4096,
    stack_align: 0,
    thread_enter: None,
    thread_leave: None,
    create,
    resume,
    yields,
    destroy,
    raw_resume: None,
    raw_yield: None,
};

#[no_mangle]
extern "C" fn conform_subject_at(k: c_uint) -> *const Subject {
    if k == 0 { &SUBJECT } else { std::ptr::null() }
}
