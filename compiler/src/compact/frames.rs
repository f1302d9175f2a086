//! Registers that belong to the caller are saved by `push` and restored by `pop`, in one or two bytes instead of four or more, where
//! they were; `leave` takes the frame away. Whoever looks for them, or goes on in another function, finds the frame as it was.

use super::instruction::decode;
use super::leaf::SET_UP;
use super::survey::{Bytes, Change, Piece, Survey};

/// Bytes that the stack is aligned to.
const ALIGNMENT: i32 = 16;
/// `mov rsp, rbp; pop rbp`, which come before a return.
const TAKE_AWAY: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
/// `leave`
const LEAVE: u8 = 0xc9;

/// A register that is saved: where, and which.
struct Saved {
    at: u32,
    len: u8,
    register: u8,
}

/// What a function saves at the top of its frame.
struct Frame {
    /// Bytes of the frame below what is saved.
    rest: i32,
    /// Ascending in memory.
    saved: Vec<Saved>,
    /// The length of the instruction that makes the frame.
    len: u8,
}

/// Adds pieces that set up frames and leave them to those of `survey`, which has all others.
pub fn run(survey: &mut Survey, code: &[u8]) {
    let mut pieces = Vec::new();
    let frame = Frame::of(code).filter(|frame| frame.saved.iter().all(|saved| is_left(survey, code, saved)));
    if let Some(frame) = &frame {
        frame.set_up(&mut pieces);
    }
    let mut targets: Vec<u32> = survey.targets().collect();
    targets.sort_unstable();
    for &at in &survey.returns {
        let start = at - at.min(TAKE_AWAY.len() as u32);
        if code[start as usize..at as usize] == TAKE_AWAY {
            let first = targets.partition_point(|target| *target <= start);
            let is_target = targets.get(first).is_some_and(|target| *target <= at);
            let restored = frame.as_ref().and_then(|frame| frame.restored(code, start, &targets));
            match restored {
                Some(restored) => frame.iter().for_each(|frame| frame.leave(&restored, start, &mut pieces)),
                None if !is_target => take_away(start, &[LEAVE], &mut pieces),
                None => {}
            }
        }
    }
    survey.put(pieces);
}

/// Replaces `mov rsp, rbp; pop rbp`.
fn take_away(at: u32, bytes: &[u8], pieces: &mut Vec<Piece>) {
    pieces.push(Piece { at, len: 3, change: Change::Replace(Bytes::default()) });
    pieces.push(Piece { at: at + 3, len: 1, change: Change::Replace(Bytes::of(&[bytes])) });
}

/// Whether the store is there that saves a register.
fn is_left(survey: &Survey, code: &[u8], saved: &Saved) -> bool {
    let bytes = match survey.change_at(saved.at) {
        Some(Change::Replace(bytes) | Change::ReplaceInFrame(bytes)) => *bytes,
        _ => Bytes::of(&[&code[saved.at as usize..][..usize::from(saved.len)]]),
    };
    let instruction = decode(bytes.as_slice());
    instruction
        .is_some_and(|instruction| instruction.is(0x89) && instruction.rex & 8 != 0 && instruction.mode() != Some(3))
}

/// A store of a register at a distance from the stack pointer, or with another opcode a load: its length, the register, and the
/// distance.
fn access(code: &[u8], opcode: u8) -> Option<(u8, u8, i32)> {
    let instruction = decode(code)?;
    let is_access = instruction.is(opcode) && matches!(code[0], 0x48 | 0x4c) && instruction.sib == Some(0x24);
    let register = instruction.reg()? | (instruction.rex & 4) << 1;
    let preserved = matches!(register, 3 | 12..=15) && instruction.mode() != Some(3);
    (is_access && preserved).then(|| (instruction.len as u8, register, instruction.displacement_of(code)))
}

/// The size in `sub rsp, SIZE`, or another instruction of this kind, and its length.
fn size(code: &[u8], modrm: u8) -> Option<(i32, u8)> {
    match *code {
        [0x48, 0x83, operand, size, ..] if operand == modrm => Some((i32::from(size as i8), 4)),
        [0x48, 0x81, operand, a, b, c, d, ..] if operand == modrm => Some((i32::from_le_bytes([a, b, c, d]), 7)),
        _ => None,
    }
}

