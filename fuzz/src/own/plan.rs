//! What a module has, decided before any body.

use super::object::{EQREF, reference_to};
use crate::random::Random;
use wasm_encoder::{FieldType, StorageType, ValType};
use wasmparser::WasmFeatures;

/// Index of the fuel global.
pub const FUEL: u32 = 0;
/// Index of the global that everything flows into.
pub const DIGEST: u32 = 1;

/// What a module has.
pub struct Plan {
    /// Structures and arrays, by index; their types come first.
    pub objects: Vec<Composite>,
    /// What the exceptions of each tag carry.
    pub tags: Vec<Vec<ValType>>,
    /// All functions, by index. Each has a type of its own.
    pub functions: Vec<Signature>,
    /// All memories, by index.
    pub memories: Vec<Memory>,
    /// Passive data segments; they come before the active ones.
    pub passive_data: u32,
    /// All globals, by index: types, and whether they are mutable.
    pub globals: Vec<(ValType, bool)>,
    /// The elements of table 0: a function each, or null.
    pub elements: Vec<Option<u32>>,
    /// Whether instructions other than calls use table 0.
    pub table_changes: bool,
    /// Vectors.
    pub simd: bool,
    /// Calls instead of returns.
    pub tail_calls: bool,
    /// Calls of references.
    pub call_ref: bool,
    /// 128-bit sums and products.
    pub wide_arithmetic: bool,
}

/// A function's type, and what kind of function it is.
#[derive(Clone)]
pub struct Signature {
    /// Parameters.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
    /// It has neither loops nor calls, and is short.
    pub is_leaf: bool,
}

/// An object's type.
pub enum Composite {
    /// A structure, whose supertype has the first of its fields.
    Struct {
        /// All fields.
        fields: Vec<FieldType>,
        /// Index of the supertype.
        supertype: Option<u32>,
    },
    /// An array.
    Array {
        /// Its elements.
        element: FieldType,
    },
}

impl Composite {
    /// Fields of a structure; the element of an array.
    pub fn fields(&self) -> &[FieldType] {
        match self {
            Composite::Struct { fields, .. } => fields,
            Composite::Array { element } => std::slice::from_ref(element),
        }
    }
}

/// A memory.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Addresses are i64.
    pub is_64: bool,
    /// Pages at start; it may grow by two.
    pub pages: u64,
}

impl Memory {
    /// Bytes at start.
    pub fn bytes(self) -> u64 {
        self.pages << 16
    }

    /// Type of addresses.
    pub fn index_type(self) -> ValType {
        if self.is_64 { ValType::I64 } else { ValType::I32 }
    }
}

impl Plan {
    /// A plan that needs no other features than these.
    pub fn new(random: &mut Random, features: WasmFeatures) -> Plan {
        let has = |feature: WasmFeatures| features.contains(feature);
        let simd = has(WasmFeatures::SIMD) && random.chance(60);
        let mut types = types(simd);
        let objects = if has(WasmFeatures::GC) && random.chance(50) { objects(random, &types) } else { Vec::new() };
        let numbers = types.clone();
        types.extend((0..objects.len()).map(|object| reference_to(object as u32)));
        types.extend((!objects.is_empty()).then_some(EQREF));
        let tags = if has(WasmFeatures::EXCEPTIONS) && random.chance(40) { 1 + random.below(3) } else { 0 };
        let tags = (0..tags).map(|_| (0..random.below(4)).map(|_| random.pick(&types)).collect()).collect();
        let functions: Vec<Signature> = (0..3 + random.below(8)).map(|_| signature(random, &types)).collect();
        let memories = if has(WasmFeatures::MULTI_MEMORY) && random.chance(25) { 3 } else { 1 };
        let is_64 = |random: &mut Random| has(WasmFeatures::MEMORY64) && random.chance(15);
        let memories =
            (0..memories).map(|_| Memory { is_64: is_64(random), pages: 1 + random.below(2) as u64 }).collect();
        let mut globals = vec![(ValType::I32, true), (ValType::I64, true)];
        globals.extend((0..2 + random.below(6)).map(|_| (random.pick(&numbers), random.chance(70))));
        let count = functions.len();
        let element = |random: &mut Random| (!random.chance(10)).then(|| random.below(count) as u32);
        let elements = (0..1 << (1 + random.below(4))).map(|_| element(random)).collect();
        Plan {
            objects,
            tags,
            functions,
            memories,
            passive_data: random.below(3) as u32,
            globals,
            elements,
            table_changes: random.chance(40),
            simd,
            tail_calls: has(WasmFeatures::TAIL_CALL) && random.chance(40),
            call_ref: has(WasmFeatures::FUNCTION_REFERENCES) && random.chance(40),
            wide_arithmetic: has(WasmFeatures::WIDE_ARITHMETIC) && random.chance(30),
        }
    }
}

