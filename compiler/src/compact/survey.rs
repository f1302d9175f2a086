//! One walk over the code of a function: where its branches lead, which instructions can be shorter, what refers to constants.

use super::Marks;
use super::flow::{Flow, Trace};
use super::instruction::{Encoding, Instruction, decode};
use super::leaf::{Leaf, SET_UP};
use super::offsets::Offsets;
use super::registers::Effect;
use super::slots::{self, Edit};
use super::smaller::{by_frame_pointer, by_small_immediate, smallest};
use super::{align, constants, copies, floats, fold, frames, merge, narrow};

/// Bytes that the linker fills in.
const FILLED_IN: usize = 4;

/// The opcode of a jump without a condition, in its short form; of the other branches, the lowest bit negates the condition.
pub const JUMP: u8 = 0xeb;

/// An instruction that can become shorter.
pub struct Piece {
    /// Its offset.
    pub at: u32,
    /// Its length.
    pub len: u8,
    /// What becomes of it.
    pub change: Change,
}

impl Piece {
    /// The offset behind it.
    pub fn end(&self) -> u32 {
        self.at + u32::from(self.len)
    }
}

/// What becomes of an instruction.
pub enum Change {
    /// It is a branch to an offset; the opcode of its short form is given.
    Branch(u32, u8),
    /// Another one takes its place.
    Replace(Bytes),
    /// Another one takes its place, if the stack pointer is where it seems to be.
    ReplaceInFrame(Bytes),
    /// It is nothing, where a loop begins; padding goes there.
    Align,
}

/// An instruction, or none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Bytes {
    len: u8,
    bytes: [u8; 15],
}

