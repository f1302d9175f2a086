//! Constant expressions. In a closed program nearly every one has a value at compile time: it can refer only to constants,
//! functions and immutable globals that were defined before. What allocates objects is left to the initialiser.

use wasmparser::{ConstExpr, Operator};

use crate::analyze::code_of;
use crate::module::ElementItems;
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
    /// `ref.i31`, as references encode it.
    I31(u32),
}

/// Values of globals by module and global index; `None` for imports, and for what only the initialiser can compute.
pub type Globals = [Vec<Option<ConstValue>>];

impl ConstValue {
    /// The value as an offset or index: i32 is unsigned here.
    pub fn index(self) -> u64 {
        match self {
            ConstValue::I32(value) => u64::from(value as u32),
            ConstValue::I64(value) => value as u64,
            _ => 0,
        }
    }

    /// Where the code of a function is; `None` for null and for what is no function.
    pub fn function(self) -> Option<Location> {
        match self {
            ConstValue::Function(location) => Some(location),
            _ => None,
        }
    }

    /// The 16 bytes of a global's cell, references excepted (those are relocations).
    pub fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        match self {
            ConstValue::I32(value) => bytes[..4].copy_from_slice(&value.to_le_bytes()),
            ConstValue::I31(value) => bytes[..4].copy_from_slice(&value.to_le_bytes()),
            ConstValue::I64(value) => bytes[..8].copy_from_slice(&value.to_le_bytes()),
            ConstValue::F32(bits) => bytes[..4].copy_from_slice(&bits.to_le_bytes()),
            ConstValue::F64(bits) => bytes[..8].copy_from_slice(&bits.to_le_bytes()),
            ConstValue::V128(value) => bytes = value,
            ConstValue::Null | ConstValue::Function(_) => {}
        }
        bytes
    }
}

/// Initial values of all globals, see [`Globals`].
pub fn globals(program: &Program) -> Vec<Vec<Option<ConstValue>>> {
    let mut values: Vec<Vec<Option<ConstValue>>> = Vec::new();
    for (at, module) in program.modules.iter().enumerate() {
        values.push(vec![None; module.imported_globals.len()]);
        for init in &module.global_inits {
            let value = evaluate(program, &values, at, init);
            values[at].push(value);
        }
    }
    values
}

/// Value of a validated constant expression of `module`; `None` when it has none before instantiation.
pub fn evaluate(program: &Program, globals: &Globals, module: usize, expression: &ConstExpr) -> Option<ConstValue> {
    let mut stack: Vec<ConstValue> = Vec::new();
    for op in expression.get_operators_reader() {
        let value = match op.ok()? {
            Operator::I32Const { value } => ConstValue::I32(value),
            Operator::I64Const { value } => ConstValue::I64(value),
            Operator::F32Const { value } => ConstValue::F32(value.bits()),
            Operator::F64Const { value } => ConstValue::F64(value.bits()),
            Operator::V128Const { value } => ConstValue::V128(*value.bytes()),
            Operator::RefNull { .. } => ConstValue::Null,
            Operator::RefFunc { function_index } => ConstValue::Function(code_of(program, module, function_index)),
            Operator::GlobalGet { global_index } => {
                let location = program.links[module].globals[global_index as usize];
                globals[location.module][location.index as usize]?
            }
            Operator::RefI31 => match stack.pop()? {
                ConstValue::I32(value) => ConstValue::I31((value as u32) << 1 | 1),
                _ => return None,
            },
            // The identity on the representation.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => continue,
            Operator::End => break,
            op => {
                let second = stack.pop()?;
                arithmetic(&op, stack.pop()?, second)?
            }
        };
        stack.push(value);
    }
    stack.pop()
}

/// Value of an offset or a size; validation allows only what has one.
pub fn index(program: &Program, globals: &Globals, module: usize, expression: &ConstExpr) -> u64 {
    evaluate(program, globals, module, expression).map_or(0, ConstValue::index)
}

/// Values of the items of an element segment of `module`.
pub fn elements<'p>(
    program: &'p Program,
    globals: &'p Globals,
    module: usize,
    items: &'p ElementItems,
) -> Box<dyn Iterator<Item = Option<ConstValue>> + 'p> {
    match items {
        ElementItems::Functions(functions) => {
            Box::new(functions.iter().map(move |index| Some(ConstValue::Function(code_of(program, module, *index)))))
        }
        ElementItems::Expressions(expressions) => {
            Box::new(expressions.iter().map(move |expression| evaluate(program, globals, module, expression)))
        }
    }
}

/// Functions that a constant expression of `module` refers to.
pub fn functions(program: &Program, globals: &Globals, module: usize, expression: &ConstExpr) -> Vec<Location> {
    let mut functions = Vec::new();
    for op in expression.get_operators_reader().into_iter().flatten() {
        match op {
            Operator::RefFunc { function_index } => functions.push(code_of(program, module, function_index)),
            Operator::GlobalGet { global_index } => {
                let location = program.links[module].globals[global_index as usize];
                if let Some(ConstValue::Function(function)) = globals[location.module][location.index as usize] {
                    functions.push(function);
                }
            }
            _ => {}
        }
    }
    functions
}

fn arithmetic(op: &Operator, first: ConstValue, second: ConstValue) -> Option<ConstValue> {
    Some(match (op, first, second) {
        (Operator::I32Add, ConstValue::I32(a), ConstValue::I32(b)) => ConstValue::I32(a.wrapping_add(b)),
        (Operator::I32Sub, ConstValue::I32(a), ConstValue::I32(b)) => ConstValue::I32(a.wrapping_sub(b)),
        (Operator::I32Mul, ConstValue::I32(a), ConstValue::I32(b)) => ConstValue::I32(a.wrapping_mul(b)),
        (Operator::I64Add, ConstValue::I64(a), ConstValue::I64(b)) => ConstValue::I64(a.wrapping_add(b)),
        (Operator::I64Sub, ConstValue::I64(a), ConstValue::I64(b)) => ConstValue::I64(a.wrapping_sub(b)),
        (Operator::I64Mul, ConstValue::I64(a), ConstValue::I64(b)) => ConstValue::I64(a.wrapping_mul(b)),
        _ => return None,
    })
}
