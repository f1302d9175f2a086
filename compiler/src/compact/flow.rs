//! The code of a function as steps between registers and stack slots, in blocks with their successors.

use abi::layout::HOST_STACK;
use rustc_hash::FxHashMap;

use super::instruction::{Encoding, Instruction};
use super::registers::{Effect, FRAME};
use super::survey::Survey;

/// General-purpose registers.
pub const REGISTERS: usize = 16;
/// Most slots that are followed.
const SLOTS: usize = 64;
/// Bytes of a slot.
const SLOT: i32 = 8;
/// Where the stack is touched before a call of host code, from the stack pointer.
const PROBE: i32 = -(HOST_STACK as i32);
/// Most steps of a function that is looked at.
const STEPS: usize = 1 << 18;

/// What an instruction does to registers and slots. In a [`Trace`], slots are positions relative to the frame pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step<Slot = u8> {
    /// A register gets the value of a slot, 64 bits.
    Load { register: u8, slot: Slot },
    /// A slot gets the value of a register, 64 bits.
    Store { register: u8, slot: Slot },
    /// A register gets the value of another, 64 bits.
    Move { to: u8, from: u8 },
    /// Something else that touches no slot.
    Other(Effect),
    /// Something else that reads a slot, all of it or the lower 32 bits.
    Use { slot: Slot, effect: Effect, wide: bool },
    /// Nothing any more.
    Nothing,
}

impl Step {
    /// What it does to registers.
    pub fn effect(&self) -> Effect {
        match *self {
            Step::Load { register, .. } => Effect::load(register),
            Step::Store { register, .. } => Effect::store(register),
            Step::Move { to, from } => Effect::moving(to, from),
            Step::Other(effect) | Step::Use { effect, .. } => effect,
            Step::Nothing => Effect::NOTHING,
        }
    }
}

/// How a block ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The function returns, traps, or calls another in its place.
    Leaves,
    /// A jump to the target of the branch there; on a condition, else the next instruction follows.
    Branch { conditional: bool },
    /// A jump through the table that follows.
    Table,
}

/// What was seen of the instructions of a function, in order.
#[derive(Default)]
pub struct Trace {
    /// Whether there is something that is not understood.
    failed: bool,
    /// Whether nothing is known of the stack pointer, so that no slots are followed.
    frameless: bool,
    /// A register that has a copy of the stack pointer. It serves to touch the stack in the same block, and for nothing else.
    copy: Option<u8>,
    steps: Vec<(u32, Step<i32>)>,
    /// Where instructions that end blocks are, where they end, and how.
    ends: Vec<(u32, u32, End)>,
    /// Accesses of the frame that are no steps: positions and sizes.
    others: Vec<(i32, i32)>,
}

impl Trace {
    /// Nothing was seen yet.
    pub fn new(frameless: bool) -> Trace {
        Trace { frameless, ..Trace::default() }
    }

    /// Takes note that there is something that is not understood.
    pub fn fail(&mut self) {
        self.failed = true;
    }

    /// Takes note of an instruction. `bytes` begins with it, `frame` is how far the stack pointer is below the frame pointer.
    /// `effect` is what it does if more is known of that than the instruction says.
    pub fn push(
        &mut self,
        (at, bytes): (u32, &[u8]),
        instruction: &Instruction,
        relocated: bool,
        frame: i32,
        effect: Option<Effect>,
    ) {
        let end = at + instruction.len as u32;
        let branch = |conditional| Some((at, end, End::Branch { conditional }));
        let leaves = Some((at, end, End::Leaves));
        let is_jump = matches!(instruction.opcode, 0xe9 | 0xeb);
        self.ends.extend(match (instruction.encoding, instruction.map, instruction.opcode) {
            (Encoding::Legacy, 0, 0xe9 | 0xeb) if relocated => leaves,
            (Encoding::Legacy, 0, 0xe9 | 0xeb) => branch(false),
            (Encoding::Legacy, 0, 0x70..=0x7f) | (Encoding::Legacy, 1, 0x80..=0x8f) => branch(true),
            (Encoding::Legacy, 0, 0xc2 | 0xc3) | (Encoding::Legacy, 1, 0x0b) => leaves,
            (Encoding::Legacy, 0, 0xff) if instruction.reg() == Some(4) => Some((at, end, End::Table)),
            _ => None,
        });
        // A call in this one's place takes arguments.
        let is_call = relocated && instruction.encoding == Encoding::Legacy && instruction.map == 0 && is_jump;
        let step = match effect {
            _ if is_call => Step::Other(Effect::UNKNOWN),
            Some(effect) => Step::Other(effect),
            None => self.step(bytes, instruction, frame),
        };
        if let Some(copy) = self.copy {
            self.follow_copy(copy, bytes, instruction, effect.unwrap_or_else(|| Effect::of(bytes, instruction)));
            self.failed |= self.copy.is_some() && self.ends.last().is_some_and(|(last, _, _)| *last == at);
        }
        self.copy = self.copy.or(stack_pointer_copy(bytes, instruction));
        self.failed |= self.steps.len() >= STEPS;
        if !self.failed {
            self.steps.push((at, step));
        }
    }

