//! Machine code made smaller after Cranelift, on x86-64: branches in their short form where they reach, stack slots relative to the
//! frame pointer where that takes fewer bytes, and instructions without prefixes that do nothing. No instruction does anything else than
//! before. What is not fully understood stays as it is: each branch must lead to an instruction that was found, and whatever is known of
//! the code (traps, calls, source locations) must lie between instructions.

mod flow;
mod instruction;
mod layout;
mod narrow;
mod registers;
mod slots;
mod survey;

use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};

use layout::Layout;
use survey::Survey;

/// What must be known of code to change it. All offsets are from its first byte.
#[derive(Default)]
pub struct Marks {
    /// Where the linker fills something in, ascending.
    pub relocations: Vec<u32>,
    /// Beginnings and ends of instructions that something refers to.
    pub boundaries: Vec<u32>,
    /// Beginnings of basic blocks and of trapping instructions, ascending: what can follow a jump table.
    pub starts: Vec<u32>,
    /// Alignment of constants behind the code, in bytes.
    pub alignment: u32,
    /// Whether loads and stores of stack slots that do nothing are to go. Nobody else may use the slots.
    pub slots: bool,
}

impl Marks {
    fn of(code: &CompiledCode, slots: bool) -> Marks {
        let buffer = &code.buffer;
        let mut marks = Marks { alignment: buffer.alignment.max(1), ..Marks::default() };
        for relocation in buffer.relocs() {
            marks.relocations.push(relocation.offset);
            if let FinalizedRelocTarget::Func(offset) = relocation.target {
                marks.boundaries.push(offset);
            }
        }
        marks.relocations.sort_unstable();
        let traps = buffer.traps().iter().map(|trap| trap.offset);
        marks.starts.extend(code.bb_starts.iter().copied().chain(traps));
        marks.starts.sort_unstable();
        marks.boundaries.extend(&marks.starts);
        marks.boundaries.extend(buffer.call_sites().map(|call| call.ret_addr));
        // The collector looks into slots, and handlers are reached by no branch.
        let handlers = || buffer.call_sites().any(|call| !call.exception_handlers.is_empty());
        marks.slots = slots && buffer.user_stack_maps().is_empty() && !handlers();
        marks
    }
}

/// Where what was at an offset is now.
#[derive(Default)]
pub struct OffsetMap {
    /// Ends of instructions that became shorter, ascending, and by how many bytes all up to there did.
    shorter: Vec<(u32, u32)>,
    /// Where constants begin, and how far they moved.
    constants: Option<(u32, u32)>,
}

impl OffsetMap {
    /// The new offset.
    pub fn get(&self, offset: u32) -> u32 {
        if let Some((start, distance)) = self.constants
            && offset >= start
        {
            return offset - distance;
        }
        let before = self.shorter.partition_point(|(end, _)| *end <= offset);
        offset - before.checked_sub(1).map_or(0, |last| self.shorter[last].1)
    }
}

/// Code that was made smaller, if it could be, and where everything is in it. With `slots`, what stack slots are loaded and stored
/// for nothing is left out.
pub fn compact(code: &CompiledCode, slots: bool) -> Option<(Vec<u8>, OffsetMap)> {
    compact_code(code.code_buffer(), &Marks::of(code, slots))
}

fn compact_code(code: &[u8], marks: &Marks) -> Option<(Vec<u8>, OffsetMap)> {
    let survey = Survey::of(code, marks)?;
    let layout = Layout::of(&survey, code.len());
    Some(layout.emit(code, &survey, marks))
}

#[cfg(test)]
mod tests;
