//! Address space: reserving, giving access, moving.

use core::ffi::c_void;

use rustix::io::Errno;
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mprotect, mremap, mremap_fixed,
    munmap,
};

/// Why no address space could be reserved at an address.
pub enum ReserveError {
    /// Something else is there, or nothing may be.
    Taken,
    /// The process may not have that much.
    TooMuch,
}

const READ_WRITE: MprotectFlags = MprotectFlags::READ.union(MprotectFlags::WRITE);

fn map(address: usize, len: usize, access: ProtFlags, flags: MapFlags) -> Result<*mut u8, Errno> {
    let address: *mut c_void = core::ptr::without_provenance_mut(address);
    // SAFETY: without MAP_FIXED a new mapping replaces none.
    unsafe { mmap_anonymous(address, len, access, flags.union(MapFlags::PRIVATE)) }.map(<*mut c_void>::cast)
}

/// Reserves `len` bytes of inaccessible address space, anywhere. They do not count as committed memory.
pub fn reserve(len: usize) -> Option<*mut u8> {
    map(0, len, ProtFlags::empty(), MapFlags::NORESERVE).ok()
}

/// Reserves `len` bytes of inaccessible address space at `address`.
pub fn reserve_at(address: usize, len: usize) -> Result<*mut u8, ReserveError> {
    let flags = MapFlags::NORESERVE.union(MapFlags::FIXED_NOREPLACE);
    match map(address, len, ProtFlags::empty(), flags) {
        Ok(start) if start as usize == address => Ok(start),
        // A kernel older than MAP_FIXED_NOREPLACE takes the address as a wish.
        Ok(start) => {
            // SAFETY: nobody knows of this mapping yet.
            unsafe { release(start, len) };
            Err(ReserveError::Taken)
        }
        Err(Errno::NOMEM) => Err(ReserveError::TooMuch),
        Err(_) => Err(ReserveError::Taken),
    }
}

/// Maps `len` bytes of zeroed memory. With `lazily` they do not count as committed memory until they are used.
pub fn allocate(len: usize, lazily: bool) -> Option<*mut u8> {
    let flags = if lazily { MapFlags::NORESERVE } else { MapFlags::empty() };
    map(0, len, ProtFlags::READ.union(ProtFlags::WRITE), flags).ok()
}

/// Makes reserved memory readable and writable, zeroed. Returns whether the system could.
///
/// # Safety
/// `start` and `len` are multiples of the page size, within a reservation of the caller's.
pub unsafe fn make_accessible(start: *mut u8, len: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { mprotect(start.cast(), len, READ_WRITE) }.is_ok()
}

/// Makes memory inaccessible. Returns whether the system could.
///
/// # Safety
/// `start` and `len` are multiples of the page size, within a mapping of the caller's that nobody uses there.
pub unsafe fn make_inaccessible(start: *mut u8, len: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { mprotect(start.cast(), len, MprotectFlags::empty()) }.is_ok()
}

/// Gives a mapping another size, and another address where need be.
///
/// # Safety
/// `len` bytes at `start` are one mapping of the caller's, and nobody keeps a pointer into it.
pub unsafe fn resize(start: *mut u8, len: usize, new_len: usize) -> Option<*mut u8> {
    // SAFETY: the caller's promise.
    unsafe { mremap(start.cast(), len, new_len, MremapFlags::MAYMOVE) }.ok().map(<*mut c_void>::cast)
}

/// Moves pages from one place to another, where they replace what is there. Returns whether the system could; if not, nothing
/// changed.
///
/// # Safety
/// All are multiples of the page size, both ranges belong to the caller and nobody uses either.
pub unsafe fn move_into_place(source: *mut u8, len: usize, target: *mut u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { mremap_fixed(source.cast(), len, len, MremapFlags::MAYMOVE, target.cast()) }.is_ok()
}

/// Gives memory back, whose contents become zero; it stays accessible.
///
/// # Safety
/// `start` and `len` are multiples of the page size, within a mapping of the caller's from [`reserve`] or [`allocate`], whose contents
/// nobody needs.
pub unsafe fn discard(start: *mut u8, len: usize) {
    // SAFETY: the caller's promise. A kernel that refuses keeps the memory, which is right as well.
    let _ = unsafe { madvise(start.cast(), len, Advice::LinuxDontNeed) };
}

/// Gives address space back.
///
/// # Safety
/// The range is a mapping of the caller's that nobody uses.
pub unsafe fn release(start: *mut u8, len: usize) {
    // SAFETY: the caller's promise. The call cannot fail for a whole mapping.
    let _ = unsafe { munmap(start.cast(), len) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_given_once() {
        const LEN: usize = 1 << 20;
        // Far from where the system puts programs, their heaps, libraries and stacks.
        const ADDRESS: usize = 0x1000_0000_0000;
        let reserved = reserve_at(ADDRESS, LEN);
        assert!(matches!(reserved, Ok(start) if start.addr() == ADDRESS));
        assert!(matches!(reserve_at(ADDRESS, LEN), Err(ReserveError::Taken)));
        // Half of it is still in the way.
        assert!(matches!(reserve_at(ADDRESS + LEN / 2, LEN), Err(ReserveError::Taken)));
    }

    #[test]
    fn no_more_than_there_are_addresses() {
        const LEN: usize = 1 << 47;
        assert!(reserve(LEN).is_none());
        assert!(matches!(reserve_at(1 << 30, LEN), Err(ReserveError::TooMuch)));
        assert!(allocate(LEN, true).is_none());
    }
}