    fn step(&mut self, bytes: &[u8], instruction: &Instruction, frame: i32) -> Step<i32> {
        let effect = Effect::of(bytes, instruction);
        let wide = instruction.rex & 8 != 0 && matches!(bytes[0], 0x48..=0x4f);
        let register = |number: Option<u8>, extension: u8| {
            number.map(|number| number | if instruction.rex & extension == 0 { 0 } else { 8 })
        };
        let (reg, rm) = (register(instruction.reg(), 4), register(instruction.rm(), 1));
        let is_move = wide && (instruction.is(0x89) || instruction.is(0x8b));
        if let Some(position) = self.position(bytes, instruction, frame) {
            let is_frame = reg.is_some_and(|reg| FRAME >> reg & 1 == 1);
            return match reg {
                Some(register) if is_move && instruction.is(0x8b) && !is_frame => {
                    Step::Load { register, slot: position }
                }
                Some(register) if is_move && !is_frame => Step::Store { register, slot: position },
                _ => {
                    // Its address is computed.
                    self.failed |= instruction.is(0x8d);
                    let size = if instruction.encoding == Encoding::Legacy { 16 } else { 64 };
                    self.others.push((position, size));
                    Step::Other(effect)
                }
            };
        }
        let is_frame = |register: Option<u8>| register.is_some_and(|register| FRAME >> register & 1 == 1);
        // What changes the frame is known to be no other than the prologue and the epilogue.
        let sets_up = matches!(bytes, [0x48, 0x89, 0xe5 | 0xec, ..]);
        if is_any_move(instruction) && !sets_up && stack_pointer_copy(bytes, instruction).is_none() {
            let is_register = instruction.mode() == Some(3);
            // The address of the frame goes elsewhere.
            self.failed |= is_frame(reg) || is_register && is_frame(rm);
        }
        match (reg, rm) {
            (Some(reg), Some(rm))
                if is_move && instruction.mode() == Some(3) && !is_frame(Some(reg)) && !is_frame(Some(rm)) =>
            {
                let (to, from) = if instruction.is(0x89) { (rm, reg) } else { (reg, rm) };
                Step::Move { to, from }
            }
            _ => Step::Other(effect),
        }
    }

    /// What an instruction does to a copy of the stack pointer.
    fn follow_copy(&mut self, copy: u8, bytes: &[u8], instruction: &Instruction, effect: Effect) {
        let gone = match touched_into(bytes, instruction, copy) {
            Some(register) => register == copy,
            None => {
                self.failed |= effect.reads >> copy & 1 == 1;
                effect.sets >> copy & 1 == 1
            }
        };
        self.copy = Some(copy).filter(|_| !gone);
        // There may be another one.
        self.failed |= self.copy.is_some() && stack_pointer_copy(bytes, instruction).is_some();
    }

    /// Where an operand in the frame is, relative to the frame pointer.
    fn position(&mut self, bytes: &[u8], instruction: &Instruction, frame: i32) -> Option<i32> {
        let (mode, rm) = (instruction.mode()?, instruction.rm()?);
        if mode == 3 || instruction.encoding == Encoding::Evex && !matches!(rm, 4 | 5) {
            return None;
        }
        let low = instruction.rex & 1 == 0 || instruction.encoding == Encoding::Evex;
        let (base, index) = match instruction.sib {
            Some(sib) => (sib & 7, (sib >> 3 & 7 != 4 || instruction.rex & 2 != 0).then_some(sib >> 3 & 7)),
            None => (rm, None),
        };
        let is_base = low && (base == 4 || base == 5 && mode != 0);
        let indexed = index == Some(5) && instruction.rex & 2 == 0;
        if !is_base && !indexed {
            return None;
        }
        let displacement = instruction.displacement_of(bytes);
        // A computed position, or a scaled displacement.
        self.failed |= index.is_some() || instruction.encoding == Encoding::Evex;
        Some(if base == 4 { displacement.wrapping_sub(frame) } else { displacement })
    }

