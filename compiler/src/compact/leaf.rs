//! Functions that call nothing and have nothing on the stack need no frame: the frame pointer stays what it is for the caller. The code
//! generator always sets up a frame on x86-64. The return address is on top of the stack all the time then, where a backtrace looks for
//! it (`abi::layout::FUNCTION_HAS_FRAME`).

use super::instruction::Instruction;
use super::registers::{Effect, FRAME};
use super::survey::{Bytes, Change, Piece};

/// `push rbp; mov rbp, rsp`
pub const SET_UP: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];

/// `mov rsp, rbp; pop rbp; ret`
const TAKE_DOWN: [u8; 5] = [0x48, 0x89, 0xec, 0x5d, 0xc3];

/// What was seen of the frame, as long as it is of no use.
pub struct Leaf {
    /// Instructions that do nothing but set it up and take it down: offsets and bytes, in order.
    parts: Vec<(u32, u8)>,
}

impl Leaf {
    /// The frame of a function, if it has no slots.
    pub fn of(code: &[u8]) -> Option<Leaf> {
        let has_slots = matches!(code.get(4..7), Some([0x48, 0x81 | 0x83, 0xec]));
        (code.starts_with(&SET_UP) && !has_slots).then(|| Leaf { parts: vec![(0, 1), (1, 3)] })
    }

    /// Takes note of an instruction of `code`; false if it makes use of the frame. Instructions come in order.
    pub fn take(&mut self, code: &[u8], at: u32, instruction: &Instruction, relocated: bool) -> bool {
        let bytes = &code[at as usize..];
        let is_part = self.parts.iter().rev().take(2).any(|(part, _)| *part == at);
        if is_part || instruction.is(0xc3) && self.is_taken_down(at) {
            return true;
        }
        if bytes.starts_with(&TAKE_DOWN) {
            self.parts.extend([(at, 3), (at + 3, 1)]);
            return true;
        }
        // A jump to another function.
        let leaves = relocated && matches!(instruction.opcode, 0xe9 | 0xeb) && instruction.map == 0;
        let Effect { reads, writes, .. } = Effect::of(bytes, instruction);
        !leaves && (reads | writes) & FRAME == 0
    }

    /// Whether what is right before an offset takes the frame down.
    fn is_taken_down(&self, at: u32) -> bool {
        self.parts.last().is_some_and(|(part, len)| part + u32::from(*len) == at && *part > SET_UP.len() as u32)
    }

    /// The instructions, which go.
    pub fn parts(self) -> Vec<Piece> {
        let gone = |(at, len)| Piece { at, len, change: Change::Replace(Bytes::default()) };
        self.parts.into_iter().map(gone).collect()
    }
}
