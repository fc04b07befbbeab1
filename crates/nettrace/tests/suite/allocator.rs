//! An allocator that counts, to show where nothing is allocated and how much is held at most.
#![allow(dead_code, reason = "each of the binaries that include this uses a part of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts this thread's allocations, so that tests running at the same time do not disturb each other.
struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// Bytes allocated and not freed; negative where a thread frees what another allocated.
    static HELD: Cell<i64> = const { Cell::new(0) };
    static MOST_HELD: Cell<i64> = const { Cell::new(0) };
}

fn allocated(bytes: usize) {
    COUNT.set(COUNT.get() + 1);
    let held = HELD.get() + bytes as i64;
    HELD.set(held);
    MOST_HELD.set(MOST_HELD.get().max(held));
}

fn freed(bytes: usize) {
    HELD.set(HELD.get() - bytes as i64);
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; this one only passes on")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`; the pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Old and new may exist side by side for a moment.
        allocated(size);
        freed(layout.size());
        // SAFETY: the caller keeps the contract of `realloc`; the pointer came from the system's allocator.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of this thread while `run` runs.
pub(crate) fn allocations(run: impl FnOnce()) -> u64 {
    let before = COUNT.get();
    run();
    COUNT.get() - before
}

/// Bytes that this thread holds at most while `run` runs, beyond what it held before.
pub(crate) fn most_held(run: impl FnOnce()) -> i64 {
    let before = HELD.get();
    MOST_HELD.set(before);
    run();
    MOST_HELD.get() - before
}

#[test]
fn counting_works() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(5)))), 1);
    assert_eq!(allocations(|| ()), 0);
    let held = most_held(|| {
        drop(std::hint::black_box(vec![1u8; 500]));
        drop(std::hint::black_box(vec![1u8; 1000]));
    });
    assert_eq!((held, most_held(|| ())), (1000, 0));
}
