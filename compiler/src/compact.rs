//! Machine code made smaller after Cranelift, on x86-64: branches in their short form where they reach, stack slots relative to the
//! frame pointer where that takes fewer bytes, frames set up and left by short instructions, no prefixes and no loads of stack slots
//! that do nothing, loads as operands of what uses them, symbols accessed without their address in a register, no copies of registers
//! that are as good as the originals, and blocks that are the same only once. What is not fully understood stays as it is: each branch
//! must lead to an instruction that was found, and whatever is known of the code (traps, calls, source locations) must lie between
//! instructions.

mod align;
mod constants;
mod copies;
mod direct;
mod flags;
mod floats;
mod flow;
mod fold;
mod form;
mod frames;
mod instruction;
mod layout;
mod leaf;
mod loaded;
mod merge;
mod narrow;
mod offsets;
mod registers;
mod rewritten;
mod slots;
mod smaller;
mod survey;
mod vector_registers;

use cranelift_codegen::ir::{AbiParam, ExternalName, Function, UserExternalNameRef, types};
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};
use rustc_hash::FxHashMap;

use layout::Layout;
use registers::{Effect, Registers};
use survey::{Change, Survey};

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
    /// Where direct calls end, ascending, and what they do.
    pub calls: Vec<(u32, Effect)>,
    /// Return addresses of all calls, ascending.
    pub returns: Vec<u32>,
    /// Registers with what the function returns.
    pub results: Registers,
    /// What traps, ascending, and the codes of the traps.
    pub traps: Vec<(u32, u8)>,
    /// Whether loads and stores of stack slots that do nothing are to go. Nobody else may use the slots.
    pub slots: bool,
    /// Whether loads are to become operands. Nobody else may use the slots.
    pub fold: bool,
    /// Whether copies of registers that are not needed are to go.
    pub copies: bool,
    /// Whether constants are to come from registers that have them.
    pub constants: bool,
    /// Whether blocks that are the same are to be there once.
    pub merge: bool,
    /// Whether loops are to begin where they touch few lines of code.
    pub align: bool,
    /// Whether other threads may see in which order memory is read.
    pub shared: bool,
    /// Whether frames that are of no use are to go. Nobody else may know of them.
    pub leaf: bool,
    /// Whether addresses on the stack, other than those of slots that are followed, may be in registers.
    pub addressed: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Default)]
pub struct Tasks {
    /// [`Marks::slots`]
    pub slots: bool,
    /// [`Marks::fold`]
    pub fold: bool,
    /// [`Marks::copies`]
    pub copies: bool,
    /// [`Marks::constants`]
    pub constants: bool,
    /// [`Marks::merge`]
    pub merge: bool,
    /// [`Marks::align`]
    pub align: bool,
    /// [`Marks::leaf`]
    pub leaf: bool,
    /// [`Marks::shared`]
    pub shared: bool,
}

impl Marks {
    fn of(code: &CompiledCode, function: &Function, tasks: Tasks) -> Marks {
        let buffer = &code.buffer;
        let mut marks = Marks { alignment: buffer.alignment.max(1), ..Marks::default() };
        marks.results = registers::results(integers(&function.signature.returns));
        let callees = callees(function);
        for relocation in buffer.relocs() {
            marks.relocations.push(relocation.offset);
            if let FinalizedRelocTarget::Func(offset) = relocation.target {
                marks.boundaries.push(offset);
            }
            if let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = relocation.target
                && let Some(effect) = callees.get(&name)
            {
                marks.calls.push((relocation.offset + 4, *effect));
            }
        }
        marks.calls.sort_unstable_by_key(|(end, _)| *end);
        marks.relocations.sort_unstable();
        marks.traps.extend(buffer.traps().iter().map(|trap| (trap.offset, trap.code.as_raw().get())));
        marks.traps.sort_unstable();
        let traps = marks.traps.iter().map(|(offset, _)| *offset);
        marks.starts.extend(code.bb_starts.iter().copied().chain(traps));
        marks.starts.sort_unstable();
        marks.boundaries.extend(&marks.starts);
        marks.returns.extend(buffer.call_sites().map(|call| call.ret_addr));
        marks.returns.sort_unstable();
        marks.boundaries.extend(&marks.returns);
        // The collector looks into slots, and handlers are reached by no branch.
        let handlers = || buffer.call_sites().any(|call| !call.exception_handlers.is_empty());
        let understood = buffer.user_stack_maps().is_empty() && !handlers();
        marks.slots = tasks.slots && understood;
        marks.fold = tasks.fold && understood;
        marks.copies = tasks.copies && understood;
        marks.constants = tasks.constants && understood;
        // The linker may need to know where a block is.
        let own = |target| matches!(target, FinalizedRelocTarget::Func(_));
        marks.merge =
            tasks.merge && !handlers() && !buffer.relocs().iter().any(|relocation| own(relocation.target.clone()));
        marks.align = tasks.align;
        marks.leaf = tasks.leaf && understood;
        marks.shared = tasks.shared;
        marks.addressed = !function.sized_stack_slots.is_empty();
        marks
    }

