//! Blocks that are the same are there once. The code generator moves values wherever control flow meets, so that many blocks move the
//! same ones and go on at the same place; of many nothing but the jump is left. A branch to a block leads to the other one
//! instead; a branch over a block becomes the opposite one to the other. So no path takes more branches than before.
//!
//! Instructions that trap or call, and those that refer to places, stay: each has its own location in the source.

use rustc_hash::FxHashMap;

use super::Marks;
use super::instruction::{Encoding, decode};
use super::offsets::Offsets;
use super::survey::{Bytes, Change, JUMP, Piece, Survey};

/// How often it is looked for blocks that are the same, as those that they lead to have become so.
const ROUNDS: usize = 4;
/// Most instructions of a block that is looked at, beside the last jump.
const INSTRUCTIONS: usize = 12;
/// What is given as the target of a block that returns.
const RETURN: u32 = u32::MAX;

/// A block that ends with a jump or a return, or that the next one follows.
struct Block {
    start: u32,
    /// Behind the jump.
    end: u32,
    /// Where it goes on.
    target: u32,
    /// The other instructions, in [`Merge::bytes`].
    body: std::ops::Range<usize>,
    /// Whether it ends with a jump or a return.
    leaves: bool,
}

struct Merge<'a> {
    survey: &'a mut Survey,
    code: &'a [u8],
    marks: &'a Marks,
    /// Beginnings of instructions.
    starts: &'a Offsets,
    /// Where branches lead.
    leaders: Offsets,
    /// Where something else leads that cannot lead elsewhere.
    pinned: Offsets,
    /// Beginnings of instructions of which something is left.
    left: Offsets,
    /// Beginnings of instructions that are gone because their block is.
    gone: Offsets,
    /// For beginnings of blocks that are gone, those that do the same.
    others: FxHashMap<u32, u32>,
    /// Instructions of blocks.
    bytes: Vec<u8>,
}

/// Removes blocks that are there already. `starts` says where instructions begin.
pub fn run(survey: &mut Survey, code: &[u8], marks: &Marks, starts: &Offsets) {
    let none = || Offsets::none(code.len());
    let (leaders, pinned, left, gone) = (none(), none(), starts.clone(), none());
    let others = FxHashMap::default();
    let mut merge = Merge { survey, code, marks, starts, leaders, pinned, left, gone, others, bytes: Vec::new() };
    merge.look_around();
    for _ in 0..ROUNDS {
        if !merge.round() {
            break;
        }
    }
    merge.finish();
}

