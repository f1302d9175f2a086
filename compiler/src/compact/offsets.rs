//! A set of offsets of a function's code.

/// How many words are looked at for the next one.
const REACH: usize = 64;

/// A bit for each byte.
#[derive(Clone)]
pub struct Offsets(Vec<u64>);

impl Offsets {
    /// None, of code of this length or at its end.
    pub fn none(len: usize) -> Offsets {
        Offsets(vec![0; len / 64 + 1])
    }

    /// Adds one.
    pub fn insert(&mut self, offset: u32) {
        self.0[offset as usize / 64] |= 1 << (offset % 64);
    }

    /// Takes one away.
    pub fn remove(&mut self, offset: u32) {
        self.0[offset as usize / 64] &= !(1 << (offset % 64));
    }

    /// Whether one is in it.
    pub fn has(&self, offset: u32) -> bool {
        self.0.get(offset as usize / 64).is_some_and(|word| word >> (offset % 64) & 1 == 1)
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let rest = std::iter::successors(Some(*word), |rest| Some(rest & rest.wrapping_sub(1)));
            rest.take_while(|rest| *rest != 0).map(move |rest| index as u32 * 64 + rest.trailing_zeros())
        })
    }

    /// The last one before an offset, if it is within 4 KiB.
    pub fn before(&self, offset: u32) -> Option<u32> {
        let index = offset as usize / 64;
        let first = self.0.get(index)? & ((1 << (offset % 64)) - 1);
        let words = self.0[..index].iter().copied().rev().take(REACH);
        let (back, word) = std::iter::once(first).chain(words).enumerate().find(|(_, word)| *word != 0)?;
        Some((index - back) as u32 * 64 + 63 - word.leading_zeros())
    }

    /// The first one behind an offset, if it is within 4 KiB.
    pub fn after(&self, offset: u32) -> Option<u32> {
        let index = offset as usize / 64;
        // Not those up to the offset, which may be the last of the word.
        let first = self.0.get(index)? & !(u64::MAX >> (63 - offset % 64));
        let words = self.0[index + 1..].iter().copied().take(REACH);
        let (further, word) = std::iter::once(first).chain(words).enumerate().find(|(_, word)| *word != 0)?;
        Some((index + further) as u32 * 64 + word.trailing_zeros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_is_not_found() {
        let mut offsets = Offsets::none(9000);
        [0, 4096 + 127].into_iter().for_each(|offset| offsets.insert(offset));
        assert_eq!((offsets.after(0), offsets.before(4096 + 63)), (None, Some(0)));
        assert_eq!((offsets.after(64), offsets.before(4096 + 64)), (Some(4096 + 127), None));
    }

    #[test]
    fn neighbours_are_found_across_words() {
        let mut offsets = Offsets::none(200);
        [0, 63, 64, 127, 200].into_iter().for_each(|offset| offsets.insert(offset));
        assert!(offsets.iter().eq([0, 63, 64, 127, 200]));
        assert_eq!(
            [0, 1, 63, 64, 65, 200].map(|offset| offsets.before(offset)),
            [None, Some(0), Some(0), Some(63), Some(64), Some(127)]
        );
        assert_eq!(
            [0, 62, 63, 64, 127, 200].map(|offset| offsets.after(offset)),
            [Some(63), Some(63), Some(64), Some(127), Some(200), None]
        );
        offsets.remove(64);
        assert!(!offsets.has(64) && offsets.has(63) && !offsets.has(9999));
        assert_eq!(offsets.after(63), Some(127));
    }
}