    /// Whether it matters what registers have.
    fn follows(&self) -> bool {
        self.slots || self.fold || self.copies || self.constants
    }

    /// What the direct call does that ends there.
    fn call_at(&self, end: u32) -> Option<Effect> {
        self.calls.binary_search_by_key(&end, |(end, _)| *end).ok().map(|index| self.calls[index].1)
    }

    /// The code of the trap of an instruction.
    fn trap_at(&self, at: u32) -> Option<u8> {
        self.traps.binary_search_by_key(&at, |(at, _)| *at).ok().map(|index| self.traps[index].1)
    }

    /// Whether the linker fills something in, in so many bytes.
    fn is_relocated(&self, at: u32, len: usize) -> bool {
        let next = self.relocations.partition_point(|relocation| *relocation < at);
        self.relocations.get(next).is_some_and(|relocation| (*relocation as usize) < at as usize + len)
    }
}

/// How many of these are no vectors.
fn integers(values: &[AbiParam]) -> usize {
    let registers = |value: &AbiParam| match value.value_type {
        types::I128 => 2,
        ty if ty.is_int() => 1,
        _ => 0,
    };
    values.iter().map(registers).sum()
}

/// What calls of the functions do that a function calls.
fn callees(function: &Function) -> FxHashMap<UserExternalNameRef, Effect> {
    let mut callees: FxHashMap<UserExternalNameRef, Effect> = FxHashMap::default();
    for callee in function.dfg.ext_funcs.values() {
        let ExternalName::User(name) = callee.name else { continue };
        let signature = &function.dfg.signatures[callee.signature];
        // The address of more results than there are registers is another argument.
        let count = integers(&signature.params) + usize::from(signature.returns.len() > 2);
        let mut arguments = registers::arguments(count);
        if let Some(Effect { reads, .. }) = callees.get(&name) {
            arguments |= reads;
        }
        callees.insert(name, Effect::call(arguments));
    }
    callees
}

/// Where what was at an offset is now.
#[derive(Default)]
pub struct OffsetMap {
    /// Ends of instructions that changed their length, ascending, and how many bytes fewer there are up to there.
    shorter: Vec<(u32, i32)>,
    /// Where constants begin, and how far they moved.
    constants: Option<(u32, i32)>,
    /// Instructions whose traps are those of others now: from and to, in order.
    moved: Vec<(u32, u32)>,
}

impl OffsetMap {
    /// The new offset.
    pub fn get(&self, offset: u32) -> u32 {
        if let Some((start, distance)) = self.constants
            && offset >= start
        {
            return offset.wrapping_add_signed(-distance);
        }
        let before = self.shorter.partition_point(|(end, _)| *end <= offset);
        offset.wrapping_add_signed(before.checked_sub(1).map_or(0, |last| -self.shorter[last].1))
    }

    /// The new offset of a trapping instruction.
    pub fn trap(&self, offset: u32) -> u32 {
        let moved = self.moved.binary_search_by_key(&offset, |(from, _)| *from);
        self.get(moved.map_or(offset, |moved| self.moved[moved].1))
    }
}

/// Code that was made smaller.
pub struct Compacted {
    /// The code.
    pub code: Vec<u8>,
    /// Where everything is in it.
    pub map: OffsetMap,
    /// To what its first byte must be aligned, in bytes.
    pub alignment: u32,
}

/// Makes code smaller, if it can be.
pub fn compact(code: &CompiledCode, function: &Function, tasks: Tasks) -> Option<Compacted> {
    compact_code(code.code_buffer(), &Marks::of(code, function, tasks))
}

fn compact_code(code: &[u8], marks: &Marks) -> Option<Compacted> {
    let survey = Survey::of(code, marks)?;
    let (code, map) = Layout::of(&survey).emit(code, &survey, marks);
    let aligns = survey.pieces.iter().any(|piece| matches!(piece.change, Change::Align));
    let alignment = if aligns { marks.alignment.max(align::LINE) } else { marks.alignment };
    Some(Compacted { code, map, alignment })
}

#[cfg(test)]
mod tests;
