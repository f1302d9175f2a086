//! Limits of what the program may take: what it starts with is checked here, the rest by the runtime.

use std::mem::offset_of;

use abi::layout::{LIMIT_MEMORY_FAILS, LIMIT_TABLE_FAILS, Limits, Program as Root, Timeout};
use abi::symbols;

use crate::analyze::Facts;
use crate::data::Structure;
use crate::error::{Error, Result};
use crate::memory_plan::byte_length;
use crate::object_file::{Address, DataPlace, ObjectFile};
use crate::options::Options;
use crate::program::Program;
use crate::translate::Environment;

/// Refuses a program that is beyond its limits from the start.
///
/// # Errors
/// [`Error::Option`].
pub fn check(program: &Program, facts: &Facts, options: &Options) -> Result<()> {
    if let Some(limit) = options.max_memory {
        let types = facts.memories.keys().map(|location| program.memory(*location));
        let bytes = types.fold(0, |sum: u64, ty| sum.saturating_add(byte_length(ty, ty.initial)));
        if bytes > limit.most {
            let most = limit.most;
            return Err(Error::Option(format!(
                "the program starts with {bytes} bytes of memory, more than the {most} of --max-memory"
            )));
        }
    }
    if let Some(limit) = options.max_table {
        let largest = facts.tables.keys().map(|location| program.table(*location).initial).max().unwrap_or(0);
        if largest > limit.most {
            let most = limit.most;
            return Err(Error::Option(format!(
                "the program starts with a table of {largest} elements, more than the {most} of --max-table"
            )));
        }
    }
    Ok(())
}

/// Emits the limits that the runtime enforces.
///
/// # Errors
/// [`Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile, root: &mut Structure) -> Result<()> {
    let options = env.options;
    if options.max_memory.is_some() || options.max_table.is_some() {
        let most = |limit: Option<crate::GrowthLimit>| limit.map_or(u64::MAX, |limit| limit.most);
        let flags = [(options.max_memory, LIMIT_MEMORY_FAILS), (options.max_table, LIMIT_TABLE_FAILS)].into_iter();
        let flags = flags.filter(|(limit, _)| limit.is_some_and(|limit| limit.fails));
        let mut limits = Structure::new(size_of::<Limits>());
        limits.address(offset_of!(Limits, take_memory), Address::Named(symbols::TAKE_MEMORY));
        limits.u64(offset_of!(Limits, max_memory), most(options.max_memory));
        limits.u64(offset_of!(Limits, max_table), most(options.max_table));
        limits.u64(offset_of!(Limits, flags), flags.fold(0, |flags, (_, flag)| flags | flag));
        let datum = limits.place(object, DataPlace::Relocated)?;
        root.address(offset_of!(Root, limits), Address::Data(datum));
    }
    if let Some(time) = options.timeout {
        let mut timeout = Structure::new(size_of::<Timeout>());
        timeout.address(offset_of!(Timeout, start), Address::Named(symbols::TIMEOUT_START));
        timeout.u64(offset_of!(Timeout, nanoseconds), time.as_nanos().clamp(1, i64::MAX as u128) as u64);
        let datum = timeout.place(object, DataPlace::Relocated)?;
        root.address(offset_of!(Root, timeout), Address::Data(datum));
    }
    Ok(())
}
