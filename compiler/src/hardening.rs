//! Which system calls the program can need, by the host functions that its live code calls, by what the policy grants, and by what the
//! runtime does for it without being asked; and the data by which the runtime confines the process to them.

use std::mem::offset_of;

use abi::hardening::Hardening;
use abi::system_calls::{self, Grant, Rule};
use abi::{policy, symbols};

use crate::data::Structure;
use crate::error::{Error, Place, Result};
use crate::filter;
use crate::memory_plan::Base;
use crate::object_file::{Address, DataPlace, ObjectFile};
use crate::options::{Entry, Harden};
use crate::scan::Use;
use crate::translate::Environment;

/// What the program may ask of the system once it runs, in order and without repetition.
pub fn rules(env: &Environment) -> Vec<Rule> {
    let facts = env.facts;
    let policy = &env.options.policy;
    let used = |wanted: fn(&Use) -> bool| facts.uses.iter().flatten().any(wanted);
    let moves = facts.memories.values().any(|plan| plan.base == Base::Moving);
    let stays = facts.memories.values().any(|plan| plan.base != Base::Moving);
    let is_shared = facts.memories.keys().any(|location| env.program.memory(*location).shared);
    let grows = used(|used| matches!(used, Use::MemoryGrow(_)));
    let parts = [
        (true, system_calls::ALWAYS),
        (matches!(env.options.entry, Entry::Invoke(_)), system_calls::INVOKE),
        (grows && stays, system_calls::MEMORY_GROW),
        (grows && moves, system_calls::MEMORY_MOVE),
        (used(|used| matches!(used, Use::TableGrow(_))), system_calls::TABLE_GROW),
        (facts.heap.is_some(), system_calls::HEAP),
        (env.options.timeout.is_some(), system_calls::TIMEOUT),
        (is_shared, system_calls::WAIT),
    ];
    let mut rules: Vec<Rule> =
        parts.into_iter().filter(|(applies, _)| *applies).flat_map(|(_, rules)| rules).copied().collect();
    for calls in facts.host_functions.keys().filter_map(|(_, name)| system_calls::host_calls(name)) {
        let granted = match calls.grant {
            Grant::None => true,
            Grant::Directory => policy::grants_directories(policy),
            Grant::Socket => policy::grants_sockets(policy),
        };
        if granted {
            rules.extend(calls.rules.iter().copied().flatten());
        }
    }
    rules.sort();
    rules.dedup();
    rules
}

/// Whether the system shall keep the process to the granted directories. That costs time whenever a file is opened, and those who do
/// not ask for it get by with how the runtime resolves paths.
fn confines_paths(env: &Environment) -> bool {
    let uses_paths = |name: &str| system_calls::host_calls(name).is_some_and(|calls| calls.grant == Grant::Directory);
    env.options.harden == Harden::On
        && policy::grants_directories(&env.options.policy)
        && env.facts.host_functions.keys().any(|(_, name)| uses_paths(name))
}

/// Emits what [`abi::layout::Program::hardening`] points to, unless it is off. A program that others embed is their process.
///
/// # Errors
/// [`Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile) -> Result<Option<Address>> {
    if env.options.harden == Harden::Off || env.options.all_exports {
        return Ok(None);
    }
    let rules = rules(&env);
    let filter = filter::assemble(&rules, env.options.target).ok_or_else(|| Error::Internal {
        place: Place::file(env.parsed().file),
        message: "too many system calls for a filter".into(),
    })?;
    let instructions: Vec<u8> = filter.iter().flat_map(|instruction| instruction.to_le_bytes()).collect();
    let listing: String = rules.iter().map(|rule| format!("{rule}\0")).collect();

    let mut hardening = Structure::new(size_of::<Hardening>());
    hardening.address(offset_of!(Hardening, harden), Address::Named(symbols::HARDEN));
    let confine_paths = confines_paths(&env).then_some(Address::Named(symbols::CONFINE_PATHS));
    hardening.address(offset_of!(Hardening, confine_paths), confine_paths);
    let datum = object.add_data(DataPlace::ReadOnly, &instructions, 8);
    hardening.address(offset_of!(Hardening, filter), Address::Data(datum));
    hardening.u64(offset_of!(Hardening, filter_len), filter.len() as u64);
    let datum = object.add_data(DataPlace::SystemCalls, listing.as_bytes(), 1);
    hardening.address(offset_of!(Hardening, system_calls), Address::Data(datum));
    let report = (env.options.harden == Harden::On).then_some(Address::Named(symbols::HARDEN_REPORT));
    hardening.address(offset_of!(Hardening, report), report);
    hardening.place(object, DataPlace::Relocated).map(|datum| Some(Address::Data(datum)))
}
