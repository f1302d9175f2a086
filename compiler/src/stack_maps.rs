//! Where calls leave references on the stack: from Cranelift's stack maps to the table that the collector reads.

use std::collections::HashMap;

use abi::stack_map::{self, SLOT};
use cranelift_codegen::CompiledCode;

use crate::compact::OffsetMap;

/// The references in a frame while a call is active in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackMap {
    /// Where the call returns to, as an offset from the function's start.
    pub return_address: u32,
    /// How far below the frame pointer each reference is, in units of [`SLOT`], ascending.
    pub slots: Vec<u32>,
}

/// The stack maps of a function that hold any reference, by ascending return address.
pub fn of_function(code: &CompiledCode, map: &OffsetMap) -> Vec<StackMap> {
    let maps = code.buffer.user_stack_maps().iter().map(|(return_address, frame_size, references)| {
        // Cranelift counts from the stack pointer, which lies `frame_size` below the frame pointer.
        let mut slots: Vec<u32> = references.entries().map(|(_, offset)| (frame_size - offset) / SLOT).collect();
        slots.sort_unstable();
        StackMap { return_address: map.get(*return_address), slots }
    });
    maps.filter(|map| !map.slots.is_empty()).collect()
}

/// The table of a module: [`abi::layout::Module::stack_maps`] and [`abi::layout::Module::stack_map_slots`].
#[derive(Default)]
pub struct StackMapTable {
    return_addresses: Vec<u32>,
    maps: Vec<u32>,
    slots: Vec<u8>,
    known: HashMap<Vec<u32>, u32>,
}

impl StackMapTable {
    /// Appends the maps of a function whose code begins at `start`, behind that of the functions before.
    pub fn append(&mut self, start: u32, maps: Vec<StackMap>) {
        for map in maps {
            let next = self.slots.len() as u32;
            let slots = &mut self.slots;
            let known = self.known.entry(map.slots).or_insert_with_key(|key| {
                stack_map::encode(key, |byte| slots.push(byte));
                next
            });
            self.return_addresses.push(start + map.return_address);
            self.maps.push(*known);
        }
    }

    /// Number of return addresses.
    pub fn len(&self) -> usize {
        self.return_addresses.len()
    }

    /// The return addresses and where their maps begin.
    pub fn addresses(&self) -> Vec<u8> {
        self.return_addresses.iter().chain(&self.maps).flat_map(|value| value.to_le_bytes()).collect()
    }

    /// The maps.
    pub fn slots(&self) -> &[u8] {
        &self.slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_maps_are_stored_once() {
        let map = |return_address, slots: &[u32]| StackMap { return_address, slots: slots.to_vec() };
        let mut table = StackMapTable::default();
        table.append(16, vec![map(4, &[1, 3]), map(9, &[2])]);
        table.append(64, vec![map(5, &[1, 3])]);
        let words: Vec<u32> =
            table.addresses().chunks(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap())).collect();
        assert_eq!(words, [20, 25, 69, 0, 3, 0]);
        assert_eq!(table.slots(), [2, 1, 2, 1, 2]);
        assert_eq!(table.len(), 3);
    }
}
