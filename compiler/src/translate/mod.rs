//! One function body -> Cranelift IR. [`operator`] dispatches each instruction to the file of its kind.

mod call;
mod control;
mod initializer;
mod memory;
mod numeric;
mod operator;
mod segment;
mod simd;
mod state;
mod table;
mod thunk;
mod variable;

pub use initializer::{Step, initializer, initializer_steps};
pub use state::{Environment, SYMBOL_NAMESPACE};
pub use thunk::{export_trampoline, export_type, host_thunk};
pub use variable::GLOBAL_SIZE;

use cranelift_codegen::ir::{Function, InstBuilder, SourceLoc};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmparser::FunctionBody;

use control::{ControlFrame, FrameKind};
use state::{Translator, guest_signature, value_type};

use crate::error::{Error, Place, Result};

/// Translates the function `index` of the environment's module into `function`.
///
/// Source locations are offsets from the start of the body. Gives the greatest depth of nested blocks.
///
/// # Errors
/// [`Error::Internal`]: the body was validated before.
pub fn translate(
    env: Environment<'_>,
    index: u32,
    body: &FunctionBody<'_>,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<usize> {
    let ty = env.parsed().function_type(index);
    function.signature = guest_signature(ty);
    let mut translator = Translator::new(env, FunctionBuilder::new(function, context));
    start(&mut translator, index);
    let depth = translate_body(&mut translator, body).map_err(|error| Error::Internal {
        place: Place { function: Some(index), offset: Some(error.offset() as usize), ..Place::file(env.parsed().file) },
        message: error.message().to_string(),
    })?;
    translator.builder.finalize(env.isa.frontend_config());
    Ok(depth)
}

/// Entry block, parameters, and the function's own control frame.
fn start(translator: &mut Translator, index: u32) {
    let ty = translator.env.parsed().function_type(index);
    let entry = translator.builder.create_block();
    translator.builder.append_block_params_for_function_params(entry);
    translator.builder.switch_to_block(entry);
    translator.builder.seal_block(entry);
    for (at, ty) in ty.params().iter().enumerate() {
        let value = translator.builder.block_params(entry)[at];
        let variable = translator.builder.declare_var(value_type(*ty));
        translator.builder.def_var(variable, value);
        translator.locals.push(variable);
    }
    let end = translator.block_with_params(ty.results());
    translator.control.push(ControlFrame {
        kind: FrameKind::Block,
        target: end,
        end,
        param_count: 0,
        result_count: ty.results().len(),
        height: 0,
        reachable_at_start: true,
        end_reached: false,
    });
}

fn translate_body(translator: &mut Translator, body: &FunctionBody) -> wasmparser::Result<usize> {
    let mut depth = 0;
    let body_start = body.range().start;
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        translator.declare_locals(count, ty);
    }
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        translator.builder.set_srcloc(SourceLoc::new((offset - body_start) as u32));
        operator::translate(translator, &operator)?;
        depth = depth.max(translator.control.len());
    }
    if translator.reachable {
        let results = translator.stack.clone();
        translator.ins().return_(&results);
    }
    Ok(depth)
}
