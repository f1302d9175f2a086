//! Debug information for native tools (`-g`): functions, source lines taken from the module's own DWARF, and call frames.

mod emit;
mod source;

use cranelift_codegen::isa::unwind::UnwindInfo;

pub use emit::emit;
pub use source::SourceLines;

/// What debug information needs of one compiled function.
pub struct FunctionDebug {
    /// Offset of its code.
    pub start: u32,
    /// Length of its code.
    pub len: u32,
    /// Its name.
    pub name: String,
    /// Offset of its body in the .wasm file.
    pub wasm_offset: u32,
    /// (code offset in the function, wasm offset from the body's start), ascending by code offset.
    pub lines: Vec<(u32, u32)>,
    /// How its frame is unwound.
    pub unwind: Option<UnwindInfo>,
}
