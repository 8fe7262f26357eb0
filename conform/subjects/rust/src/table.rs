//! conform_subject of conform.h, as an adapter in Rust gives it.
use std::ffi::{c_char, c_int, c_void, CStr};

/// A body may unwind: some crates end a suspended context so.
pub type Body = extern "C-unwind" fn(*mut c_void);

/// conform_raw of conform.h: the library's own function, and its arguments.
#[repr(C)]
pub struct Raw {
    pub function: *const c_void,
    pub args: [u64; 4],
}

/// Fills in how a context is resumed, or yields, without the adapter in between.
pub type RawOf = extern "C" fn(*mut c_void, *mut Raw) -> c_int;

/// conform_subject of conform.h. A context is what the adapter makes of it.
#[repr(C)]
pub struct Subject {
    abi: u32,
    size: u32,
    name: *const c_char,
    version: *const c_char,
    claims: u64,
    stack_min: usize,
    stack_align: usize,
    thread_enter: Option<extern "C" fn() -> c_int>,
    thread_leave: Option<extern "C" fn()>,
    create: extern "C" fn(*mut c_void, usize, Body, *mut c_void) -> *mut c_void,
    resume: extern "C-unwind" fn(*mut c_void) -> c_int,
    yields: extern "C-unwind" fn(*mut c_void),
    destroy: extern "C-unwind" fn(*mut c_void),
    raw_resume: Option<RawOf>,
    raw_yield: Option<RawOf>,
}

// What the table points at is never written.
unsafe impl Sync for Subject {}

/// The four functions of an adapter.
pub struct Functions {
    pub create: extern "C" fn(*mut c_void, usize, Body, *mut c_void) -> *mut c_void,
    pub resume: extern "C-unwind" fn(*mut c_void) -> c_int,
    pub yields: extern "C-unwind" fn(*mut c_void),
    pub destroy: extern "C-unwind" fn(*mut c_void),
}

/// A subject whose contexts any size of stack from 16 KiB serves.
pub const fn subject(name: &'static CStr, version: &'static CStr, claims: u64, functions: Functions) -> Subject {
    Subject {
        abi: 1,
        size: std::mem::size_of::<Subject>() as u32,
        name: name.as_ptr(),
        version: version.as_ptr(),
        claims,
        stack_min: 16384,
        stack_align: 0,
        thread_enter: None,
        thread_leave: None,
        create: functions.create,
        resume: functions.resume,
        yields: functions.yields,
        destroy: functions.destroy,
        raw_resume: None,
        raw_yield: None,
    }
}

/// The same with the library's own functions, which the kit calls with every register filled.
#[allow(dead_code)]
pub const fn with_raw(subject: Subject, raw_resume: RawOf, raw_yield: RawOf) -> Subject {
    Subject { raw_resume: Some(raw_resume), raw_yield: Some(raw_yield), ..subject }
}

#[allow(dead_code)]
pub const OWN_STACK: u64 = 1 << 3;
#[allow(dead_code)]
pub const GUARD: u64 = 1 << 4;
#[allow(dead_code)]
pub const MIGRATES: u64 = 1 << 5;
pub const NESTS: u64 = 1 << 6;
pub const RETURNS: u64 = 1 << 7;
#[allow(dead_code)]
pub const DESTROYS: u64 = 1 << 8;
#[allow(dead_code)]
pub const BACKTRACE: u64 = 1 << 9;
