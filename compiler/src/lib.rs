//! Translates WebAssembly modules into relocatable native objects.
#![forbid(unsafe_code)]

mod error;
mod options;
mod target;

pub use error::{Error, ImportError, ImportReason, Place, Result};
pub use options::{Cpu, Emit, Entry, Input, MemoryBase, MemoryStrategy, OptLevel, Options, accepted_features};
pub use target::Target;

/// What a compilation produces.
#[derive(Debug, Default)]
pub struct Output {
    /// One relocatable object per module, in the order of the inputs, to be linked together with the runtime. Empty unless
    /// [`Emit::Object`] was asked for.
    pub objects: Vec<Object>,
    /// Text of [`Emit::Asm`] and [`Emit::Clif`].
    pub listing: String,
    /// What the user should know: nothing to run, ignored custom sections.
    pub warnings: Vec<String>,
    /// Host functions that stay reachable, as (module, name), sorted.
    pub host_functions: Vec<(&'static str, &'static str)>,
    /// Wall time of each phase in seconds, in order.
    pub timings: Vec<(&'static str, f64)>,
    /// Bytes of machine code.
    pub code_size: usize,
    /// Functions compiled, of all functions defined.
    pub functions: (usize, usize),
}

/// A relocatable object.
#[derive(Debug)]
pub struct Object {
    /// A file name for it, unique within the program, made of safe characters.
    pub file_name: String,
    /// The ELF object.
    pub bytes: Vec<u8>,
}

/// Compiles a program: `inputs` in instantiation order, the main module last.
///
/// `progress(done, total)` is told how many functions are compiled; it may be called from several threads.
///
/// # Errors
/// Any [`Error`]; nothing is written anywhere.
pub fn compile(inputs: &[Input<'_>], options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Output> {
    let _ = (inputs, options, progress);
    Err(Error::Option("not implemented".into()))
}
