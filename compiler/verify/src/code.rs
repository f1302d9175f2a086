//! A function's instructions and blocks, found from its entry along all branches; what may be in no code at all.

use std::collections::{BTreeSet, HashMap};

use iced_x86::{Code, CpuidFeature, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

use crate::image::{Function, Image, Reference, Spot, Target, Unit};
use crate::{Finding, Problem};

/// Instructions in a row without a branch into them.
#[derive(Clone, Debug)]
pub struct Block {
    /// Position of the first instruction.
    pub first: usize,
    /// Position behind the last one.
    pub end: usize,
}

/// A jump through a table of distances from the table's start.
#[derive(Clone, Debug)]
pub struct JumpTable {
    /// Offsets in the code of the targets, in order.
    pub targets: Vec<u64>,
}

/// A function's code.
pub struct Body {
    /// In address order.
    pub instructions: Vec<Instruction>,
    /// In address order; the function's entry is the block at its start.
    pub blocks: Vec<Block>,
    /// Blocks by the address of their first instruction.
    pub block_at: HashMap<u64, usize>,
    /// Tables by their address.
    pub tables: HashMap<u64, JumpTable>,
}

/// Where a direct branch or call leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Destination {
    /// Into the function itself.
    Own(u64),
    /// To the start of a function.
    Function(Spot),
    /// To the runtime.
    Runtime(String),
    /// To a place that is no start of a function.
    Nowhere,
}

/// Finds out where a branch or call leads.
pub fn destination(image: &Image, spot: Spot, function: &Function, instruction: &Instruction) -> Destination {
    let target = match relocation(image, spot, instruction) {
        // The field is the last one of the instruction.
        Some((_, Reference { relative: true, target: Target::Spot(target) })) => target.at(4),
        Some((_, Reference { relative: true, target: Target::Runtime(name) })) => {
            return Destination::Runtime(name.clone());
        }
        Some(_) => return Destination::Nowhere,
        None => Spot { offset: instruction.near_branch_target(), ..spot },
    };
    let here = target.unit == spot.unit && target.section == spot.section;
    // A function that sets up no frame may begin with a loop; a call of itself, or a jump in the place of one, refers to the symbol.
    let is_loop = target.offset == function.start
        && matches!(instruction.flow_control(), FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch)
        && relocation(image, spot, instruction).is_none();
    if here && (is_loop || (function.start + 1..function.end).contains(&target.offset)) {
        return Destination::Own(target.offset);
    }
    match image.function_at(target) {
        Some(_) => Destination::Function(target),
        None => Destination::Nowhere,
    }
}

/// The relocated field of an instruction: its offset in the instruction, and what it stands for.
pub fn relocation<'a>(image: &'a Image, spot: Spot, instruction: &Instruction) -> Option<(u64, &'a Reference)> {
    (1..instruction.len() as u64).find_map(|at| {
        let spot = Spot { offset: instruction.ip() + at, ..spot };
        image.reference(spot).map(|reference| (at, reference))
    })
}

/// Decodes a function. Findings are added: instructions that overlap, that cannot be decoded, that may not be there.
pub fn discover(image: &Image, unit: &Unit, spot: Spot, function: &Function, findings: &mut Vec<Finding>) -> Body {
    let text = image.bytes(Spot { offset: 0, ..spot }, function.end).unwrap_or_default();
    let mut search = Search {
        image,
        unit,
        spot,
        function,
        decoder: Decoder::with_ip(64, text, 0, DecoderOptions::NONE),
        found: HashMap::new(),
        covered: vec![false; (function.end - function.start) as usize],
        leaders: BTreeSet::new(),
        pending: vec![function.start],
        tables: HashMap::new(),
        findings,
    };
    search.leaders.insert(function.start);
    while let Some(start) = search.pending.pop() {
        search.follow(start);
    }
    search.finish()
}

struct Search<'a> {
    image: &'a Image,
    unit: &'a Unit,
    spot: Spot,
    function: &'a Function,
    decoder: Decoder<'a>,
    found: HashMap<u64, Instruction>,
    covered: Vec<bool>,
    leaders: BTreeSet<u64>,
    pending: Vec<u64>,
    tables: HashMap<u64, JumpTable>,
    findings: &'a mut Vec<Finding>,
}

