//! Crates as subjects, each in a module of its own: conform.h's table, and the list of them.
mod context_crate;
mod corosensei_crate;
mod generator_crate;
mod wasmtime_fiber;

use std::ffi::{c_char, c_int, c_uint, c_void, CStr};

/// A body may unwind: some crates end a suspended context so.
pub type Body = extern "C-unwind" fn(*mut c_void);

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
    raw_resume: Option<extern "C" fn()>,
    raw_yield: Option<extern "C" fn()>,
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

pub const OWN_STACK: u64 = 1 << 3;
pub const GUARD: u64 = 1 << 4;
pub const NESTS: u64 = 1 << 6;
pub const RETURNS: u64 = 1 << 7;
pub const DESTROYS: u64 = 1 << 8;
pub const BACKTRACE: u64 = 1 << 9;

#[no_mangle]
extern "C" fn conform_subject_at(k: c_uint) -> *const Subject {
    let subjects = [
        &corosensei_crate::SUBJECT,
        &generator_crate::SUBJECT,
        &context_crate::SUBJECT,
        &wasmtime_fiber::SUBJECT,
    ];
    subjects.get(k as usize).map_or(std::ptr::null(), |subject| *subject as *const Subject)
}
