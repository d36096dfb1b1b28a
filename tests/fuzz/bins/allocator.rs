//! The limit of one piece of memory. libFuzzer has one of its own (`-malloc_limit_mb`), but it
//! works with a sanitizer only; the limit of all memory (`-rss_limit_mb`) sees only what was
//! touched.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;

/// The largest piece, in bytes: far above what one input can honestly need.
const PIECE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The system's allocator with that limit: beyond it, the process ends.
pub struct Limited;

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        check(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        check(size);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(piece, layout, size) }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(piece, layout) }
    }
}

fn check(size: usize) {
    if size > PIECE_BYTES_MAX {
        // Nothing may be allocated here; whether it can be written does not matter.
        let _ = std::io::stderr().write_all(b"one piece of memory of more than 256 MiB\n");
        std::process::abort();
    }
}
