//! Crates as subjects, each in a module of its own: conform.h's table, and the list of them.
mod context_crate;
mod corosensei_crate;
mod generator_crate;
mod table;
mod wasmtime_fiber;

use std::ffi::c_uint;
pub use table::*;

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
