//! The auxiliary vector: what the kernel tells a program about itself and the system at start.

use core::sync::atomic::{AtomicPtr, Ordering};

use linux_raw_sys::auxvec::{AT_NULL, AT_PAGESZ, AT_SECURE};

/// An entry of the auxiliary vector.
#[repr(C)]
pub struct Entry {
    kind: usize,
    value: usize,
}

static VECTOR: AtomicPtr<Entry> = AtomicPtr::new(core::ptr::null_mut());

/// The auxiliary vector lies behind the null that ends the environment.
///
/// # Safety
/// `environment` is the environment on the initial stack.
pub unsafe fn find(mut environment: *const usize) -> *const Entry {
    // SAFETY: the environment ends with a null.
    unsafe {
        while *environment != 0 {
            environment = environment.add(1);
        }
        environment.add(1).cast()
    }
}

/// The value of the entry of this kind in `vector`.
///
/// # Safety
/// `vector` is an auxiliary vector.
pub unsafe fn value_in(mut vector: *const Entry, kind: u32) -> Option<usize> {
    // SAFETY: the vector ends with AT_NULL.
    unsafe {
        while (*vector).kind != AT_NULL as usize {
            if (*vector).kind == kind as usize {
                return Some((*vector).value);
            }
            vector = vector.add(1);
        }
    }
    None
}

/// Keeps the auxiliary vector for later, and makes it known to rustix, which finds the clock functions of the vDSO by it.
///
/// # Safety
/// As for [`find`].
pub unsafe fn init(environment: *const usize) {
    // SAFETY: the caller's promise is the one these functions ask for.
    unsafe {
        VECTOR.store(find(environment).cast_mut(), Ordering::Relaxed);
        rustix::param::init(environment.cast_mut().cast());
    }
}

/// The value of the entry of this kind. In line it would be half of what calls it.
#[inline(never)]
pub fn value(kind: u32) -> Option<usize> {
    let vector = VECTOR.load(Ordering::Relaxed);
    if vector.is_null() {
        return None;
    }
    // SAFETY: `init` stored the vector of the initial stack, which stays.
    unsafe { value_in(vector, kind) }
}

/// Size of a page of memory.
pub fn page_size() -> usize {
    value(AT_PAGESZ).unwrap_or(4096)
}

/// Rounds up to whole pages; `None` when that is more than there are addresses.
pub fn page_aligned(len: usize) -> Option<usize> {
    // A page is a power of two, which saves a division.
    let page = page_size();
    Some(len.checked_add(page - 1)? & page.wrapping_neg())
}

/// The executable has more rights than whoever started it (set-user-ID and the like), so its environment is not to be trusted.
pub fn is_privileged() -> bool {
    value(AT_SECURE).unwrap_or(0) != 0
}
