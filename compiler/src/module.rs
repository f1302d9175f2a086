//! A parsed module: plain data in the order of the binary format, borrowed from the input.

use std::collections::BTreeMap;

use wasmparser::{FuncToValidate, FuncType, FunctionBody, GlobalType, MemoryType, TableType, ValidatorResources};

/// One module of the program.
pub struct Module<'a> {
    /// Name it is instantiated under.
    pub name: &'a str,
    /// Name in messages.
    pub file: &'a str,
    /// Type section.
    pub types: Vec<FuncType>,
    /// Import section.
    pub imports: Vec<Import<'a>>,
    /// Function index space: index into `types` of each function.
    pub functions: Vec<u32>,
    /// How many of `functions` are imported; their imports, in order.
    pub imported_functions: Vec<usize>,
    /// Table index space.
    pub tables: Vec<TableType>,
    /// Imports of the first tables.
    pub imported_tables: Vec<usize>,
    /// Memory index space.
    pub memories: Vec<MemoryType>,
    /// Imports of the first memories.
    pub imported_memories: Vec<usize>,
    /// Global index space.
    pub globals: Vec<GlobalType>,
    /// Imports of the first globals.
    pub imported_globals: Vec<usize>,
    /// Initial values of the globals defined here.
    pub global_inits: Vec<ConstExpr>,
    /// Export section.
    pub exports: BTreeMap<&'a str, Entity>,
    /// Start function.
    pub start: Option<u32>,
    /// Element section.
    pub elements: Vec<ElementSegment>,
    /// Data section.
    pub data: Vec<DataSegment<'a>>,
    /// Code section, one for each function defined here.
    pub bodies: Vec<Body<'a>>,
    /// Offset of the code section's contents in the file: what addresses in DWARF are relative to.
    pub code_offset: u64,
    /// Custom sections `.debug_*`, by name.
    pub debug_sections: BTreeMap<&'a str, &'a [u8]>,
    /// Name section: function names.
    pub function_names: BTreeMap<u32, &'a str>,
}

impl Module<'_> {
    /// Type of the function at `index`.
    pub fn function_type(&self, index: u32) -> &FuncType {
        &self.types[self.functions[index as usize] as usize]
    }

    /// Whether the function at `index` is defined here, and where in `bodies`.
    pub fn body_index(&self, index: u32) -> Option<usize> {
        (index as usize).checked_sub(self.imported_functions.len())
    }
}

/// A function body, and what validates it.
pub struct Body<'a> {
    /// The bytes.
    pub body: FunctionBody<'a>,
    /// Taken by the validation.
    pub to_validate: std::sync::Mutex<Option<FuncToValidate<ValidatorResources>>>,
}

/// An import.
pub struct Import<'a> {
    /// Import module.
    pub module: &'a str,
    /// Import name.
    pub name: &'a str,
    /// Index space it adds to, and its index there.
    pub entity: Entity,
}

/// Something with an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entity {
    /// A function.
    Function(u32),
    /// A table.
    Table(u32),
    /// A memory.
    Memory(u32),
    /// A global.
    Global(u32),
}

/// A constant expression in postfix order.
pub type ConstExpr = Vec<ConstOp>;

/// One instruction of a constant expression.
#[derive(Clone, Copy, Debug)]
pub enum ConstOp {
    /// `i32.const`
    I32(i32),
    /// `i64.const`
    I64(i64),
    /// `f32.const`, bits
    F32(u32),
    /// `f64.const`, bits
    F64(u64),
    /// `v128.const`
    V128([u8; 16]),
    /// `ref.null`
    RefNull,
    /// `ref.func`
    RefFunc(u32),
    /// `global.get`
    GlobalGet(u32),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
}

/// When a segment's contents are copied.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// On `memory.init` or `table.init`.
    Passive,
    /// At instantiation, into the memory or table at this index, at this offset.
    Active(u32, ConstExpr),
    /// Never (element segments).
    Declared,
}

/// An element segment.
pub struct ElementSegment {
    /// When it is copied.
    pub mode: SegmentMode,
    /// What is copied.
    pub items: Vec<ElementItem>,
}

/// An element: known at compile time but for globals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementItem {
    /// `ref.null`
    Null,
    /// `ref.func`
    Function(u32),
    /// `global.get`
    Global(u32),
}

/// A data segment.
pub struct DataSegment<'a> {
    /// When it is copied.
    pub mode: SegmentMode,
    /// What is copied.
    pub bytes: &'a [u8],
}
