//! Instructions as what was decided so far makes them.

use rustc_hash::FxHashMap;

use super::Marks;
use super::flow::Step;
use super::instruction::decode;
use super::slots::Edit;
use super::survey::Bytes;

/// The instructions of a function, some of which are others now.
pub struct Rewritten<'a> {
    code: &'a [u8],
    marks: &'a Marks,
    replaced: FxHashMap<u32, Bytes>,
}

impl<'a> Rewritten<'a> {
    /// Those of code with edits.
    pub fn of(code: &'a [u8], marks: &'a Marks, edits: &[(u32, Edit)]) -> Rewritten<'a> {
        let replaced = edits.iter().filter_map(|(at, edit)| match edit {
            Edit::Replace(bytes) => Some((*at, *bytes)),
            _ => None,
        });
        Rewritten { code, marks, replaced: replaced.collect() }
    }

    /// The bytes of an instruction, unless the linker fills in some.
    pub fn bytes(&self, (at, step): (u32, Step)) -> Option<Bytes> {
        if let Step::Move { to, from } = step {
            return Some(Edit::Move { to, from }.apply(&[]));
        }
        if let Some(bytes) = self.replaced.get(&at) {
            return Some(*bytes);
        }
        let code = &self.code[at as usize..];
        let len = decode(code)?.len;
        (!self.marks.is_relocated(at, len)).then(|| Bytes::of(&[&code[..len]]))
    }

    /// The opcode of an instruction that is no move nor something with more than a byte of prefixes.
    pub fn opcode(&self, at: u32) -> Option<u8> {
        let replaced = self.replaced.get(&at);
        let bytes = replaced.map_or(&self.code[at as usize..], |bytes| bytes.as_slice());
        bytes.get(usize::from(bytes.first()? & 0xf0 == 0x40)).copied()
    }

    /// Takes note that an instruction is another one.
    pub fn replace(&mut self, at: u32, bytes: Bytes) {
        self.replaced.insert(at, bytes);
    }
}