impl Bytes {
    /// Puts parts together, of 15 bytes at most.
    pub fn of(parts: &[&[u8]]) -> Bytes {
        let mut joined = Bytes::default();
        for byte in parts.iter().copied().flatten() {
            joined.bytes[usize::from(joined.len)] = *byte;
            joined.len += 1;
        }
        joined
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// A reference of an instruction of constant length to another place of the code.
pub struct Reference {
    /// Where its 32 bits are.
    pub at: u32,
    /// What they count from.
    pub origin: u32,
    /// What they refer to.
    pub target: u32,
}

impl Reference {
    /// Whether it is in a jump table, and not in an instruction.
    pub fn is_entry(&self) -> bool {
        self.at >= self.origin
    }
}

/// What is known of the code of a function.
#[derive(Default)]
pub struct Survey {
    /// In order.
    pub pieces: Vec<Piece>,
    /// In order but for those of jump tables, which come last.
    pub references: Vec<Reference>,
    /// Where constants begin, if there are any.
    pub constants: Option<u32>,
    /// Where it returns.
    pub returns: Vec<u32>,
    /// Instructions whose traps are those of others now: from and to, in order.
    pub moved_traps: Vec<(u32, u32)>,
}

impl Survey {
    /// Walks over code; `None` if something in it is not understood.
    pub fn of(code: &[u8], marks: &Marks) -> Option<Survey> {
        let frame = Frame::of(code);
        let frameless = matches!(frame, Frame::Unknown);
        let mut walk = Walk {
            code,
            marks,
            survey: Survey::default(),
            starts: Offsets::none(code.len()),
            next_relocation: 0,
            address: None,
            frame,
            after_call: false,
            frameless,
            trace: Trace::new(frameless),
            leaf: Leaf::of(code).filter(|_| marks.leaf),
        };
        walk.run()?;
        let Walk { mut survey, starts, frame, trace, leaf, .. } = walk;
        if matches!(frame, Frame::Unknown) {
            survey.pieces.retain(|piece| !matches!(piece.change, Change::ReplaceInFrame(_)));
        }
        let constants = survey.constants.unwrap_or(code.len() as u32);
        let branches = survey.branches().map(|(_, target)| target);
        let references = survey.references.iter().map(|reference| reference.target);
        let mut code_targets = branches.chain(references.filter(|target| *target < constants));
        let mut boundaries = marks.boundaries.iter();
        let valid = code_targets.all(|target| target < constants && starts.has(target))
            && boundaries.all(|boundary| *boundary <= constants && starts.has(*boundary));
        if !valid {
            return None;
        }
        drop(code_targets);
        if (frameless || frame.size().is_some())
            && let Some(mut flow) = marks.follows().then(|| trace.finish(&survey)).flatten()
            && let Some((edits, moved)) = improve(code, marks, &mut flow, frame.size())
        {
            survey.moved_traps = moved;
            survey.replace(code, edits, frame.size())?;
        }
        match leaf {
            Some(leaf) => survey.put(leaf.parts()),
            None => frames::run(&mut survey, code),
        }
        if marks.merge {
            merge::run(&mut survey, code, marks, &starts);
        }
        if marks.align {
            align::add_pieces(&mut survey, marks);
        }
        Some(survey)
    }

    /// Where branches are, and where they lead, in order.
    pub fn branches(&self) -> impl Iterator<Item = (u32, u32)> {
        self.pieces.iter().filter_map(|piece| match piece.change {
            Change::Branch(target, _) => Some((piece.at, target)),
            Change::Replace(_) | Change::ReplaceInFrame(_) | Change::Align => None,
        })
    }

    /// Where jump tables are, each with every place that it leads to.
    pub fn tables(&self) -> impl Iterator<Item = (u32, u32)> {
        let entries = self.references.iter().filter(|reference| reference.is_entry());
        entries.map(|entry| (entry.origin, entry.target))
    }

    /// Puts instructions in the place of others. The frame has a size, if it is known.
    fn replace(&mut self, code: &[u8], mut edits: Vec<(u32, Edit)>, size: Option<i32>) -> Option<()> {
        edits.sort_by_key(|(at, _)| *at);
        let mut pieces = Vec::with_capacity(edits.len());
        for edits in edits.chunk_by(|(one, _), (other, _)| one == other) {
            let at = edits[0].0;
            let code = &code[at as usize..];
            let len = decode(code)?.len;
            let bytes = edits.iter().fold(Bytes::of(&[&code[..len]]), |bytes, (_, edit)| edit.apply(bytes.as_slice()));
            if edits.iter().any(|(_, edit)| matches!(edit, Edit::ReplaceStart(_))) {
                let (start, _) = bytes.as_slice().split_last_chunk::<FILLED_IN>()?;
                let change = Change::ReplaceInFrame(Bytes::of(&[start]));
                pieces.push(Piece { at, len: (len - FILLED_IN) as u8, change });
                continue;
            }
            pieces.push(Piece { at, len: len as u8, change: Change::ReplaceInFrame(smallest(bytes, size)) });
        }
        self.put(pieces);
        Some(())
    }

    /// Adds pieces, which are in order, instead of those that are at the same places.
    pub fn put(&mut self, pieces: Vec<Piece>) {
        let before = std::mem::take(&mut self.pieces);
        self.pieces.reserve(before.len() + pieces.len());
        let mut before = before.into_iter().peekable();
        for piece in pieces {
            while let Some(other) = before.next_if(|other| other.at < piece.at) {
                self.pieces.push(other);
            }
            before.next_if(|other| other.at == piece.at);
            self.pieces.push(piece);
        }
        self.pieces.extend(before);
    }

    /// What becomes of the instruction at an offset, if it changes.
    pub fn change_at(&self, at: u32) -> Option<&Change> {
        let index = self.pieces.binary_search_by_key(&at, |piece| piece.at).ok()?;
        Some(&self.pieces[index].change)
    }

    /// Where branches, jump tables and other references lead.
    pub fn targets(&self) -> impl Iterator<Item = u32> {
        let references = self.references.iter().map(|reference| reference.target);
        self.branches().map(|(_, target)| target).chain(references)
    }
}

/// What becomes of instructions, in the order in which it was decided, and where their traps went.
#[allow(clippy::type_complexity)]
fn improve(
    code: &[u8],
    marks: &Marks,
    flow: &mut Flow,
    size: Option<i32>,
) -> Option<(Vec<(u32, Edit)>, Vec<(u32, u32)>)> {
    let mut edits = Vec::new();
    if marks.slots {
        slots::run(flow, &mut edits)?;
    }
    let mut moved = Vec::new();
    if marks.fold {
        moved = fold::run(flow, code, marks, size.is_some(), &mut edits)?;
        floats::run(flow, code, marks, &mut edits, &mut moved);
    }
    if marks.copies {
        copies::run(flow, code, marks, &mut edits)?;
    }
    if marks.constants {
        constants::run(flow, code, marks, &mut edits);
    }
    if marks.slots {
        narrow::run(flow, &mut edits);
    }
    Some((edits, moved))
}

/// What is known of the stack pointer.
#[derive(Clone, Copy)]
enum Frame {
    /// Nothing that would help.
    Unknown,
    /// It is this far below the frame pointer.
    Inside(i32),
    /// The function is about to return, the frame has this size.
    Leaving(i32),
}

/// The most bytes from the instruction that computes the address of a jump table to the table.
const TABLE_DISTANCE: u32 = 20;

impl Frame {
    /// The frame of a function.
    fn of(code: &[u8]) -> Frame {
        let size = match code {
            [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, size, ..] => Some(i32::from(*size as i8)),
            [0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, a, b, c, d, ..] => Some(i32::from_le_bytes([*a, *b, *c, *d])),
            _ => None,
        };
        size.filter(|size| *size > 0).map_or(Frame::Unknown, Frame::Inside)
    }

    /// Bytes from the stack pointer to the frame pointer, if they are known.
    fn size(self) -> Option<i32> {
        match self {
            Frame::Unknown => None,
            Frame::Inside(size) | Frame::Leaving(size) => Some(size),
        }
    }
}

struct Walk<'a> {
    code: &'a [u8],
    marks: &'a Marks,
    survey: Survey,
    /// A bit for each byte that begins an instruction.
    starts: Offsets,
    next_relocation: usize,
    /// An address that was computed, of a jump table or of a constant: where, and which.
    address: Option<(u32, u32)>,
    frame: Frame,
    /// Whether nothing was known of the stack pointer from the start.
    frameless: bool,
    /// Whether the instruction before is a call.
    after_call: bool,
    trace: Trace,
    /// The frame, as long as nothing makes use of it.
    leaf: Option<Leaf>,
}

impl Walk<'_> {
    fn run(&mut self) -> Option<()> {
        let mut at = 0;
        while at < self.code.len() && !self.only_constants_follow(at as u32) {
            let instruction = decode(&self.code[at..])?;
            self.starts.insert(at as u32);
            let end = at + instruction.len;
            let relocated = self.is_relocated(end as u32);
            self.visit(at as u32, &instruction, relocated)?;
            at = end;
            if instruction.is(0xff) && instruction.reg() == Some(4) && instruction.mode() == Some(3) {
                at = self.jump_table(at as u32)?;
            }
        }
        self.starts.insert(at as u32);
        let constants = self.survey.constants.map_or(self.code.len(), |start| start as usize);
        (at <= constants && self.address.is_none()).then_some(())
    }

