//! Instances of the program, one for each thread: see [`abi::layout::Threads`].

use abi::layout::{Memory, Module, Program, Table};

use crate::{memory, program, table};

/// Fills an instance's data with what the compiler says. Memories and tables are not set up yet.
///
/// # Safety
/// `instance` is as large as the compiler says, aligned to 16 bytes, and nobody else uses it.
pub unsafe fn fill(program: &'static Program, instance: *mut u8) {
    for module in program::modules(program) {
        // SAFETY: the compiler lays the parts of the modules out in an instance, and emits pointers to tables.
        unsafe {
            let part = instance.add(module.instance_offset as usize);
            core::ptr::copy_nonoverlapping(module.instance, part, module.instance_len as usize);
            for table in program::tables(module) {
                let table = program::local_in(instance, module, *table);
                (*table).elements = program::local_in(instance, module, (*table).elements);
            }
        }
    }
}

/// The memories of which an instance has its own.
fn memories(program: &'static Program, instance: *mut u8) -> impl Iterator<Item = *mut Memory> {
    let own = move |module: &'static Module| {
        let local = move |memory: &*mut Memory| program::local_in(instance, module, *memory);
        program::memories(module).iter().filter(move |memory| local(memory) != **memory).map(local)
    };
    program::modules(program).iter().copied().flat_map(own)
}

fn tables(program: &'static Program, instance: *mut u8) -> impl Iterator<Item = *mut Table> {
    let own = move |module: &'static Module| {
        program::tables(module).iter().map(move |table| program::local_in(instance, module, *table))
    };
    program::modules(program).iter().copied().flat_map(own)
}

/// Sets up the memories and tables of an instance that was filled. Returns whether the system gives what they need.
///
/// # Safety
/// The instance was filled, and nobody else uses it.
pub unsafe fn set_up(program: &'static Program, instance: *mut u8) -> bool {
    // SAFETY: the caller's promise.
    let done = tables(program, instance).all(|table| unsafe { table::try_set_up(table) })
        && memories(program, instance).all(|memory| unsafe { memory::try_set_up(memory) }.is_ok());
    if !done {
        // SAFETY: as above.
        unsafe { release(program, instance) };
    }
    done
}

/// Gives back what the memories and tables of an instance have.
///
/// # Safety
/// The instance was filled, and nobody uses it any more.
pub unsafe fn release(program: &'static Program, instance: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        memories(program, instance).for_each(|memory| memory::release(memory));
        tables(program, instance).for_each(|table| table::release(table));
    }
}
