//! `memmove` and its kin: what `memory.copy` and `memory.fill` run through, and what the Rust compiler calls by itself.
//!
//! Short lengths are covered by two, four or eight accesses that may overlap. Everything is loaded before anything is stored,
//! so the direction does not matter.

use crate::sys::block::{self, Block};

const BLOCK: usize = size_of::<Block>();

const PAIR: usize = 2 * BLOCK;
/// Bytes that one round of a loop moves.
const ROUND: usize = 2 * PAIR;
const TWO_ROUNDS: usize = 2 * ROUND;

/// Copies `len` bytes; the ranges may overlap.
///
/// # Safety
/// `len` bytes at `to` are writable and `len` bytes at `from` readable.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise; each arm stays within the length it is chosen for.
    unsafe {
        match len {
            ..BLOCK => copy_short(to, from, len),
            BLOCK..PAIR => {
                let (start, end) = (block::load(from), block::load(from.add(len - BLOCK)));
                block::store(start, to);
                block::store(end, to.add(len - BLOCK));
            }
            PAIR..ROUND => {
                let (start, end) = (Pair::load(from), Pair::load(from.add(len - PAIR)));
                start.store(to);
                end.store(to.add(len - PAIR));
            }
            ROUND..TWO_ROUNDS => {
                let (start, end) = (Round::load(from), Round::load(from.add(len - ROUND)));
                start.store(to);
                end.store(to.add(len - ROUND));
            }
            // Forward is right unless the target begins inside the source.
            _ if (to as usize).wrapping_sub(from as usize) >= len => copy_forward(to, from, len),
            _ => copy_backward(to, from, len),
        }
    }
    to
}

/// Copies `len` bytes; `memmove`, as the difference would not pay for a second one.
///
/// # Safety
/// As for [`memmove`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { memmove(to, from, len) }
}

/// # Safety
/// As for [`memmove`]; `len` is less than a block.
#[inline(always)]
unsafe fn copy_short(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise; both accesses of an arm lie within `len`.
    unsafe {
        match len {
            8.. => copy_two::<u64>(to, from, len),
            4.. => copy_two::<u32>(to, from, len),
            2.. => copy_two::<u16>(to, from, len),
            1 => *to = *from,
            0 => {}
        }
    }
}

/// Copies the first and the last `T` of a range.
///
/// # Safety
/// As for [`memmove`]; `len` is at least the size of a `T`.
#[inline(always)]
unsafe fn copy_two<T: Copy>(to: *mut u8, from: *const u8, len: usize) {
    let last = len - size_of::<T>();
    // SAFETY: the caller's promise.
    unsafe {
        let start = from.cast::<T>().read_unaligned();
        let end = from.add(last).cast::<T>().read_unaligned();
        to.cast::<T>().write_unaligned(start);
        to.add(last).cast::<T>().write_unaligned(end);
    }
}

/// Two blocks.
#[derive(Clone, Copy)]
struct Pair(Block, Block);

impl Pair {
    /// # Safety
    /// Two blocks at `from` are readable.
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Pair {
        // SAFETY: the caller's promise.
        unsafe { Pair(block::load(from), block::load(from.add(BLOCK))) }
    }

    /// # Safety
    /// Two blocks at `to` are writable.
    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            block::store(self.0, to);
            block::store(self.1, to.add(BLOCK));
        }
    }
}

/// Four blocks. No loop over blocks, as none is unrolled in code that is optimised for size.
#[derive(Clone, Copy)]
struct Round(Pair, Pair);

impl Round {
    /// # Safety
    /// Four blocks at `from` are readable.
    #[inline(always)]
    unsafe fn load(from: *const u8) -> Round {
        // SAFETY: the caller's promise.
        unsafe { Round(Pair::load(from), Pair::load(from.add(PAIR))) }
    }

    /// # Safety
    /// Four blocks at `to` are writable.
    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe {
            self.0.store(to);
            self.1.store(to.add(PAIR));
        }
    }
}

/// # Safety
/// As for [`memmove`]; `len` is at least a round, and `to` is not inside the source, but for its start.
unsafe fn copy_forward(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise; `at` stays below `len - ROUND` in the loop.
    unsafe {
        let disjoint = (from as usize).wrapping_sub(to as usize) >= len;
        if disjoint && block::copy_long(to, from, len) {
            return;
        }
        let head = block::load(from);
        let tail = Round::load(from.add(len - ROUND));
        // Stores are aligned from here on.
        let mut at = BLOCK - (to as usize & (BLOCK - 1));
        while at < len - ROUND {
            Round::load(from.add(at)).store(to.add(at));
            at += ROUND;
        }
        tail.store(to.add(len - ROUND));
        block::store(head, to);
    }
}

/// # Safety
/// As for [`memmove`]; `len` is at least a round, and `to` is inside the source.
unsafe fn copy_backward(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the caller's promise; `end` stays above `ROUND` in the loop.
    unsafe {
        let head = Round::load(from);
        let tail = block::load(from.add(len - BLOCK));
        let mut end = len - (to.add(len) as usize & (BLOCK - 1));
        while end > ROUND {
            end -= ROUND;
            Round::load(from.add(end)).store(to.add(end));
        }
        block::store(tail, to.add(len - BLOCK));
        head.store(to);
    }
}

