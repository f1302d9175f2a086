//! Vectorisation of loops: iterations that do the same to adjacent memory are made of vectors of 128 bits, which every processor
//! has. A loop may have been unrolled before. What is computed does not change, not even in the case of a trap:
//!
//! - Before the loop, a guard computes how many iterations are certain to take place, and makes sure that all their accesses are
//!   inside the memory and that what is stored does not overlap with what is loaded, other than at known distances. Else the
//!   loop runs as it was.
//! - At least one iteration is left to the loop as it was. So it ends there, and what is used behind it comes from there.
//! - Loads and stores are not moved past others that may concern the same bytes. Sums of floats are not reordered.

mod access;
mod accumulate;
mod emit;
mod linear;
mod loops;
mod pack;
mod reduce;
pub(super) mod search;
mod trip;
mod unroll;

use abi::layout::FIXED_MEMORY_BASE;
use cranelift_codegen::ir::{ExternalName, Function, GlobalValue, GlobalValueData, UserExternalName};

use crate::memory_plan::Base;
use crate::passes::Pass;
use crate::translate::{Environment, SYMBOL_NAMESPACE};
use access::Accesses;
use linear::{Body, Role};
use loops::Loop;
use pack::Packing;
use trip::Trip;

/// What is to become of a loop.
struct Plan {
    trip: Trip,
    roles: Vec<Role>,
    accesses: Accesses,
    packing: Packing,
}

/// Vectorises the loops of a function, or unrolls them. Memories that other threads access are not vectorised.
pub(super) fn run(function: &mut Function, env: Environment) {
    let vectorizes = env.options.runs(Pass::Vectorize) && !env.facts.threads;
    let unrolls = env.options.runs(Pass::Unroll);
    if !vectorizes && !unrolls {
        return;
    }
    for chain in loops::find(function, 1) {
        let plan = if vectorizes { plan(function, &chain) } else { None };
        match plan {
            Some(plan) => emit::emit(function, &chain, &plan, |function| fixed_memory(function, env)),
            None if unrolls => unroll::run(function, &chain),
            None => {}
        }
    }
}

fn plan(function: &Function, chain: &Loop) -> Option<Plan> {
    let mut body = Body::with_others(function, chain);
    let reductions = reduce::find(&mut body)?;
    let accesses = access::collect(&body, FIXED_MEMORY_BASE as i64)?;
    let trip = trip::analyze(&body)?;
    let packing = pack::plan(&body, &accesses, &reductions)?;
    Some(Plan { trip, roles: body.roles, accesses, packing })
}

/// The symbol of the memory that lies at the fixed address.
fn fixed_memory(function: &mut Function, env: Environment) -> GlobalValue {
    let fixed = env.facts.memories.iter().find(|(_, plan)| plan.base == Base::Fixed);
    let location = fixed.map(|(location, _)| location).expect("it is accessed");
    let index = env.symbols.memories[location].0;
    let name = function.declare_imported_user_function(UserExternalName { namespace: SYMBOL_NAMESPACE, index });
    function.create_global_value(GlobalValueData::Symbol {
        name: ExternalName::user(name),
        offset: 0.into(),
        colocated: true,
        tls: false,
    })
}
