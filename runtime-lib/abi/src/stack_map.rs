//! Stack maps: where a frame holds references while a call is active in it.
//!
//! A map belongs to a call's return address ([`crate::layout::Module::stack_maps`]). It is a sequence of varints: the number of
//! references, then the distance of each from the last one, downwards from the frame pointer, in units of [`SLOT`] bytes.
//! Equal maps are stored once.

use crate::varint::{self, Reader};

/// Size and alignment of a reference on the stack.
pub const SLOT: u32 = 4;

/// Appends a map through `push`. `slots` holds how far below the frame pointer each reference is, in units of [`SLOT`], ascending.
pub fn encode(slots: &[u32], mut push: impl FnMut(u8)) {
    varint::encode(slots.len() as u32, &mut push);
    let mut last = 0;
    for slot in slots {
        varint::encode(slot - last, &mut push);
        last = *slot;
    }
}

/// Reads the map at the beginning of `bytes`, as [`encode`] got it; stops at malformed data.
pub fn slots(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut reader = Reader::new(bytes);
    let mut left = reader.varint().unwrap_or(0);
    let mut last = 0u32;
    core::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        last = last.checked_add(reader.varint()?)?;
        Some(last)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn maps_round_trip() {
        let mut bytes = Vec::new();
        let maps: [&[u32]; 4] = [&[1], &[], &[2, 3, 130, 0x8000, u32::MAX], &[9]];
        let starts: Vec<usize> = maps
            .iter()
            .map(|map| {
                let start = bytes.len();
                encode(map, |byte| bytes.push(byte));
                start
            })
            .collect();
        for (map, start) in maps.iter().zip(starts) {
            assert_eq!(slots(&bytes[start..]).collect::<Vec<_>>(), *map);
        }
        assert_eq!(slots(&[3, 1, 1]).count(), 2);
        assert_eq!(slots(&[]).count(), 0);
    }
}