impl Plan {
    /// The type of a function.
    pub fn function_type(&self, function: u32) -> u32 {
        self.objects.len() as u32 + function
    }

    /// The type of a tag.
    pub fn tag_type(&self, tag: usize) -> u32 {
        self.function_type(self.functions.len() as u32) + tag as u32
    }

    /// The type of a block that gives what exceptions of a tag carry, and a reference to the exception if wanted.
    pub fn catch_type(&self, tag: usize, by_reference: bool) -> u32 {
        self.tag_type(self.tags.len()) + 2 * tag as u32 + u32::from(by_reference)
    }

    /// Types of locals: one of each kind of number, and of some objects.
    pub fn local_types(&self, random: &mut Random) -> Vec<ValType> {
        use ValType::{F32, F64, I32, I64, V128};
        let mut types = vec![I32, I32, I64, I64, F32, F64];
        if self.simd {
            types.extend([V128, V128]);
        }
        for object in 0..self.objects.len() as u32 {
            types.extend((0..random.below(3)).map(|_| reference_to(object)));
        }
        types
    }
}

/// Types that refer to themselves and to each other.
fn objects(random: &mut Random, types: &[ValType]) -> Vec<Composite> {
    let count = 2 + random.below(4);
    let mut objects: Vec<Composite> = Vec::new();
    for index in 0..count {
        let mut field = || {
            let element_type = match random.below(10) {
                0 => StorageType::I8,
                1 => StorageType::I16,
                2..=5 => StorageType::Val(reference_to(random.below(count) as u32)),
                _ => StorageType::Val(random.pick(types)),
            };
            FieldType { element_type, mutable: random.chance(80) }
        };
        let above: Vec<(u32, Vec<FieldType>)> = objects
            .iter()
            .enumerate()
            .filter(|(_, it)| matches!(it, Composite::Struct { .. }))
            .map(|(index, it)| (index as u32, it.fields().to_vec()))
            .collect();
        let own: Vec<FieldType> = (0..4).map(|_| field()).collect();
        objects.push(match random.below(3) {
            0 if index > 0 => Composite::Array { element: own[0] },
            1 if !above.is_empty() => {
                let (supertype, mut fields) = above[random.below(above.len())].clone();
                fields.extend(&own[..random.below(3)]);
                Composite::Struct { fields, supertype: Some(supertype) }
            }
            _ => Composite::Struct { fields: own[..random.below(5)].to_vec(), supertype: None },
        });
    }
    objects
}

fn types(simd: bool) -> Vec<ValType> {
    let mut types = vec![ValType::I32, ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    types.extend(simd.then_some(ValType::V128));
    types
}

fn signature(random: &mut Random, types: &[ValType]) -> Signature {
    let mut list = |bound: usize| (0..random.below(bound)).map(|_| random.pick(types)).collect::<Vec<_>>();
    let params = list(6);
    let mut results = list(3);
    let is_leaf = random.chance(30);
    if is_leaf && results.is_empty() {
        results.push(random.pick(types));
    }
    Signature { params, results, is_leaf }
}