impl Merge<'_> {
    fn look_around(&mut self) {
        for piece in &self.survey.pieces {
            match &piece.change {
                Change::Branch(target, _) => {
                    self.leaders.insert(*target);
                    // There is no room for a longer distance.
                    if piece.len == 2 {
                        self.pinned.insert(*target);
                    }
                }
                Change::Replace(bytes) | Change::ReplaceInFrame(bytes) => {
                    if bytes.as_slice().is_empty() {
                        self.left.remove(piece.at);
                    }
                }
                Change::Align => {}
            }
        }
        for reference in &self.survey.references {
            self.leaders.insert(reference.target);
            if !reference.is_entry() {
                self.pinned.insert(reference.target);
            }
        }
    }

    /// Removes what can be removed at once. Whether there was anything.
    fn round(&mut self) -> bool {
        self.bytes.clear();
        let mut blocks = self.blocks();
        let bytes = &self.bytes;
        let key = |block: &Block| (block.target, &bytes[block.body.clone()]);
        blocks.sort_by(|one, other| key(one).cmp(&key(other)).then(one.start.cmp(&other.start)));
        let groups: Vec<usize> = blocks.chunk_by(|one, other| key(one) == key(other)).map(<[_]>::len).collect();
        let mut any = false;
        let mut rest = &blocks[..];
        for len in groups {
            let (group, others) = rest.split_at(len);
            rest = others;
            // Where there is nothing but a jump, the target does the same.
            let empty = group[0].body.is_empty();
            let kept = if empty { None } else { group.iter().position(|block| !self.can_go(block)).or(Some(0)) };
            let other = kept.map_or(group[0].target, |kept| group[kept].start);
            for (index, block) in group.iter().enumerate() {
                any |= Some(index) != kept && self.replace(block, other);
            }
        }
        any
    }

    /// Blocks that end with a jump or a return, and those that precede what they lead to.
    fn blocks(&mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for index in 0..self.survey.pieces.len() {
            let piece = &self.survey.pieces[index];
            let (at, end) = (piece.at, piece.end());
            let Change::Branch(target, JUMP) = piece.change else { continue };
            let target = self.other(target);
            if !self.gone.has(at)
                && let Some((start, body)) = self.body(at, false)
                && start != target
            {
                blocks.push(Block { start, end, target, body, leaves: true });
            }
        }
        for index in 0..self.survey.returns.len() {
            let at = self.survey.returns[index];
            if !self.gone.has(at)
                && let Some((start, mut body)) = self.body(at, false)
                && let Some(end) = self.starts.after(at)
            {
                self.bytes.extend(&self.code[at as usize..end as usize]);
                body.end = self.bytes.len();
                blocks.push(Block { start, end, target: RETURN, body, leaves: true });
            }
        }
        let mut targets: Vec<u32> =
            blocks.iter().map(|block| block.target).filter(|target| *target != RETURN).collect();
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            if let Some((start, body)) = self.body(target, true)
                && !body.is_empty()
            {
                blocks.push(Block { start, end: target, target, body, leaves: false });
            }
        }
        blocks
    }

    /// The instructions before a jump, or before a block that they go on with, back to where a block begins. `None` if they are not
    /// to be removed.
    fn body(&mut self, end: u32, goes_on: bool) -> Option<(u32, std::ops::Range<usize>)> {
        let mut instructions = [(0, 0); INSTRUCTIONS];
        let mut count = 0;
        let mut start = end;
        while start > 0 && (!self.leaders.has(start) || goes_on && start == end) {
            let at = self.starts.before(start)?;
            if self.left.has(at) && self.branch_at(at).is_some() {
                break;
            }
            if !self.gone.has(at) && !self.is_plain(at, start) {
                return None;
            }
            if self.left.has(at) {
                *instructions.get_mut(count)? = (at, start);
                count += 1;
            }
            start = at;
        }
        let before = self.bytes.len();
        for (at, end) in instructions[..count].iter().rev() {
            match self.survey.change_at(*at) {
                Some(Change::Replace(bytes) | Change::ReplaceInFrame(bytes)) => self.bytes.extend(bytes.as_slice()),
                _ => self.bytes.extend(&self.code[*at as usize..*end as usize]),
            }
        }
        Some((start, before..self.bytes.len()))
    }

    /// Whether an instruction does the same anywhere, and nobody wants to know where it is.
    fn is_plain(&self, at: u32, end: u32) -> bool {
        let bytes = &self.code[at as usize..end as usize];
        let Some(instruction) = decode(bytes).filter(|instruction| instruction.len == bytes.len()) else {
            return false;
        };
        let leaves = instruction.encoding == Encoding::Legacy
            && match instruction.map {
                0 => matches!(instruction.opcode, 0x70..=0x7f | 0xc2 | 0xc3 | 0xcc | 0xe8..=0xeb | 0xff),
                1 => matches!(instruction.opcode, 0x0b | 0x80..=0x8f),
                _ => false,
            };
        !leaves
            && !instruction.is_relative()
            && !self.marks.is_relocated(at, bytes.len())
            && self.marks.trap_at(at).is_none()
    }

    /// The branch there.
    fn branch_at(&self, at: u32) -> Option<(u32, u8)> {
        match *self.survey.change_at(at)? {
            Change::Branch(target, short) => Some((target, short)),
            Change::Replace(_) | Change::ReplaceInFrame(_) | Change::Align => None,
        }
    }

    /// The first instruction that is left from an offset on, if it is near.
    fn first_from(&self, offset: u32) -> Option<u32> {
        if self.left.has(offset) { Some(offset) } else { self.left.after(offset) }
    }

    /// The block that does the same as one that is gone.
    fn other(&self, mut start: u32) -> u32 {
        while let Some(other) = self.others.get(&start) {
            start = *other;
        }
        start
    }

    /// Whether a block can be removed: if it is not entered from above, or if a branch goes over it.
    fn can_go(&self, block: &Block) -> bool {
        if !block.leaves || block.start == 0 || self.pinned.has(block.start) {
            return false;
        }
        let Some(before) = self.left.before(block.start) else { return false };
        if self.leaders.after(before).is_some_and(|leader| leader < block.start) {
            // Nothing of what begins there is left, but it goes on with the block.
            return false;
        }
        match self.branch_at(before) {
            Some((_, JUMP)) => true,
            Some((target, _)) => {
                // A short branch cannot lead elsewhere.
                let over = self.first_from(self.other(target));
                let short = self.starts.after(before).is_none_or(|end| end - before == 2);
                !short && over.is_some() && over == self.first_from(block.end)
            }
            _ => self.leaves(before),
        }
    }

    /// Whether nothing is run behind an instruction that is no branch.
    fn leaves(&self, at: u32) -> bool {
        let Some(instruction) = decode(&self.code[at as usize..]) else { return false };
        instruction.is(0xc2)
            || instruction.is(0xc3)
            || instruction.is(0xe9)
            || instruction.is(0xff) && instruction.reg() == Some(4)
            || instruction.encoding == Encoding::Legacy && instruction.map == 1 && instruction.opcode == 0x0b
    }

    /// Removes a block, if it can be removed, for another that does the same.
    fn replace(&mut self, block: &Block, other: u32) -> bool {
        let other = self.other(other);
        if other == block.start || !self.can_go(block) {
            return false;
        }
        if let Some(before) = self.left.before(block.start)
            && let Ok(index) = self.survey.pieces.binary_search_by_key(&before, |piece| piece.at)
            && let Change::Branch(target, short) = &mut self.survey.pieces[index].change
            && *short != JUMP
        {
            *target = other;
            *short ^= 1;
        }
        self.leaders.remove(block.start);
        self.leaders.insert(other);
        self.others.insert(block.start, other);
        let mut at = block.start;
        while at < block.end {
            self.gone.insert(at);
            self.left.remove(at);
            at = self.starts.after(at).unwrap_or(block.end);
        }
        true
    }

    /// Lets branches lead to what is left, removes jumps to the next instruction, and writes down what is gone.
    fn finish(&mut self) {
        let mut pieces = std::mem::take(&mut self.survey.pieces);
        for piece in &mut pieces {
            if let Change::Branch(target, _) = &mut piece.change {
                *target = self.other(*target);
            }
        }
        self.survey.pieces = pieces;
        for index in 0..self.survey.references.len() {
            if self.survey.references[index].is_entry() {
                self.survey.references[index].target = self.other(self.survey.references[index].target);
            }
        }
        for index in (0..self.survey.pieces.len()).rev() {
            let piece = &self.survey.pieces[index];
            if let Change::Branch(target, JUMP) = piece.change
                && target >= piece.end()
                && self.first_from(piece.end()).is_some_and(|next| self.first_from(target) == Some(next))
            {
                self.gone.insert(piece.at);
                self.left.remove(piece.at);
            }
        }
        self.write_down();
    }

    /// Makes pieces of what is gone.
    fn write_down(&mut self) {
        let gone = self.gone.iter().map(|at| {
            let end = self.starts.after(at).unwrap_or(self.code.len() as u32);
            Piece { at, len: (end - at) as u8, change: Change::Replace(Bytes::default()) }
        });
        let gone = gone.collect();
        self.survey.put(gone);
    }
}
