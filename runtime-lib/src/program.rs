//! The program that the compiler emitted, as slices.

use core::sync::atomic::Ordering;

use abi::exception::{CallSite, Field, Tag};
use abi::heap::{Heap, RootRange};
use abi::layout::{Export, FunctionRecord, Image, Memory, Module, Program, Table, value};

use crate::thread;

unsafe extern "C" {
    /// [`abi::symbols::PROGRAM`].
    static w2e_program: Program;
}

/// The program of this executable.
pub fn program() -> &'static Program {
    // SAFETY: the compiler defines the symbol with the type that `abi` declares, and nobody writes to it.
    unsafe { &w2e_program }
}

/// # Safety
/// `start` points to `len` values; when `len` is 0 it may be null.
unsafe fn slice<'a, T>(start: *const T, len: u64) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(start, len as usize) }
}

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident: $owner:ident.$start:ident[$len:ident] -> $item:ty;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(owner: &$owner) -> &[$item] {
                // SAFETY: the compiler emits pairs of an address and a count; what they cover is never written to.
                unsafe { slice(owner.$start, owner.$len) }
            }
        )*
    };
}

views! {
    /// The grants of a program, in the format of [`abi::policy`].
    policy: Program.policy[policy_len] -> u8;
    /// The name of a module, empty for the main one.
    module_name: Module.name[name_len] -> u8;
    /// The functions of a module in address order.
    functions: Module.functions[function_count] -> FunctionRecord;
    /// The trap sites of a module.
    trap_sites: Module.traps[traps_len] -> u8;
    /// The calls of a module that have handlers, in address order.
    call_sites: Module.call_sites[call_site_count] -> CallSite;
    /// The lists of handlers of a module.
    handler_lists: Module.handler_lists[handler_lists_len] -> u32;
    /// The tags of a program.
    tags: Program.tags[tag_count] -> Tag;
    /// The name of a tag.
    tag_name: Tag.name[name_len] -> u8;
    /// What exceptions of a tag carry.
    tag_values: Tag.values[value_count] -> Field;
    /// The function names of a module.
    names: Module.names[names_len] -> u8;
    /// The memories that a module defines.
    memories: Module.memories[memory_count] -> *mut Memory;
    /// The tables that a module defines.
    tables: Module.tables[table_count] -> *mut Table;
    /// The initial contents of a memory.
    images: Memory.images[image_count] -> Image;
    /// The exports of a module that can be found by name.
    exports: Module.exports[export_count] -> Export;
    /// The references of a module outside the heap, besides the elements of tables.
    roots: Module.roots[root_count] -> RootRange;
    /// The stack maps of a module.
    stack_map_slots: Module.stack_map_slots[stack_map_slots_len] -> u8;
    /// The name of an export.
    export_name: Export.name[name_len] -> u8;
}

/// Where something of the running thread's instance is: the compiler emits a pointer to its initial contents. Everything else is
/// where the pointer says.
pub fn local<T>(module: &Module, pointer: *mut T) -> *mut T {
    if !thread::POSSIBLE {
        return pointer;
    }
    local_in(thread::current().instance.load(Ordering::Relaxed), module, pointer)
}

/// The same in an instance.
pub fn local_in<T>(instance: *mut u8, module: &Module, pointer: *mut T) -> *mut T {
    let offset = (pointer as usize).wrapping_sub(module.instance as usize);
    if offset as u64 >= module.instance_len {
        return pointer;
    }
    instance.wrapping_add(module.instance_offset as usize + offset).cast()
}

/// The heap of the running thread, null when the program has none.
pub fn heap(program: &Program) -> *mut Heap {
    heap_in(program, local)
}

/// The heap in an instance: `local` finds what belongs to it.
pub fn heap_in(program: &Program, local: impl FnOnce(&Module, *mut Heap) -> *mut Heap) -> *mut Heap {
    modules(program).last().map_or(core::ptr::null_mut(), |main| local(main, program.heap))
}

/// The modules of a program, in the order of instantiation.
pub fn modules(program: &Program) -> &[&Module] {
    // SAFETY: the compiler emits an array of pointers to modules, none of them null.
    unsafe { slice(program.modules.cast(), program.module_count) }
}

/// The return addresses of a module with stack maps, ascending, as offsets from its code; and for each where its map begins.
pub fn stack_maps(module: &Module) -> (&[u32], &[u32]) {
    // SAFETY: the compiler emits two numbers for each.
    let both = unsafe { slice(module.stack_maps, module.stack_map_count * 2) };
    both.split_at_checked(module.stack_map_count as usize).unwrap_or_default()
}

/// The value types of an export's parameters, and of its results.
pub fn signature(export: &Export) -> (&[u8], &[u8]) {
    let count = u64::from(export.param_count) + u64::from(export.result_count);
    // SAFETY: the compiler emits one byte for each parameter and result.
    let types = unsafe { slice(export.types, count) };
    types.split_at_checked(export.param_count as usize).unwrap_or_default()
}

/// The name of a value type by its number.
pub fn type_name(kind: u8) -> &'static [u8] {
    match kind {
        value::I32 => b"i32",
        value::I64 => b"i64",
        value::F32 => b"f32",
        value::F64 => b"f64",
        value::V128 => b"v128",
        value::FUNCREF => b"funcref",
        value::ANYREF => b"anyref",
        value::EXNREF => b"exnref",
        _ => b"externref",
    }
}

/// Unit tests are programs without modules.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_program::EMPTY;
    use abi::layout::{ABI_VERSION, DEFAULT_STACK_SIZE};

    #[repr(transparent)]
    struct TestProgram(Program);

    // SAFETY: all its pointers are null.
    unsafe impl Sync for TestProgram {}

    #[unsafe(export_name = "w2e_program")]
    static PROGRAM: TestProgram =
        TestProgram(Program { abi_version: ABI_VERSION, stack_size: DEFAULT_STACK_SIZE, ..EMPTY });

    #[test]
    fn null_is_an_empty_slice() {
        assert!(modules(program()).is_empty());
        assert!(policy(program()).is_empty());
    }
}
