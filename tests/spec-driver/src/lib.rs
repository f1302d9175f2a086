//! The main function of a test program: carries out the commands of a script on the program's modules and writes a reply to
//! each, traps included. See `protocol.rs` for the format.
#![cfg_attr(not(test), no_std)]

pub mod protocol;
mod reference;
mod replies;
mod script;

use abi::layout::{EXPORT_FUNCTION, EXPORT_GLOBAL, Export, Module, Program};
use replies::Reply;
use runtime::embed::Interruption;
use runtime::{embed, program};
use script::Script;

/// Most parameters or results of a function that can be called.
const MAX_VALUES: usize = 64;

/// Slots of parameters and results, as [`Export::target`] wants them.
type Slots = [[u64; 2]; MAX_VALUES];

/// Exit status when the script ends in the middle of a command or cannot be read: a defect of the harness.
const BAD_SCRIPT: i32 = 2;

/// Called by the runtime in place of running the program. Returns the exit status.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_main(program: &'static Program) -> i32 {
    let Some(mut script) = Script::from_stdin() else { return BAD_SCRIPT };
    while !script.is_empty() {
        let Some(reply) = step(program, &mut script) else { return BAD_SCRIPT };
        // Written one by one, so that a crash leaves the replies before it.
        if reply.write().is_none() {
            return BAD_SCRIPT;
        }
    }
    0
}

/// Carries out one command; `None` when it is malformed.
fn step(program: &Program, script: &mut Script) -> Option<Reply> {
    let opcode = script.byte()?;
    let module = *program::modules(program).get(script.number()? as usize)?;
    Some(match opcode {
        protocol::INSTANTIATE => status(embed::instantiate(module)),
        protocol::INVOKE => {
            let name = script.bytes()?;
            let mut slots = [[0; 2]; MAX_VALUES];
            let mut types = [0; MAX_VALUES];
            let count = arguments(script, &mut slots, &mut types)?;
            match find(module, EXPORT_FUNCTION, name) {
                Some(export) => invoke(export, &mut slots, &types[..count]),
                None => Reply::new(protocol::NO_EXPORT),
            }
        }
        protocol::GET => {
            let name = script.bytes()?;
            match find(module, EXPORT_GLOBAL, name) {
                Some(export) => get(export),
                None => Reply::new(protocol::NO_EXPORT),
            }
        }
        protocol::SET => {
            let name = script.bytes()?;
            let (ty, slot) = (script.byte()?, script.slot()?);
            match find(module, EXPORT_GLOBAL, name) {
                Some(export) => set(export, ty, slot),
                None => Reply::new(protocol::NO_EXPORT),
            }
        }
        protocol::MEMORIES => memories(module),
        _ => return None,
    })
}

/// Reads the arguments of a call and returns their number.
fn arguments(script: &mut Script, slots: &mut Slots, types: &mut [u8; MAX_VALUES]) -> Option<usize> {
    let count = script.number()? as usize;
    for index in 0..count {
        let (ty, slot) = (script.byte()?, script.slot()?);
        *types.get_mut(index)? = ty;
        *slots.get_mut(index)? = if reference::is_reference(ty) { reference::from_script(ty, slot)? } else { slot };
    }
    Some(count)
}

fn find<'a>(module: &'a Module, kind: u32, name: &[u8]) -> Option<&'a Export> {
    program::exports(module).iter().find(|export| export.kind == kind && program::export_name(export) == name)
}

fn invoke(export: &Export, slots: &mut Slots, types: &[u8]) -> Reply {
    let (parameters, results) = program::signature(export);
    if parameters != types {
        return Reply::new(protocol::WRONG_ARGUMENTS);
    }
    if results.len() > MAX_VALUES {
        return Reply::new(protocol::TOO_MANY_RESULTS);
    }
    // SAFETY: the export is a function of these types and there are slots for more. The script instantiates modules before it
    // uses them, those that fail to instantiate included: what they define exists then. This is the host's stack.
    match unsafe { embed::call(export, slots) } {
        Ok(()) => results_of(results, slots),
        trap => status(trap),
    }
}

fn get(export: &Export) -> Reply {
    // SAFETY: the target of an exported global is its cell of 16 bytes; no guest code is active.
    let cell = unsafe { export.target.cast::<[u64; 2]>().read() };
    results_of(program::signature(export).1, &[cell])
}

fn set(export: &Export, ty: u8, slot: [u64; 2]) -> Reply {
    if program::signature(export).1 != [ty] {
        return Reply::new(protocol::WRONG_ARGUMENTS);
    }
    // SAFETY: as in `get`; the harness writes to mutable globals alone.
    unsafe { export.target.cast_mut().cast::<[u64; 2]>().write(slot) };
    results_of(&[], &[])
}

fn memories(module: &Module) -> Reply {
    let memories = program::memories(module);
    let mut slots = [[0; 2]; MAX_VALUES];
    let Some(slots) = slots.get_mut(..memories.len()) else { return Reply::new(protocol::TOO_MANY_RESULTS) };
    for (slot, memory) in slots.iter_mut().zip(memories) {
        // SAFETY: the module is instantiated, so its memories exist, and no guest code is active.
        let bytes = unsafe {
            let memory = &**memory;
            core::slice::from_raw_parts(memory.base, memory.byte_length as usize)
        };
        *slot = [bytes.len() as u64, protocol::hash(bytes)];
    }
    results_of(&[abi::layout::value::V128; MAX_VALUES][..slots.len()], slots)
}

fn results_of(types: &[u8], slots: &[[u64; 2]]) -> Reply {
    let mut reply = Reply::new(protocol::DONE);
    reply.results(types, slots);
    reply
}

fn status(result: Result<(), Interruption>) -> Reply {
    match result {
        Ok(()) => results_of(&[], &[]),
        Err(Interruption::Trap(kind)) => Reply::new(kind as u8),
        Err(Interruption::Exception) => Reply::new(protocol::EXCEPTION),
    }
}