    /// Whether nothing but padding is left before the constants.
    fn only_constants_follow(&mut self, at: u32) -> bool {
        if let Some((from, target)) = self.address
            && (at - from > TABLE_DISTANCE || self.is_padding(at, target))
        {
            self.address = None;
            self.constant(target);
        }
        self.survey.constants.is_some_and(|start| self.is_padding(at, start))
    }

    fn is_padding(&self, at: u32, end: u32) -> bool {
        let padding = self.code.get(at as usize..end as usize);
        padding.is_some_and(|bytes| bytes.len() < self.marks.alignment as usize && bytes.iter().all(|byte| *byte == 0))
    }

    fn constant(&mut self, at: u32) {
        let constants = self.survey.constants.get_or_insert(at);
        *constants = at.min(*constants);
    }

    /// Whether the linker fills in a part of the instruction that ends there. Instructions come in order.
    fn is_relocated(&mut self, end: u32) -> bool {
        let mut relocated = false;
        while self.marks.relocations.get(self.next_relocation).is_some_and(|at| *at < end) {
            self.next_relocation += 1;
            relocated = true;
        }
        relocated
    }

    fn visit(&mut self, at: u32, instruction: &Instruction, relocated: bool) -> Option<()> {
        let size = self.frame.size();
        if self.marks.follows() && (self.frameless || size.is_some()) {
            let code = (at, &self.code[at as usize..]);
            let effect = match instruction.opcode {
                0xe8 if instruction.is(0xe8) => self.marks.call_at(at + instruction.len as u32),
                0xc2 | 0xc3 if instruction.map == 0 => Some(Effect::leave(self.marks.results)),
                _ => None,
            };
            self.trace.push(code, instruction, relocated, size.unwrap_or(0), effect);
        }
        if instruction.is(0xc2) || instruction.is(0xc3) {
            self.survey.returns.push(at);
        }
        self.leaf.take_if(|leaf| !leaf.take(self.code, at, instruction, relocated));
        self.follow_frame(at, instruction);
        self.after_call = instruction.is(0xe8) || instruction.is(0xff) && instruction.reg() == Some(2);
        if relocated {
            return Some(());
        }
        if let Some((target, short)) = self.branch(at, instruction)? {
            let change = Change::Branch(target, short);
            self.survey.pieces.push(Piece { at, len: instruction.len as u8, change });
        } else if instruction.is_relative() {
            self.relative(at, instruction)?;
        } else if let Some(change) = self.shorter(at, instruction) {
            self.survey.pieces.push(Piece { at, len: instruction.len as u8, change });
        }
        Some(())
    }

