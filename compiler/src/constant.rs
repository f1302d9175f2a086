//! Constant expressions. In a closed program every one has a value at compile time: it can refer only to constants,
//! functions and immutable globals that were defined before.

use crate::module::ConstOp;
use crate::program::{Location, Program};

/// A value known at compile time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConstValue {
    /// i32
    I32(i32),
    /// i64
    I64(i64),
    /// f32, bits
    F32(u32),
    /// f64, bits
    F64(u64),
    /// v128, little endian
    V128([u8; 16]),
    /// A null reference.
    Null,
    /// A function reference: where its code is.
    Function(Location),
}

impl ConstValue {
    /// The value as an offset or index: i32 is unsigned here.
    pub fn index(self) -> u64 {
        match self {
            ConstValue::I32(value) => u64::from(value as u32),
            ConstValue::I64(value) => value as u64,
            _ => 0,
        }
    }

    /// The 16 bytes of a global's cell, references excepted (those are relocations).
    pub fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        match self {
            ConstValue::I32(value) => bytes[..4].copy_from_slice(&value.to_le_bytes()),
            ConstValue::I64(value) => bytes[..8].copy_from_slice(&value.to_le_bytes()),
            ConstValue::F32(bits) => bytes[..4].copy_from_slice(&bits.to_le_bytes()),
            ConstValue::F64(bits) => bytes[..8].copy_from_slice(&bits.to_le_bytes()),
            ConstValue::V128(value) => bytes = value,
            ConstValue::Null | ConstValue::Function(_) => {}
        }
        bytes
    }
}

/// Initial values of all globals, by module and global index; `None` for imports.
pub fn globals(program: &Program) -> Vec<Vec<Option<ConstValue>>> {
    let mut values: Vec<Vec<Option<ConstValue>>> = Vec::new();
    for (at, module) in program.modules.iter().enumerate() {
        values.push(vec![None; module.imported_globals.len()]);
        for init in &module.global_inits {
            let value = evaluate(program, &values, at, init);
            values[at].push(Some(value));
        }
    }
    values
}

/// Value of a validated constant expression of `module`.
pub fn evaluate(program: &Program, globals: &[Vec<Option<ConstValue>>], module: usize, ops: &[ConstOp]) -> ConstValue {
    let mut stack: Vec<ConstValue> = Vec::new();
    for op in ops {
        let value = match *op {
            ConstOp::I32(value) => ConstValue::I32(value),
            ConstOp::I64(value) => ConstValue::I64(value),
            ConstOp::F32(bits) => ConstValue::F32(bits),
            ConstOp::F64(bits) => ConstValue::F64(bits),
            ConstOp::V128(bytes) => ConstValue::V128(bytes),
            ConstOp::RefNull => ConstValue::Null,
            ConstOp::RefFunc(index) => ConstValue::Function(crate::analyze::code_of(program, module, index)),
            ConstOp::GlobalGet(index) => {
                let location = program.links[module].globals[index as usize];
                globals[location.module][location.index as usize].unwrap_or(ConstValue::Null)
            }
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul => {
                let second = stack.pop();
                let first = stack.pop();
                arithmetic(*op, first, second)
            }
        };
        stack.push(value);
    }
    stack.pop().unwrap_or(ConstValue::Null)
}

fn arithmetic(op: ConstOp, first: Option<ConstValue>, second: Option<ConstValue>) -> ConstValue {
    match (op, first, second) {
        (ConstOp::I32Add, Some(ConstValue::I32(a)), Some(ConstValue::I32(b))) => ConstValue::I32(a.wrapping_add(b)),
        (ConstOp::I32Sub, Some(ConstValue::I32(a)), Some(ConstValue::I32(b))) => ConstValue::I32(a.wrapping_sub(b)),
        (ConstOp::I32Mul, Some(ConstValue::I32(a)), Some(ConstValue::I32(b))) => ConstValue::I32(a.wrapping_mul(b)),
        (ConstOp::I64Add, Some(ConstValue::I64(a)), Some(ConstValue::I64(b))) => ConstValue::I64(a.wrapping_add(b)),
        (ConstOp::I64Sub, Some(ConstValue::I64(a)), Some(ConstValue::I64(b))) => ConstValue::I64(a.wrapping_sub(b)),
        (ConstOp::I64Mul, Some(ConstValue::I64(a)), Some(ConstValue::I64(b))) => ConstValue::I64(a.wrapping_mul(b)),
        _ => ConstValue::Null,
    }
}
