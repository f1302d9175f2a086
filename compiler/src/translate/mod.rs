//! One function body -> Cranelift IR. [`operator`] dispatches each instruction to the file of its kind.

mod atomic;
mod call;
mod cast;
mod control;
mod exception;
mod exception_legacy;
mod exception_object;
mod gc;
mod heap;
mod initializer;
mod inline;
mod memory;
mod numeric;
mod operator;
mod segment;
mod simd;
mod state;
mod table;
mod thunk;
mod variable;
mod wide_arithmetic;

pub use initializer::{
    Step, copies_elements, initializer, initializer_part, initializer_parts, initializer_steps, writes_at_instantiation,
};
pub use state::{Environment, HEAP_REGION, STRUCTURES_REGION, SYMBOL_NAMESPACE, Traits};
pub use thunk::{export_trampoline, host_thunk};
pub use variable::GLOBAL_SIZE;

use cranelift_codegen::ir::{Function, InstBuilder, SourceLoc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmparser::FunctionBody;

use control::FrameKind;
use inline::Activation;
use state::Translator;

use crate::error::{Error, Place, Result};
use crate::program::Location;
use crate::scan::in_function;

/// Translates the function `index` of the environment's module into `function`.
///
/// Source locations are offsets from the start of the body. Gives what the code generator must know.
///
/// # Errors
/// [`Error::Limit`]. [`Error::Internal`]: the body was validated before.
pub fn translate(
    env: Environment<'_>,
    index: u32,
    body: &FunctionBody<'_>,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<Traits> {
    let ty = env.parsed().function_type(index);
    function.signature = env.guest_signature(ty);
    let mut translator = Translator::new(env, FunctionBuilder::new(function, context));
    start(&mut translator, index);
    translator.body_start = body.range().start;
    let place = |offset| Place { function: Some(index), offset, ..Place::file(env.parsed().file) };
    translator.translate_body(Location { module: env.module, index }, body).map_err(|error| Error::Internal {
        place: place(Some(error.offset() as usize)),
        message: error.message().to_string(),
    })?;
    if translator.effort.is_too_much() {
        let message = "too many nested handlers of exceptions around too many calls".into();
        return Err(in_function(Error::Limit { place: place(None), message }, env.parsed(), index));
    }
    if translator.reachable {
        translator.canonicalize(translator.stack.len());
        let results = translator.stack.clone();
        translator.ins().return_(&results);
    }
    translator.builder.finalize(env.isa.frontend_config());
    Ok(translator.traits)
}

/// Entry block, parameters, and the function's own control frame.
fn start(translator: &mut Translator, index: u32) {
    let ty = translator.env.parsed().function_type(index);
    let entry = thunk::entry_block(translator);
    for (at, ty) in ty.params().iter().enumerate() {
        let value = translator.builder.block_params(entry)[at];
        let variable = translator.declare_local(*ty);
        translator.builder.def_var(variable, value);
        translator.locals.push((variable, *ty));
    }
    let end = translator.block_with_params(ty.results());
    translator.push_frame(FrameKind::Block, end, end, 0, ty.results().len());
}

impl Translator<'_, '_> {
    /// Declares the locals of a body and translates its instructions, up to the `end` of the function's frame, which was
    /// just opened.
    fn translate_body(&mut self, function: Location, body: &FunctionBody) -> wasmparser::Result<()> {
        let frame = self.control.len() - 1;
        let tries = self.tries_of(function, body)?.into_iter();
        self.activations.push(Activation { function, frame, tries });
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            self.declare_locals(count, ty);
        }
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            // Of an inlined body that comes before the caller's in the file, the difference wraps.
            self.builder.set_srcloc(SourceLoc::new(offset.wrapping_sub(self.body_start) as u32));
            operator::translate(self, &operator)?;
            self.traits.depth = self.traits.depth.max(self.control.len());
        }
        self.activations.pop();
        Ok(())
    }
}
