//! What happens to a function between translation and Cranelift: a list of passes over Cranelift IR.

mod demand;
mod shuffle;

use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::TargetIsa;

/// Runs every pass that `isa` needs.
pub fn run(function: &mut Function, isa: &dyn TargetIsa) {
    shuffle::lower(function, isa);
}
