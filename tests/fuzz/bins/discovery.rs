//! See `ackd_fuzz::discovery`.
#![no_main]

mod allocator;

use ackd_fuzz::discovery::TARGET;

#[global_allocator]
static ALLOCATOR: allocator::Limited = allocator::Limited;

libfuzzer_sys::fuzz_target!(init: TARGET.abort_on_panics(), |input: &[u8]| (TARGET.run)(input));
