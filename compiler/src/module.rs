//! A parsed module: plain data in the order of the binary format, borrowed from the input.

use std::collections::BTreeMap;

use std::sync::Arc;

use wasmparser::{
    ConstExpr, FuncToValidate, FuncType, FunctionBody, GlobalType, MemoryType, RefType, TableType, ValidatorResources,
};

use crate::types::{DefinedType, TypeId};

/// One module of the program.
pub struct Module<'a> {
    /// Name it is instantiated under.
    pub name: &'a str,
    /// Name in messages.
    pub file: &'a str,
    /// Type section. References in types, and in the types of functions, tables and globals, name canonical types.
    pub types: Vec<Arc<DefinedType>>,
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
    /// Tag index space: index into `types` of each tag.
    pub tags: Vec<u32>,
    /// Imports of the first tags.
    pub imported_tags: Vec<usize>,
    /// Initial values of the globals defined here.
    pub global_inits: Vec<ConstExpr<'a>>,
    /// Initial values of the elements of the tables defined here; null where there is none.
    pub table_inits: Vec<Option<ConstExpr<'a>>>,
    /// Export section.
    pub exports: BTreeMap<&'a str, Entity>,
    /// Start function.
    pub start: Option<u32>,
    /// Element section.
    pub elements: Vec<ElementSegment<'a>>,
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
    /// Name section: tag names.
    pub tag_names: BTreeMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    /// Type of the function at `index`.
    pub fn function_type(&self, index: u32) -> &FuncType {
        self.types[self.functions[index as usize] as usize].function()
    }

    /// Canonical type of the function at `index`.
    pub fn type_id(&self, index: u32) -> TypeId {
        self.types[self.functions[index as usize] as usize].id
    }

    /// Initial value of the elements of the table at `index`, which is defined here; null when there is none.
    pub fn table_init(&self, index: u32) -> Option<&ConstExpr<'a>> {
        self.table_inits[index as usize - self.imported_tables.len()].as_ref()
    }

    /// Type of the tag at `index`: its parameters are what an exception carries.
    pub fn tag_type(&self, index: u32) -> &Arc<DefinedType> {
        &self.types[self.tags[index as usize] as usize]
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
    /// A tag.
    Tag(u32),
}

/// When a segment's contents are copied.
#[derive(Clone, Debug)]
pub enum SegmentMode<'a> {
    /// On `memory.init` or `table.init`.
    Passive,
    /// At instantiation, into the memory or table at this index, at this offset.
    Active(u32, ConstExpr<'a>),
    /// Never (element segments).
    Declared,
}

/// An element segment.
pub struct ElementSegment<'a> {
    /// When it is copied.
    pub mode: SegmentMode<'a>,
    /// Type of the items, its reference an index into the module's types.
    pub ty: RefType,
    /// What is copied.
    pub items: ElementItems<'a>,
}

/// The items of an element segment.
pub enum ElementItems<'a> {
    /// Functions, by index.
    Functions(Vec<u32>),
    /// Expressions.
    Expressions(Vec<ConstExpr<'a>>),
}

impl ElementItems<'_> {
    /// Number of items.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Functions(functions) => functions.len(),
            ElementItems::Expressions(expressions) => expressions.len(),
        }
    }
}

/// A data segment.
pub struct DataSegment<'a> {
    /// When it is copied.
    pub mode: SegmentMode<'a>,
    /// What is copied.
    pub bytes: &'a [u8],
}
