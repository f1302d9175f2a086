//! Forms of addresses: what an instruction accesses of linear memories, and what a 32-bit index is the sum of. After the pass
//! `addresses`, accesses whose distance is known have the same address and differ in the displacement, wherever that can be.

use abi::layout::FIXED_MEMORY_BASE;
use cranelift_codegen::ir::{DataFlowGraph, Inst, InstructionData, Opcode, Value, ValueDef, types};

use crate::translate::HEAP_REGION;

/// Most values that a sum is made of; what is more complicated stands for itself.
const MAX_TERMS: usize = 4;

/// Most instructions to look at for one sum.
const MAX_STEPS: usize = 16;

/// A load or store with a displacement.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// The address without the displacement, i64.
    pub address: Value,
    /// What is added to the address.
    pub displacement: i32,
    /// Bytes that are accessed.
    pub size: u8,
}

impl Access {
    /// What `inst` accesses in linear memories, if it is a load or store. Atomic accesses are none.
    pub fn of(dfg: &DataFlowGraph, inst: Inst) -> Option<Access> {
        let (flags, address, displacement, value) = match dfg.insts[inst] {
            InstructionData::Load { flags, arg, offset, .. } => (flags, arg, offset, dfg.first_result(inst)),
            InstructionData::Store { flags, args, offset, .. } => (flags, args[1], offset, args[0]),
            _ => return None,
        };
        if dfg.mem_flags[flags].alias_region()? != dfg.alias_regions.get(HEAP_REGION)? {
            return None;
        }
        let size = match dfg.insts[inst].opcode() {
            Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
            Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
            Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
            Opcode::Load | Opcode::Store => dfg.value_type(value).bytes() as u8,
            // Vectors of 8 bytes, extended.
            _ => 8,
        };
        Some(Access { address: dfg.resolve_aliases(address), displacement: displacement.into(), size })
    }

    /// When it is an access of the fixed memory at a 32-bit index and an offset: those.
    pub fn index_and_offset(&self, dfg: &DataFlowGraph) -> Option<(Value, i64)> {
        let index = extended(dfg, self.address)?;
        let offset = i64::from(self.displacement) - FIXED_MEMORY_BASE as i64;
        (offset >= 0).then_some((index, offset))
    }
}

/// The i32 that `value`, an i64, is the zero-extension of.
pub fn extended(dfg: &DataFlowGraph, value: Value) -> Option<Value> {
    let ValueDef::Result(inst, _) = dfg.value_def(value) else { return None };
    let InstructionData::Unary { opcode: Opcode::Uextend, arg } = dfg.insts[inst] else { return None };
    (dfg.value_type(arg) == types::I32).then(|| dfg.resolve_aliases(arg))
}

/// One operand and the value of the other, which is constant.
fn with_constant(dfg: &DataFlowGraph, [x, y]: [Value; 2]) -> Option<(Value, i64)> {
    match (constant(dfg, x), constant(dfg, y)) {
        (_, Some(constant)) => Some((x, constant)),
        (Some(constant), None) => Some((y, constant)),
        (None, None) => None,
    }
}

/// The value of an `iconst`, sign-extended from its type.
pub fn constant(dfg: &DataFlowGraph, value: Value) -> Option<i64> {
    let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(value)) else { return None };
    let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = dfg.insts[inst] else { return None };
    let unused = 64 - dfg.value_type(value).bits();
    Some(imm.bits() << unused >> unused)
}

/// Values and what each is multiplied by, modulo 2^32, in the order of the values; no value is there twice.
pub type Terms = [Option<(Value, u32)>; MAX_TERMS];

/// A 32-bit value as a sum, modulo 2^32.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sum {
    /// What is added up.
    pub terms: Terms,
    /// What is added besides.
    pub constant: u32,
}

impl Sum {
    /// What `value`, an i32, is the sum of.
    pub fn of(dfg: &DataFlowGraph, value: Value) -> Sum {
        let mut sum = Sum { terms: Terms::default(), constant: 0 };
        let mut work = vec![(value, 1u32)];
        let mut steps = 0;
        while let Some((value, factor)) = work.pop() {
            let value = narrowed(dfg, dfg.resolve_aliases(value));
            steps += 1;
            // Whatever is still to be looked at may need a term of its own.
            let simple = steps > MAX_STEPS || sum.len() + work.len() + 2 > MAX_TERMS;
            if simple && constant(dfg, value).is_none() || !sum.open(dfg, value, factor, &mut work) {
                sum.add_term(value, factor);
            }
        }
        sum.normalize();
        sum
    }

    fn len(&self) -> usize {
        self.terms.iter().flatten().count()
    }

    /// Whether `value` is a sum itself; its parts are then added to the constant or to `work`.
    fn open(&mut self, dfg: &DataFlowGraph, value: Value, factor: u32, work: &mut Vec<(Value, u32)>) -> bool {
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return false };
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                self.constant = self.constant.wrapping_add((imm.bits() as u32).wrapping_mul(factor));
            }
            InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } => work.extend([(x, factor), (y, factor)]),
            InstructionData::Binary { opcode: Opcode::Isub, args: [x, y] } => {
                work.extend([(x, factor), (y, factor.wrapping_neg())]);
            }
            InstructionData::Binary { opcode: Opcode::Ishl, args: [x, y] } => {
                let Some(shift) = constant(dfg, y) else { return false };
                work.push((x, factor.wrapping_shl(shift as u32 & 31)));
            }
            InstructionData::Binary { opcode: Opcode::Imul, args } => {
                let Some((x, constant)) = with_constant(dfg, args) else { return false };
                work.push((x, factor.wrapping_mul(constant as u32)));
            }
            InstructionData::Binary { opcode: Opcode::Bor, args } => match with_constant(dfg, args) {
                Some((x, constant)) if constant as u32 <= low_zeros(dfg, x) => {
                    self.constant = self.constant.wrapping_add((constant as u32).wrapping_mul(factor));
                    work.push((x, factor));
                }
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    fn add_term(&mut self, value: Value, factor: u32) {
        let same = |term: &&mut Option<(Value, u32)>| term.is_none_or(|(other, _)| other == value);
        // `of` leaves room for every value that it has still to look at.
        if let Some(term) = self.terms.iter_mut().find(same) {
            let old = term.map_or(0, |(_, factor)| factor);
            *term = Some((value, old.wrapping_add(factor)));
        }
    }

    fn normalize(&mut self) {
        for term in &mut self.terms {
            *term = term.filter(|(_, factor)| *factor != 0);
        }
        self.terms.sort_by_key(|term| (term.is_none(), *term));
    }
}

/// The low bits that are zero in `value`, as a mask: of a shift to the left.
fn low_zeros(dfg: &DataFlowGraph, value: Value) -> u32 {
    let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(value)) else { return 0 };
    match dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Ishl, args: [_, y] } => {
            constant(dfg, y).map_or(0, |shift| (1u32 << (shift as u32 & 31)) - 1)
        }
        _ => 0,
    }
}

/// The i32 that was extended when `value` is reduced from its extension.
fn narrowed(dfg: &DataFlowGraph, value: Value) -> Value {
    let ValueDef::Result(inst, _) = dfg.value_def(value) else { return value };
    match dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Ireduce, arg } if dfg.value_type(value) == types::I32 => {
            extended(dfg, dfg.resolve_aliases(arg)).unwrap_or(value)
        }
        _ => value,
    }
}