/// Sets `len` bytes to the low byte of `value`.
///
/// # Safety
/// `len` bytes at `to` are writable.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise; each arm stays within the length it is chosen for.
    unsafe {
        let word = (value as u8 as u64).wrapping_mul(0x0101_0101_0101_0101);
        let register = block::splat(value as u8);
        let pair = Pair(register, register);
        let round = Round(pair, pair);
        match len {
            0 => {}
            1 => *to = value as u8,
            2..4 => set_two(to, word as u16, len),
            4..8 => set_two(to, word as u32, len),
            8..BLOCK => set_two(to, word, len),
            BLOCK..PAIR => {
                block::store(register, to);
                block::store(register, to.add(len - BLOCK));
            }
            PAIR..ROUND => {
                pair.store(to);
                pair.store(to.add(len - PAIR));
            }
            ROUND..TWO_ROUNDS => {
                round.store(to);
                round.store(to.add(len - ROUND));
            }
            _ if block::set_long(to, value as u8, len) => {}
            _ => set_forward(to, round, len),
        }
    }
    to
}

/// # Safety
/// As for [`memset`]; `len` is at least a round.
unsafe fn set_forward(to: *mut u8, round: Round, len: usize) {
    // SAFETY: the caller's promise; `at` stays below `len - ROUND` in the loop.
    unsafe {
        round.store(to);
        let mut at = BLOCK - (to as usize & (BLOCK - 1));
        while at < len - ROUND {
            round.store(to.add(at));
            at += ROUND;
        }
        round.store(to.add(len - ROUND));
    }
}

/// # Safety
/// As for [`memset`]; `len` is at least the size of a `T`.
#[inline(always)]
unsafe fn set_two<T: Copy>(to: *mut u8, value: T, len: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        to.cast::<T>().write_unaligned(value);
        to.add(len - size_of::<T>()).cast::<T>().write_unaligned(value);
    }
}

/// Compares bytes as unsigned numbers: the sign of the first difference.
///
/// # Safety
/// `len` bytes at `a` and at `b` are readable.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    let mut at = 0;
    // SAFETY: the caller's promise; all accesses are below `len`.
    unsafe {
        while len - at >= BLOCK && block::equal(block::load(a.add(at)), block::load(b.add(at))) {
            at += BLOCK;
        }
        while at < len {
            let difference = i32::from(*a.add(at)) - i32::from(*b.add(at));
            if difference != 0 {
                return difference;
            }
            at += 1;
        }
    }
    0
}

/// Compares bytes: 0 if they are equal.
///
/// # Safety
/// As for [`memcmp`].
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(a, b, len) }
}

/// The number of bytes before the first NUL.
///
/// # Safety
/// `text` points to bytes that end with a NUL.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn strlen(text: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: the caller's promise.
    while unsafe { *text.add(len) } != 0 {
        len += 1;
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths on both sides of every border between the ways of copying.
    fn lengths() -> impl Iterator<Item = usize> {
        let around = |len: usize| len - 3..len + 4;
        (0..300).chain([512, 1024, 2048, 4096, 8192].into_iter().flat_map(around))
    }

    fn bytes(len: usize) -> Vec<u8> {
        let mut state = 1u32;
        core::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(len)
        .collect()
    }

    #[test]
    fn copies_of_all_overlaps() {
        for len in lengths() {
            for (to, from) in
                [(64, 64), (64, 65), (65, 64), (64, 80), (83, 64), (64, 199), (201, 70), (0, len + 7), (len + 9, 3)]
            {
                let mut actual = bytes(2 * len + 300);
                let mut expected = actual.clone();
                expected.copy_within(from..from + len, to);
                let start = actual.as_mut_ptr();
                // SAFETY: both ranges are inside the vector.
                let result = unsafe {
                    let disjoint = to.abs_diff(from) >= len;
                    if disjoint {
                        memcpy(start.add(to), start.add(from), len)
                    } else {
                        memmove(start.add(to), start.add(from), len)
                    }
                };
                assert_eq!(result, start.wrapping_add(to));
                assert!(actual == expected, "{len} bytes from {from} to {to}");
            }
        }
    }

    #[test]
    fn fills() {
        for len in lengths() {
            for start in 0..17 {
                let mut actual = bytes(len + 40);
                let mut expected = actual.clone();
                expected[start..start + len].fill(0xa5);
                // SAFETY: the range is inside the vector.
                unsafe { memset(actual.as_mut_ptr().add(start), 0x7a5, len) };
                assert!(actual == expected, "{len} bytes at {start}");
            }
        }
    }

    #[test]
    fn comparisons() {
        for len in 0..100 {
            let a = bytes(len);
            // SAFETY: both vectors have the length.
            let compare =
                |b: &[u8]| unsafe { (memcmp(a.as_ptr(), b.as_ptr(), len), bcmp(a.as_ptr(), b.as_ptr(), len)) };
            assert_eq!(compare(&a), (0, 0));
            for at in 0..len {
                let mut b = a.clone();
                b[at] ^= 0x80;
                b[at + 1..].fill(0);
                let (order, difference) = compare(&b);
                assert_eq!(order.signum(), a.cmp(&b) as i32);
                assert_ne!(difference, 0);
            }
        }
    }

    #[test]
    fn string_lengths() {
        // SAFETY: the literals end with a NUL.
        assert_eq!(unsafe { [strlen(c"".as_ptr().cast()), strlen(c"abc".as_ptr().cast())] }, [0, 3]);
    }
}