    /// The blocks of the function, if everything is understood.
    pub fn finish(self, survey: &Survey) -> Option<Flow> {
        if self.failed || self.copy.is_some() || self.steps.is_empty() {
            return None;
        }
        let slots = self.slots()?;
        let numbered = self.steps.iter().map(|(at, step)| {
            let step = match *step {
                Step::Load { register, slot } => match slots.get(&slot) {
                    Some(slot) => Step::Load { register, slot: *slot },
                    None => Step::Other(Effect::load(register)),
                },
                Step::Store { register, slot } => match slots.get(&slot) {
                    Some(slot) => Step::Store { register, slot: *slot },
                    None => Step::Other(Effect::store(register)),
                },
                Step::Move { to, from } => Step::Move { to, from },
                Step::Other(effect) => Step::Other(effect),
                // None is seen in code.
                Step::Use { effect, .. } => Step::Other(effect),
                Step::Nothing => Step::Nothing,
            };
            (*at, step)
        });
        let has_slots = !slots.is_empty();
        let mut flow = Flow { steps: numbered.collect(), blocks: Vec::new(), has_slots, targets: Vec::new() };
        flow.connect(survey, &self.ends)?;
        Some(flow)
    }

    /// The slots that are followed, numbered: below the frame pointer, loaded and stored, and only as a whole.
    fn slots(&self) -> Option<FxHashMap<i32, u8>> {
        if self.frameless {
            return Some(FxHashMap::default());
        }
        let mut uses: FxHashMap<i32, (u32, u32)> = FxHashMap::default();
        for (_, step) in &self.steps {
            match *step {
                Step::Load { slot, .. } => uses.entry(slot).or_default().0 += 1,
                Step::Store { slot, .. } => uses.entry(slot).or_default().1 += 1,
                _ => {}
            }
        }
        // Slots lie side by side.
        let aligned = uses.keys().all(|slot| slot % SLOT == 0);
        for (position, size) in &self.others {
            let first = position.div_euclid(SLOT) * SLOT;
            let mut slot = first;
            while slot < position.saturating_add(*size) {
                uses.remove(&slot);
                slot += SLOT;
            }
        }
        let mut used: Vec<(i32, u32)> = uses
            .into_iter()
            .filter(|(slot, (loads, stores))| *slot < 0 && *loads > 0 && *stores > 0)
            .map(|(slot, (loads, stores))| (slot, loads + stores))
            .collect();
        used.sort_unstable_by_key(|(slot, count)| (std::cmp::Reverse(*count), *slot));
        used.truncate(SLOTS);
        let numbered = used.iter().enumerate().map(|(number, (slot, _))| (*slot, number as u8)).collect();
        aligned.then_some(numbered)
    }
}

/// The register to which the stack pointer is copied: `mov REGISTER, rsp`.
fn stack_pointer_copy(bytes: &[u8], instruction: &Instruction) -> Option<u8> {
    match *bytes {
        [rex @ (0x48 | 0x49), 0x89, modrm @ 0xe0..=0xe7, ..] if modrm != 0xe5 || rex == 0x49 => {
            instruction.rm().map(|rm| rm | (rex & 1) << 3)
        }
        _ => None,
    }
}

/// The register that is loaded when memory below the stack is touched through another, as it is before calls of the runtime: `movzx`.
fn touched_into(bytes: &[u8], instruction: &Instruction, base: u8) -> Option<u8> {
    let is_base = instruction.rm() == Some(base & 7) && instruction.rex & 1 == base >> 3 && instruction.sib.is_none();
    let loads = (instruction.encoding, instruction.map, instruction.opcode) == (Encoding::Legacy, 1, 0xb6);
    let touches = loads && is_base && instruction.mode() == Some(2);
    let below = instruction.displacement_of(bytes) == PROBE;
    instruction.reg().filter(|_| touches && below).map(|reg| reg | (instruction.rex & 4) << 1)
}

