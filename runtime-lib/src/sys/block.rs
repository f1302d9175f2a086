//! Sixteen bytes of memory in a register, the widest that every processor of an architecture has.

#[cfg(target_arch = "x86_64")]
mod register {
    use core::arch::asm;
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8, _mm_storeu_si128,
    };

    /// The register.
    pub type Register = __m128i;

    /// Loads a block, of any alignment.
    ///
    /// # Safety
    /// Sixteen bytes at `from` are readable.
    #[inline(always)]
    pub unsafe fn load(from: *const u8) -> Register {
        // SAFETY: the caller's promise.
        unsafe { _mm_loadu_si128(from.cast()) }
    }

    /// Stores a block, of any alignment.
    ///
    /// # Safety
    /// Sixteen bytes at `to` are writable.
    #[inline(always)]
    pub unsafe fn store(register: Register, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_si128(to.cast(), register) }
    }

    /// A block of equal bytes.
    #[inline(always)]
    pub fn splat(byte: u8) -> Register {
        // SAFETY: SSE2 is part of the architecture.
        unsafe { _mm_set1_epi8(byte as i8) }
    }

    /// Whether two blocks are the same.
    #[inline(always)]
    pub fn equal(a: Register, b: Register) -> bool {
        // SAFETY: SSE2 is part of the architecture.
        unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) == 0xffff }
    }

    /// From this length on the string instructions are faster than a loop over blocks.
    const LONG: usize = 4096;

    /// Copies in the way this processor does it best, if `len` is worth it; otherwise returns false.
    ///
    /// # Safety
    /// `len` bytes at `to` are writable and `len` bytes at `from` readable; they do not overlap.
    #[inline(always)]
    pub unsafe fn copy_long(to: *mut u8, from: *const u8, len: usize) -> bool {
        if len < LONG {
            return false;
        }
        // SAFETY: the caller's promise; the direction flag is clear, as the ABI asks.
        unsafe {
            asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _, options(nostack, preserves_flags));
        }
        true
    }

    /// Sets bytes in the way this processor does it best, if `len` is worth it; otherwise returns false.
    ///
    /// # Safety
    /// `len` bytes at `to` are writable.
    #[inline(always)]
    pub unsafe fn set_long(to: *mut u8, byte: u8, len: usize) -> bool {
        if len < LONG {
            return false;
        }
        // SAFETY: the caller's promise; the direction flag is clear, as the ABI asks.
        unsafe {
            asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte, options(nostack, preserves_flags));
        }
        true
    }
}

#[cfg(target_arch = "aarch64")]
mod register {
    use core::arch::aarch64::{uint8x16_t, vceqq_u8, vdupq_n_u8, vld1q_u8, vminvq_u8, vst1q_u8};

    /// The register.
    pub type Register = uint8x16_t;

    /// Loads a block, of any alignment.
    ///
    /// # Safety
    /// Sixteen bytes at `from` are readable.
    #[inline(always)]
    pub unsafe fn load(from: *const u8) -> Register {
        // SAFETY: the caller's promise.
        unsafe { vld1q_u8(from) }
    }

    /// Stores a block, of any alignment.
    ///
    /// # Safety
    /// Sixteen bytes at `to` are writable.
    #[inline(always)]
    pub unsafe fn store(register: Register, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_u8(to, register) }
    }

    /// A block of equal bytes.
    #[inline(always)]
    pub fn splat(byte: u8) -> Register {
        // SAFETY: NEON is part of the architecture.
        unsafe { vdupq_n_u8(byte) }
    }

    /// Whether two blocks are the same.
    #[inline(always)]
    pub fn equal(a: Register, b: Register) -> bool {
        // SAFETY: NEON is part of the architecture.
        unsafe { vminvq_u8(vceqq_u8(a, b)) == 0xff }
    }

    /// No instruction of the baseline copies better than a loop over blocks.
    ///
    /// # Safety
    /// None to keep: nothing is copied.
    pub unsafe fn copy_long(_to: *mut u8, _from: *const u8, _len: usize) -> bool {
        false
    }

    /// No instruction of the baseline fills better than a loop over blocks.
    ///
    /// # Safety
    /// None to keep: nothing is set.
    pub unsafe fn set_long(_to: *mut u8, _byte: u8, _len: usize) -> bool {
        false
    }
}

pub use register::{Register as Block, copy_long, equal, load, set_long, splat, store};