    /// Target and short opcode of a branch; fails for branches that have no long form.
    fn branch(&self, at: u32, instruction: &Instruction) -> Option<Option<(u32, u8)>> {
        let legacy = instruction.encoding == Encoding::Legacy;
        let short = match (instruction.map, instruction.opcode) {
            (0, 0xe9 | JUMP) if legacy => JUMP,
            (0, opcode @ 0x70..=0x7f) if legacy => opcode,
            (1, opcode @ 0x80..=0x8f) if legacy => opcode - 0x10,
            // A call of a place in the function itself.
            (0, 0xe8) if legacy => return None,
            _ => return Some(None),
        };
        let bytes = &self.code[at as usize..][..instruction.len];
        let distance = match *bytes {
            [0xe9, a, b, c, d] | [0x0f, _, a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            [_, distance] => i32::from(distance as i8),
            _ => return None,
        };
        let target = self.offset(at + instruction.len as u32, distance)?;
        Some(Some((target, short)))
    }

    fn offset(&self, origin: u32, distance: i32) -> Option<u32> {
        origin.checked_add_signed(distance).filter(|target| *target as usize <= self.code.len())
    }

    /// A reference to a constant, to a jump table or to code.
    fn relative(&mut self, at: u32, instruction: &Instruction) -> Option<()> {
        let place = at + instruction.displacement.0 as u32;
        let origin = at + instruction.len as u32;
        let target = self.offset(origin, self.word(place)?)?;
        self.survey.references.push(Reference { at: place, origin, target });
        if instruction.is(0x8d) && self.marks.starts.binary_search(&target).is_ok() {
            self.trace.fail();
            return Some(());
        }
        if target < origin {
            return None;
        }
        if !instruction.is(0x8d) {
            self.constant(target);
        } else if let Some((_, before)) = self.address.replace((at, target)) {
            self.constant(before);
        }
        Some(())
    }

    fn word(&self, at: u32) -> Option<i32> {
        let bytes = self.code.get(at as usize..at as usize + 4)?;
        Some(i32::from_le_bytes(bytes.try_into().ok()?))
    }

    /// A jump to a computed address ended before `at`. If a table follows, takes note of it; gives where code goes on.
    fn jump_table(&mut self, at: u32) -> Option<usize> {
        if self.address.take_if(|(_, table)| *table == at).is_none() {
            return Some(at as usize);
        }
        self.starts.insert(at);
        let next = self.marks.starts.partition_point(|start| *start <= at);
        let end = self.marks.starts.get(next).copied().or(self.survey.constants).unwrap_or(self.code.len() as u32);
        if !(end - at).is_multiple_of(4) {
            return None;
        }
        for entry in (at..end).step_by(4) {
            let target = self.offset(at, self.word(entry)?)?;
            self.survey.references.push(Reference { at: entry, origin: at, target });
        }
        Some(end as usize)
    }

    /// Keeps track of where the stack pointer is. Only prologue and epilogue change it for long, a call of a function that takes its
    /// arguments from the stack until the next instruction.
    fn follow_frame(&mut self, at: u32, instruction: &Instruction) {
        let bytes = &self.code[at as usize..][..instruction.len];
        let is_stack =
            |register: Option<u8>, extension: u8| matches!(register, Some(4 | 5)) && instruction.rex & extension == 0;
        let to_register = instruction.mode() == Some(3);
        let to_rm = to_register && is_stack(instruction.rm(), 1);
        let changes = instruction.encoding == Encoding::Legacy
            && instruction.map == 0
            && match instruction.opcode {
                0x89 | 0x81 | 0x83 | 0x01 | 0x29 | 0xc7 | 0xff => to_rm,
                0x8b | 0x8d | 0x03 | 0x2b => is_stack(instruction.reg(), 4),
                0x50..=0x5f | 0x8f | 0xc9 | 0xc2 | 0xc3 => true,
                _ => false,
            };
        if !changes || (at as usize) < SET_UP.len() {
            return;
        }
        let amount = match *bytes {
            [0x48, 0x83, _, amount] => i32::from(amount as i8),
            [0x48, 0x81, _, a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            _ => 0,
        };
        self.frame = match (self.frame, bytes) {
            (Frame::Inside(size), [0x48, 0x83 | 0x81, 0xec, ..]) if at as usize == SET_UP.len() => Frame::Inside(size),
            (Frame::Inside(size), [0x48, 0x83 | 0x81, 0xec, ..]) if self.after_call => Frame::Inside(size),
            (Frame::Inside(size), [0x48, 0x83 | 0x81, 0xc4, ..]) if amount == size => Frame::Leaving(size),
            // mov rsp, rbp; pop rbp
            (Frame::Leaving(size), [0x48, 0x89, 0xec] | [0x5d]) => Frame::Leaving(size),
            (Frame::Leaving(size), [0xc2, ..] | [0xc3]) => Frame::Inside(size),
            _ => Frame::Unknown,
        };
    }

    /// The same with fewer bytes.
    fn shorter(&self, at: u32, instruction: &Instruction) -> Option<Change> {
        let (bytes, rest) = self.code[at as usize..].split_at(instruction.len);
        // add rsp, SIZE before mov rsp, rbp
        if let (Frame::Leaving(_), [0x48, 0x81 | 0x83, 0xc4, ..], [0x48, 0x89, 0xec, ..]) = (self.frame, bytes, rest) {
            return Some(Change::ReplaceInFrame(Bytes::default()));
        }
        if let Frame::Inside(size) = self.frame
            && let Some(change) = by_frame_pointer(bytes, instruction, size)
        {
            return Some(change);
        }
        if let Some(bytes) = by_small_immediate(bytes, instruction) {
            return Some(Change::Replace(bytes));
        }
        // A REX prefix of which nothing but W is set.
        let wide = instruction.has_rex && instruction.rex == 8 && bytes[0] == 0x48;
        let zeroes = matches!(instruction.opcode, 0x31 | 0x33 | 0x29 | 0x2b)
            && instruction.map == 0
            && instruction.mode() == Some(3)
            && instruction.reg() == instruction.rm();
        let extends = instruction.map == 1
            && match instruction.opcode {
                // Without REX, 4 to 7 would be other registers.
                0xb6 => instruction.mode() != Some(3) || instruction.rm().is_some_and(|rm| rm < 4),
                0xb7 => true,
                _ => false,
            };
        (wide && (zeroes || extends)).then(|| Change::Replace(Bytes::of(&[&bytes[1..]])))
    }
}