/// Whether an instruction moves or adds registers of 32 or 64 bits.
fn is_any_move(instruction: &Instruction) -> bool {
    let moves = matches!(instruction.opcode, 0x01 | 0x03 | 0x29 | 0x2b | 0x63 | 0x87 | 0x89 | 0x8b | 0x8d);
    moves && instruction.encoding == Encoding::Legacy && instruction.map == 0
}

/// A part of the code that is run from its start to its end.
pub struct Block {
    /// The offset of its first instruction.
    start: u32,
    /// Its steps, in [`Flow::steps`].
    steps: std::ops::Range<usize>,
    /// The blocks that can follow, in [`Flow::targets`].
    targets: std::ops::Range<usize>,
}

/// A function as blocks.
pub struct Flow {
    steps: Vec<(u32, Step)>,
    /// In order; the first one is the entry.
    pub blocks: Vec<Block>,
    /// Whether any slot is followed.
    pub has_slots: bool,
    targets: Vec<u32>,
}

impl Flow {
    /// The numbers of the steps of a block. They ascend from block to block.
    pub fn range_of(&self, block: usize) -> std::ops::Range<usize> {
        self.blocks[block].steps.clone()
    }

    /// The steps of a block, with their offsets.
    pub fn steps_of(&self, block: usize) -> &[(u32, Step)] {
        &self.steps[self.blocks[block].steps.clone()]
    }

    /// The same to change.
    pub fn steps_of_mut(&mut self, block: usize) -> &mut [(u32, Step)] {
        &mut self.steps[self.blocks[block].steps.clone()]
    }

    /// How much there is to look at.
    pub fn size(&self) -> usize {
        self.steps.len() + self.targets.len() + self.blocks.len()
    }

    /// The blocks that can follow one.
    pub fn successors(&self, block: usize) -> impl ExactSizeIterator<Item = usize> {
        self.targets[self.blocks[block].targets.clone()].iter().map(|block| *block as usize)
    }

    /// Divides the code into blocks, and finds what follows each.
    fn connect(&mut self, survey: &Survey, ends: &[(u32, u32, End)]) -> Option<()> {
        let branches: Vec<(u32, u32)> = survey.branches().collect();
        let mut tables: Vec<(u32, u32)> = survey.tables().collect();
        tables.sort_unstable();
        tables.dedup();
        let targets = branches.iter().chain(&tables).map(|(_, target)| *target);
        let mut starts: Vec<u32> = targets.chain(ends.iter().map(|(_, end, _)| *end)).chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut first = 0;
        for (index, start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(u32::MAX);
            let len = self.steps[first..].partition_point(|(at, _)| *at < end);
            // Nothing begins where a jump table does, or at the end.
            if len > 0 {
                self.blocks.push(Block { start: *start, steps: first..first + len, targets: 0..0 });
            }
            first += len;
        }
        let block_at = |blocks: &[Block], offset: u32| {
            blocks.binary_search_by_key(&offset, |block| block.start).ok().map(|block| block as u32)
        };
        for index in 0..self.blocks.len() {
            let before = self.targets.len();
            let last = self.steps_of(index).last()?.0;
            let end = ends.binary_search_by_key(&last, |(at, _, _)| *at).ok().map(|end| ends[end]);
            let next = (index + 1 < self.blocks.len()).then_some(index as u32 + 1);
            match end {
                None => self.targets.push(next?),
                Some((_, _, End::Leaves)) => {}
                Some((at, end, End::Branch { conditional })) => {
                    let branch = branches.binary_search_by_key(&at, |(at, _)| *at).ok()?;
                    self.targets.push(block_at(&self.blocks, branches[branch].1)?);
                    if conditional {
                        self.targets.push(block_at(&self.blocks, end)?);
                    }
                }
                Some((_, end, End::Table)) => {
                    let entries = tables.partition_point(|(table, _)| *table < end);
                    for (_, target) in tables[entries..].iter().take_while(|(table, _)| *table == end) {
                        self.targets.push(block_at(&self.blocks, *target)?);
                    }
                    // A call in this one's place, or something else that is not known.
                    if self.targets.len() == before {
                        return None;
                    }
                }
            }
            self.blocks[index].targets = before..self.targets.len();
        }
        Some(())
    }
}
