//! The only place where a guest address becomes a host pointer. Everything is checked against the memory's size at the time of
//! the call; a memory neither shrinks nor moves while a host function runs, so a checked range stays good until it returns.
//!
//! Guest memory is never borrowed as a slice: ranges may overlap, and other threads may write to a shared memory. Bytes are
//! copied once, then looked at. Guest addresses need no alignment.

use core::sync::atomic::{Ordering, compiler_fence};

use abi::layout::Memory;

use crate::memory::length;
use crate::wasi::types::{Errno, Result};

/// An address in guest memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct GuestPtr(pub u32);

/// A memory, as it is during one host function.
#[derive(Clone, Copy)]
pub struct Guest {
    base: *mut u8,
    byte_length: u64,
}

impl Guest {
    /// The memory of a host function's caller; null for a caller without memory.
    ///
    /// # Safety
    /// `memory` is null or an instantiated memory.
    pub unsafe fn new(memory: *const Memory) -> Guest {
        if memory.is_null() {
            return Guest { base: core::ptr::null_mut(), byte_length: 0 };
        }
        // SAFETY: the caller's promise. Another thread may be growing a shared memory: any value read is a size it had.
        unsafe { Guest { base: (*memory).base, byte_length: length(memory).load(Ordering::Acquire) } }
    }

    /// Checks `len` bytes at `address`. Nothing is accessed through an empty range, so it may lie anywhere.
    pub fn range(&self, address: GuestPtr, len: u32) -> Result<GuestRange> {
        let end = u64::from(address.0) + u64::from(len);
        if end > self.byte_length && len != 0 {
            return Err(Errno::Fault);
        }
        Ok(GuestRange { start: self.base.wrapping_add(address.0 as usize), len: len as usize })
    }

    /// Checks an array of `count` elements of `size` bytes.
    pub fn array(&self, address: GuestPtr, count: u32, size: u32) -> Result<GuestRange> {
        let len = u64::from(count) * u64::from(size);
        self.range(address, u32::try_from(len).map_err(|_| Errno::Fault)?)
    }
}

/// Bytes of guest memory that have been checked to exist.
#[derive(Clone, Copy)]
pub struct GuestRange {
    start: *mut u8,
    len: usize,
}

impl GuestRange {
    /// Address of the first byte, for the kernel. Not to be dereferenced when `len` is 0.
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// Number of bytes.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Copies the whole range to the start of `bytes`, which must not be shorter.
    pub fn read_into(&self, bytes: &mut [u8]) -> Result<()> {
        if bytes.len() < self.len {
            return Err(Errno::Overflow);
        }
        if self.len != 0 {
            // SAFETY: both sides have `len` bytes; the destination is the runtime's own, so they do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(self.start, bytes.as_mut_ptr(), self.len) };
        }
        // What was checked is what is used: the compiler must not read again in place of the copy.
        compiler_fence(Ordering::SeqCst);
        Ok(())
    }

    /// The `N` bytes at `offset`.
    pub fn read<const N: usize>(&self, offset: usize) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.part(offset, N)?.read_into(&mut bytes)?;
        Ok(bytes)
    }

    /// Copies `bytes` to `offset`.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<()> {
        let place = self.part(offset, bytes.len())?;
        if place.len != 0 {
            // SAFETY: both sides have `len` bytes; the source is the runtime's own, so they do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), place.start, place.len) };
        }
        Ok(())
    }

    /// `len` bytes at `offset`.
    pub fn part(&self, offset: usize, len: usize) -> Result<GuestRange> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(GuestRange { start: self.start.wrapping_add(offset), len }),
            _ => Err(Errno::Fault),
        }
    }
}