impl Frame {
    /// The frame of a function that saves registers.
    fn of(code: &[u8]) -> Option<Frame> {
        let (size, len) = size(code.strip_prefix(&SET_UP)?, 0xec)?;
        let mut saved: Vec<Saved> = Vec::new();
        let mut at = SET_UP.len() + usize::from(len);
        let mut next = None;
        while let Some((len, register, distance)) = access(&code[at..], 0x89)
            && next.is_none_or(|next| next == distance)
        {
            saved.push(Saved { at: at as u32, len, register });
            at += usize::from(len);
            next = Some(distance + 8);
        }
        let bytes = saved.len() as i32 * 8;
        let all = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        // They are right above the rest; of an odd number, nothing is above.
        (!saved.is_empty() && size >= all && next == Some(size - all + bytes)).then(|| Frame {
            rest: size - all,
            saved,
            len,
        })
    }

    /// The bytes of what is saved, with what aligns it.
    fn bytes(&self) -> i32 {
        (self.saved.len() as i32 * 8 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT
    }

    fn is_odd(&self) -> bool {
        self.saved.len() % 2 == 1
    }

    /// Each of the instructions becomes one that is not longer.
    fn set_up(&self, pieces: &mut Vec<Piece>) {
        let makes_room = match i8::try_from(self.rest) {
            Ok(0) => Bytes::default(),
            Ok(rest) => Bytes::of(&[&[0x48, 0x83, 0xec], &rest.to_le_bytes()]),
            Err(_) => Bytes::of(&[&[0x48, 0x81, 0xec], &self.rest.to_le_bytes()]),
        };
        let pushes = self.saved.iter().rev().map(|saved| short(0x50, saved.register));
        let before = self.saved.iter().map(|saved| (saved.at, saved.len));
        let before = [(SET_UP.len() as u32, self.len)].into_iter().chain(before);
        // Whatever is in rax aligns the others.
        let mut aligns: &[u8] = if self.is_odd() { &[0x50] } else { &[] };
        for ((at, len), bytes) in before.zip(pushes.chain([makes_room])) {
            pieces.push(Piece { at, len, change: Change::Replace(Bytes::of(&[aligns, bytes.as_slice()])) });
            aligns = &[];
        }
    }

    /// The loads before `mov rsp, rbp; pop rbp` that restore what was saved, and the addition after them: where they are, and their
    /// lengths. `None` if they are others, or if something leads between them.
    fn restored(&self, code: &[u8], end: u32, targets: &[u32]) -> Option<Vec<(u32, u8)>> {
        let mut restored = Vec::new();
        // The lengths are those of the stores, which are as far from the stack pointer; so is that of the addition.
        let bytes: u32 = self.saved.iter().map(|saved| u32::from(saved.len)).sum::<u32>() + u32::from(self.len);
        let start = end.checked_sub(bytes)?;
        let mut at = start;
        for (index, saved) in self.saved.iter().enumerate() {
            let (len, register, distance) = access(&code[at as usize..], 0x8b)?;
            if (register, distance) != (saved.register, self.rest + index as i32 * 8) {
                return None;
            }
            restored.push((at, len));
            at += u32::from(len);
        }
        let (size, len) = size(&code[at as usize..], 0xc4)?;
        restored.push((at, len));
        let inside = targets.partition_point(|target| *target <= start);
        let is_target = targets.get(inside).is_some_and(|target| *target < end + TAKE_AWAY.len() as u32 + 1);
        (size == self.rest + self.bytes() && at + u32::from(len) == end && !is_target).then_some(restored)
    }

    fn leave(&self, restored: &[(u32, u8)], end: u32, pieces: &mut Vec<Piece>) {
        // lea rsp, [rbp-BYTES]
        let to_saved = Bytes::of(&[&[0x48, 0x8d, 0x65, (self.bytes() as i8).wrapping_neg() as u8]]);
        let to_saved = if self.rest == 0 { Bytes::default() } else { to_saved };
        let pops = self.saved.iter().map(|saved| short(0x58, saved.register));
        for (&(at, len), bytes) in restored.iter().zip([to_saved].into_iter().chain(pops)) {
            pieces.push(Piece { at, len, change: Change::Replace(bytes) });
        }
        // pop rbp
        take_away(end, if self.is_odd() { &[LEAVE] } else { &[0x5d] }, pieces);
    }
}

/// An instruction with a register in its opcode.
fn short(opcode: u8, register: u8) -> Bytes {
    let opcode = [opcode | register & 7];
    if register < 8 { Bytes::of(&[&opcode]) } else { Bytes::of(&[&[0x41], &opcode]) }
}