impl Search<'_> {
    fn report(&mut self, at: u64, problem: Problem) {
        self.findings.push(Finding { unit: self.spot.unit, offset: at, problem });
    }

    fn lead(&mut self, target: u64) {
        if self.leaders.insert(target) && !self.found.contains_key(&target) {
            self.pending.push(target);
        }
    }

    /// Decodes from an address to where control does not go on, or comes to what is decoded already.
    fn follow(&mut self, start: u64) {
        let mut at = start;
        let mut recent: Vec<Instruction> = Vec::new();
        while !self.found.contains_key(&at) {
            if at >= self.function.end || self.decoder.set_position(at as usize).is_err() {
                return self.report(at, Problem::RunsOff);
            }
            self.decoder.set_ip(at);
            let instruction = self.decoder.decode();
            if instruction.is_invalid() || instruction.next_ip() > self.function.end {
                return self.report(at, Problem::Undecodable);
            }
            let covered = (at - self.function.start) as usize..(instruction.next_ip() - self.function.start) as usize;
            if self.covered[covered.clone()].contains(&true) {
                return self.report(at, Problem::Overlap);
            }
            self.covered[covered].fill(true);
            self.found.insert(at, instruction);
            if !is_allowed(&instruction) {
                self.report(at, Problem::Forbidden(instruction.mnemonic()));
            }
            if !self.goes_on(&instruction, &recent) {
                return;
            }
            recent.push(instruction);
            at = instruction.next_ip();
        }
        if at != start {
            self.leaders.insert(at);
        }
    }

    /// Notes where an instruction leads; says whether the next one follows.
    fn goes_on(&mut self, instruction: &Instruction, recent: &[Instruction]) -> bool {
        match instruction.flow_control() {
            FlowControl::Next => true,
            FlowControl::Call | FlowControl::IndirectCall => {
                if let Some((_, handlers)) = self.unit.handlers.get(&instruction.next_ip()) {
                    for handler in handlers.clone() {
                        self.lead(handler);
                    }
                    self.lead(instruction.next_ip());
                }
                true
            }
            FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch => {
                if let Destination::Own(target) = destination(self.image, self.spot, self.function, instruction) {
                    self.lead(target);
                }
                let conditional = instruction.flow_control() == FlowControl::ConditionalBranch;
                if conditional {
                    self.lead(instruction.next_ip());
                }
                conditional
            }
            FlowControl::IndirectBranch => {
                self.table(recent, instruction.next_ip());
                false
            }
            FlowControl::Return | FlowControl::Exception | FlowControl::Interrupt => false,
            FlowControl::XbeginXabortXend => true,
        }
    }

    /// Reads the table of a jump, whose address was loaded shortly before. How long it is, is a guess here: by the constant that the index
    /// was clamped to; else it goes on no farther than the first place to which anything in it leads. Whether the index is always below
    /// that is checked later.
    fn table(&mut self, recent: &[Instruction], jump_end: u64) {
        let base =
            recent.iter().rev().take(8).find(|instruction| {
                instruction.mnemonic() == Mnemonic::Lea && instruction.memory_base() == Register::RIP
            });
        let Some(base) = base.map(Instruction::ip_rel_memory_address) else { return };
        if base < jump_end || base >= self.function.end || self.tables.contains_key(&base) {
            return;
        }
        let limit = clamped_to(recent).map_or(usize::MAX, |last| last as usize + 1);
        let mut end = self.function.end;
        let mut targets = Vec::new();
        let mut at = base;
        while at + 4 <= end && targets.len() < limit {
            let Ok(distance) = self.image.u32(Spot { offset: at, ..self.spot }) else { break };
            let target = base.wrapping_add_signed(i64::from(distance as i32));
            if target < self.function.start || target >= self.function.end {
                break;
            }
            if target > base {
                end = end.min(target);
            }
            targets.push(target);
            at += 4;
        }
        for target in &targets {
            self.lead(*target);
        }
        self.tables.insert(base, JumpTable { targets });
    }

    fn finish(self) -> Body {
        let mut instructions: Vec<Instruction> = self.found.into_values().collect();
        instructions.sort_unstable_by_key(Instruction::ip);
        let mut blocks: Vec<Block> = Vec::new();
        let mut block_at = HashMap::new();
        let mut last = None;
        for (at, instruction) in instructions.iter().enumerate() {
            let joined = last.is_some_and(|last: &Instruction| last.next_ip() == instruction.ip() && !ends_block(last));
            if !joined || self.leaders.contains(&instruction.ip()) {
                block_at.insert(instruction.ip(), blocks.len());
                blocks.push(Block { first: at, end: at + 1 });
            } else if let Some(block) = blocks.last_mut() {
                block.end = at + 1;
            }
            last = Some(instruction);
        }
        Body { instructions, blocks, block_at, tables: self.tables }
    }
}

