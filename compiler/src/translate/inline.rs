//! Inlining: the body of a small callee is translated in place of the call, between blocks of the caller.
//!
//! Working on wasm rather than on Cranelift's IR keeps every symbol and source location right, and recursive functions are
//! unrolled into themselves by the same means. Source locations stay offsets in the file, so a backtrace can name the
//! inlined function.

use wasmparser::FunctionBody;

use super::control::FrameKind;
use super::exception_legacy::TryEnd;
use super::state::Translator;
use crate::passes::Pass;
use crate::program::Location;

/// Largest body that is inlined, in bytes of wasm.
const BODY_LIMIT: usize = 40;
/// Largest body that is inlined into itself.
const RECURSIVE_BODY_LIMIT: usize = 130;
/// Most locals, beside its parameters, that a body declares and is inlined. Few bytes can declare many.
const LOCALS_LIMIT: u32 = 64;
/// How deep a function is inlined into itself.
const RECURSION_LIMIT: usize = 2;
/// How deep calls in inlined bodies are inlined.
const DEPTH_LIMIT: usize = 6;
/// Bytes of wasm that may be inlined into one function.
const BUDGET: usize = 4000;

/// A function whose body is being translated.
pub struct Activation {
    /// Which.
    pub function: Location,
    /// Position of its frame in the control stack.
    pub frame: usize,
    /// What follows the bodies of its tries that have not been reached.
    pub tries: std::vec::IntoIter<TryEnd>,
}

/// Locals that a body declares.
fn declared_locals(body: &FunctionBody) -> u32 {
    let groups = body.get_locals_reader().into_iter().flatten().flatten();
    groups.fold(0, |sum: u32, (count, _)| sum.saturating_add(count))
}

impl<'a> Translator<'a, '_> {
    /// Whether a call to a function of this module is to be replaced by its body.
    fn inlinable(&self, callee: Location) -> Option<&'a FunctionBody<'a>> {
        if !self.env.options.runs(Pass::Inline) || callee.module != self.env.module {
            return None;
        }
        let parsed = self.env.parsed();
        let body = &parsed.bodies[parsed.body_index(callee.index)?].body;
        let range = body.range();
        let size = (range.end - range.start) as usize;
        let active = self.activations.iter().filter(|activation| activation.function == callee).count();
        let limit = if active > 0 { RECURSIVE_BODY_LIMIT } else { BODY_LIMIT };
        let fits = size <= limit && self.inlined_bytes + size <= BUDGET;
        let may_nest = active <= RECURSION_LIMIT && self.activations.len() <= DEPTH_LIMIT;
        (fits && may_nest && declared_locals(body) <= LOCALS_LIMIT).then_some(body)
    }

    /// Translates a call's callee in its place, if it is small enough. The arguments are canonical. Gives them back when it is not.
    ///
    /// # Errors
    /// A malformed body; cannot happen after validation.
    pub fn inline_call(&mut self, callee: Location, args: &[cranelift_codegen::ir::Value]) -> wasmparser::Result<bool> {
        let Some(body) = self.inlinable(callee) else { return Ok(false) };
        let range = body.range();
        self.inlined_bytes += (range.end - range.start) as usize;
        let ty = self.env.parsed().function_type(callee.index);
        let caller_locals = std::mem::take(&mut self.locals);
        let caller_location = self.builder.srcloc();
        for (ty, value) in ty.params().iter().zip(args) {
            let variable = self.declare_local(*ty);
            self.builder.def_var(variable, *value);
            self.locals.push((variable, *ty));
        }
        let end = self.block_with_params(ty.results());
        self.push_frame(FrameKind::Block, end, end, 0, ty.results().len());
        self.translate_body(callee, body)?;
        self.locals = caller_locals;
        self.builder.set_srcloc(caller_location);
        Ok(true)
    }
}
