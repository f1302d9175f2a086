//! What happens to a function between translation and Cranelift: a list of passes over Cranelift IR. Those that the target needs
//! always run. The others are optimisations of `-O2`, and each can be left out, so that what it gains can be measured.

mod address_form;
mod addresses;
mod copy;
mod demand;
mod dispatch;
mod dominance;
mod extensions;
mod forms;
mod globals;
mod interval;
mod loops;
mod operands;
mod pairs;
mod probes;
mod ranges;
mod shuffle;
mod simplify;
mod sink;
mod ssa;
mod tables;
mod vectorize;
mod zeros;

use cranelift_codegen::Context;

use crate::isa;
use crate::translate::Environment;

/// An optimisation of our own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// Small functions are translated in place of their calls; `translate/inline.rs`.
    Inline,
    /// Calls through an immutable table are direct where it has one function of their type; `translate/call.rs`.
    Devirtualize,
    /// An interpreter's handlers branch to the next handler themselves; `passes/dispatch.rs`.
    Dispatch,
    /// Constants of indices become displacements; `passes/addresses.rs`.
    Addresses,
    /// Accesses in loops add up their index themselves; `passes/pairs.rs`.
    Pairs,
    /// Iterations of loops are put together in vectors; `passes/vectorize.rs`.
    Vectorize,
    /// Loops over vectors do two iterations in a round; `passes/vectorize/unroll.rs`.
    Unroll,
    /// Loops that look for something go on by vectors; `passes/vectorize/search.rs`.
    Search,
    /// Values are known to lie in ranges; `passes/ranges.rs`, `passes/simplify.rs`.
    Ranges,
    /// Branches in loops are laid out for the code generator; `passes/loops.rs`.
    Loops,
    /// Values that are extended to addresses are made in 64 bits; `passes/extensions.rs`.
    Extensions,
    /// Machine code is made smaller; `compact.rs`.
    Compact,
    /// Stack slots whose value a register has are not read; `compact/slots.rs`. Only with `Compact`.
    Slots,
    /// Zeros that are counted in halves are counted at once; `passes/zeros.rs`.
    Zeros,
    /// Branches through tables with few targets become comparisons; `passes/tables.rs`.
    Tables,
    /// Loads become operands of the instructions that use them; `compact/fold.rs`. Only with `Compact`.
    Fold,
    /// Blocks that are the same are there once; `compact/merge.rs`. Only with `Compact`.
    Merge,
    /// Short loops begin where they touch as few lines of code as they can; `compact/align.rs`. Only with `Compact`.
    Align,
    /// Copies of registers that are not needed go; `compact/copies.rs`. Only with `Compact`.
    Copies,
    /// Constants come from registers that have them; `compact/constants.rs`. Only with `Compact`.
    Constants,
    /// The operand that is not needed any more comes first; `passes/operands.rs`.
    Operands,
    /// Functions that call nothing and have nothing on the stack have no frame; `compact/leaf.rs`. Only with `Compact`.
    Leaf,
    /// Addresses of globals are made where they are used; `passes/globals.rs`. Only with `Fold`.
    Globals,
    /// Operations take the form that the code generator makes the best code of; `passes/forms.rs`.
    Forms,
}

impl Pass {
    /// All of them.
    pub const ALL: [Pass; 24] = [
        Pass::Inline,
        Pass::Devirtualize,
        Pass::Dispatch,
        Pass::Addresses,
        Pass::Pairs,
        Pass::Vectorize,
        Pass::Unroll,
        Pass::Search,
        Pass::Ranges,
        Pass::Loops,
        Pass::Extensions,
        Pass::Compact,
        Pass::Slots,
        Pass::Zeros,
        Pass::Tables,
        Pass::Fold,
        Pass::Merge,
        Pass::Align,
        Pass::Copies,
        Pass::Constants,
        Pass::Operands,
        Pass::Leaf,
        Pass::Globals,
        Pass::Forms,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Inline => "inline",
            Pass::Devirtualize => "devirtualize",
            Pass::Dispatch => "dispatch",
            Pass::Addresses => "addresses",
            Pass::Pairs => "pairs",
            Pass::Vectorize => "vectorize",
            Pass::Unroll => "unroll",
            Pass::Search => "search",
            Pass::Ranges => "ranges",
            Pass::Loops => "loops",
            Pass::Extensions => "extensions",
            Pass::Compact => "compact",
            Pass::Slots => "slots",
            Pass::Zeros => "zeros",
            Pass::Tables => "tables",
            Pass::Fold => "fold",
            Pass::Merge => "merge",
            Pass::Align => "align",
            Pass::Copies => "copies",
            Pass::Constants => "constants",
            Pass::Operands => "operands",
            Pass::Leaf => "leaf",
            Pass::Globals => "globals",
            Pass::Forms => "forms",
        }
    }

    /// The pass of this name.
    pub fn named(name: &str) -> Option<Pass> {
        Pass::ALL.into_iter().find(|pass| pass.name() == name)
    }
}

/// A set of passes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PassSet(u32);

impl PassSet {
    /// Whether a pass is in it.
    pub fn contains(self, pass: Pass) -> bool {
        self.0 & (1 << pass as u32) != 0
    }

    /// Adds a pass.
    pub fn insert(&mut self, pass: Pass) {
        self.0 |= 1 << pass as u32;
    }
}

impl FromIterator<Pass> for PassSet {
    fn from_iter<T: IntoIterator<Item = Pass>>(passes: T) -> Self {
        let mut set = PassSet::default();
        passes.into_iter().for_each(|pass| set.insert(pass));
        set
    }
}

/// Runs every pass that the target needs or the options ask for.
pub fn run(context: &mut Context, env: Environment) {
    vectorize::run(&mut context.func, env);
    if env.options.runs(Pass::Search) {
        vectorize::search::run(&mut context.func, env);
    }
    if env.options.runs(Pass::Tables) {
        tables::run(&mut context.func);
    }
    if env.options.runs(Pass::Zeros) {
        zeros::run(&mut context.func);
    }
    dominance::run(context, env);
    shuffle::lower(&mut context.func, env.isa);
    if env.options.runs(Pass::Dispatch) {
        dispatch::run(&mut context.func);
    }
    context.cfg.clear();
    context.domtree.clear();
}

/// Runs what follows Cranelift's optimiser. The function has no aliases nor unreachable blocks then; what the context knows of the
/// flow of control holds before and after.
pub fn run_late(context: &mut Context, env: Environment) {
    if env.options.runs(Pass::Loops) && loops::run(context) {
        context.flowgraph();
    }
    if env.options.runs(Pass::Extensions) && isa::extends_results(env.isa) {
        extensions::run(&mut context.func, &context.domtree);
    }
    if env.options.runs(Pass::Operands) && isa::reuses_operands(env.isa) {
        operands::run(context, isa::reuses_vectors(env.isa));
    }
    if env.options.runs(Pass::Forms) && isa::extends_results(env.isa) {
        forms::run(&mut context.func);
    }
    if env.options.runs(Pass::Globals) && env.options.runs(Pass::Fold) && env.options.compacts() {
        globals::run(&mut context.func);
    }
    probes::run(&mut context.func);
}
