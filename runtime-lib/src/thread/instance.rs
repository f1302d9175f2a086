//! Instances of the program, one for each thread: see [`abi::layout::Threads`].

use abi::heap::Heap;
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

/// Reserves the heap of an instance, if it has one. Returns whether that could be done.
///
/// # Safety
/// As for [`set_up`].
unsafe fn start_heap(program: &'static Program, instance: *mut u8) -> bool {
    // SAFETY: only programs with this structure start threads. The compiler emits null, or the address of
    // `abi::symbols::HEAP_START_IN_THREAD`, which is of this type and for heaps like this.
    unsafe {
        let start: Option<unsafe extern "C" fn(*mut Heap) -> bool> =
            core::mem::transmute((*program.threads).heap_start);
        start.is_none_or(|start| start(heap(program, instance)))
    }
}

/// Gives the heap of an instance back, if there is one.
///
/// # Safety
/// As for [`release`].
unsafe fn release_heap(program: &'static Program, instance: *mut u8) {
    // SAFETY: as for the start, with `abi::symbols::HEAP_RELEASE`. A heap without base was never reserved.
    unsafe {
        let release: Option<unsafe extern "C" fn(*mut Heap)> = core::mem::transmute((*program.threads).heap_release);
        let heap = heap(program, instance);
        if let Some(release) = release
            && !(*heap).base.is_null()
        {
            release(heap);
        }
    }
}

fn heap(program: &'static Program, instance: *mut u8) -> *mut Heap {
    program::heap_in(program, |main, heap| program::local_in(instance, main, heap))
}

/// Sets up the heap, the memories and the tables of an instance that was filled. Returns whether the system gives what they need.
///
/// # Safety
/// The instance was filled, and nobody else uses it.
pub unsafe fn set_up(program: &'static Program, instance: *mut u8) -> bool {
    // SAFETY: the caller's promise.
    let done = unsafe { start_heap(program, instance) }
        && tables(program, instance).all(|table| unsafe { table::try_set_up(table) })
        && memories(program, instance).all(|memory| unsafe { memory::try_set_up(memory) }.is_ok());
    if !done {
        // SAFETY: as above.
        unsafe { release(program, instance) };
    }
    done
}

/// Gives back what the heap, the memories and the tables of an instance have.
///
/// # Safety
/// The instance was filled, and nobody uses it any more.
pub unsafe fn release(program: &'static Program, instance: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        memories(program, instance).for_each(|memory| memory::release(memory));
        tables(program, instance).for_each(|table| table::release(table));
        release_heap(program, instance);
    }
}