/// The constant to which the index of the last instructions' jump was clamped: `mov`, `cmp` and `cmov` with one register.
fn clamped_to(recent: &[Instruction]) -> Option<u32> {
    let mut before = recent.iter().rev().skip_while(|instruction| {
        instruction.op_count() != 2
            || !matches!(
                instruction.mnemonic(),
                Mnemonic::Cmovb | Mnemonic::Cmovbe | Mnemonic::Cmova | Mnemonic::Cmovae
            )
    });
    let index = before.next()?.op0_register();
    let load = { before }.find(|instruction| {
        instruction.mnemonic() == Mnemonic::Mov && instruction.op_count() == 2 && instruction.op0_register() == index
    })?;
    (load.op1_kind() == OpKind::Immediate32).then(|| load.immediate32())
}

/// Whether control does not always go on behind an instruction.
pub fn ends_block(instruction: &Instruction) -> bool {
    !matches!(
        instruction.flow_control(),
        FlowControl::Next | FlowControl::Call | FlowControl::IndirectCall | FlowControl::XbeginXabortXend
    )
}

/// Whether an instruction may be in guest code at all: it computes, loads, stores or branches, and nothing else.
fn is_allowed(instruction: &Instruction) -> bool {
    let is_other = instruction.is_privileged()
        || instruction.is_string_instruction()
        || instruction.is_save_restore_instruction()
        || instruction.segment_prefix() != Register::None
        || matches!(instruction.flow_control(), FlowControl::XbeginXabortXend | FlowControl::Interrupt);
    let far = (0..instruction.op_count())
        .any(|op| matches!(instruction.op_kind(op), OpKind::FarBranch16 | OpKind::FarBranch32));
    let registers = (0..instruction.op_count()).filter(|op| instruction.op_kind(*op) == OpKind::Register);
    let ordinary = { registers }.all(|op| {
        let register = instruction.op_register(op);
        register.is_gpr() || register.is_vector_register() || register.is_k()
    });
    // The bit of a register's number may be anywhere, not only in what the operand says.
    let anywhere = instruction.mnemonic() == Mnemonic::Bt
        && instruction.op0_kind() == OpKind::Memory
        && instruction.op1_kind() == OpKind::Register;
    !is_other && !far && ordinary && !anywhere && is_known(instruction)
}

/// Whether an instruction's kind is among those that computing takes.
fn is_known(instruction: &Instruction) -> bool {
    use Mnemonic::*;
    // Of the extensions for vectors some change how the processor computes.
    if matches!(instruction.mnemonic(), Ldmxcsr | Stmxcsr | Vldmxcsr | Vstmxcsr | Sfence | Lfence | Clflush) {
        return false;
    }
    let vectors = |feature: &CpuidFeature| {
        use CpuidFeature as F;
        matches!(
            feature,
            F::SSE
                | F::SSE2
                | F::SSE3
                | F::SSSE3
                | F::SSE4_1
                | F::SSE4_2
                | F::AVX
                | F::AVX2
                | F::FMA
                | F::F16C
                | F::AVX512F
                | F::AVX512VL
                | F::AVX512DQ
                | F::AVX512BW
                | F::AVX512CD
                | F::AVX512_VBMI
                | F::AVX512_VBMI2
                | F::AVX512_BITALG
                | F::AVX512_VPOPCNTDQ
                | F::BMI1
                | F::BMI2
                | F::LZCNT
                | F::POPCNT
                | F::CMPXCHG16B
        )
    };
    let features = instruction.cpuid_features();
    if features.iter().all(vectors) || instruction.mnemonic() == Mfence {
        return true;
    }
    matches!(
        instruction.mnemonic(),
        Mov | Movzx
            | Movsx
            | Movsxd
            | Lea
            | Push
            | Pop
            | Leave
            | Add
            | Adc
            | Sub
            | Sbb
            | And
            | Or
            | Xor
            | Not
            | Neg
            | Inc
            | Dec
            | Cmp
            | Test
            | Imul
            | Mul
            | Div
            | Idiv
            | Shl
            | Shr
            | Sar
            | Rol
            | Ror
            | Shld
            | Shrd
            | Bt
            | Bsf
            | Bsr
            | Bswap
            | Cbw
            | Cwde
            | Cdqe
            | Cwd
            | Cdq
            | Cqo
            | Xchg
            | Xadd
            | Cmpxchg
            | Nop
            | Ud2
            | Ret
            | Call
            | Jmp
    ) || is_conditional(instruction.code())
}

/// `jcc`, `setcc`, `cmovcc`
fn is_conditional(code: Code) -> bool {
    code.condition_code() != iced_x86::ConditionCode::None
}
