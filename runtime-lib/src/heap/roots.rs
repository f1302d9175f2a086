//! References outside the heap: on the stack, in globals, tables and element segments.

use abi::heap::RootRange;
use abi::layout::{Program, TABLE_TRACED, Table};
use abi::stack_map;

use crate::frames::{self, Frame, Frames};
use crate::{guest_stack, program};

/// All references outside a heap.
pub trait Roots {
    /// Calls `visit` for each, which may change it.
    fn visit(&self, visit: &mut dyn FnMut(*mut u32));
}

/// The roots of a program at a call from generated code.
pub struct ProgramRoots {
    program: &'static Program,
    innermost: Frame,
}

impl ProgramRoots {
    /// The function that `innermost` describes is the one that called the runtime.
    pub fn new(program: &'static Program, innermost: Frame) -> ProgramRoots {
        ProgramRoots { program, innermost }
    }
}

impl Roots for ProgramRoots {
    fn visit(&self, visit: &mut dyn FnMut(*mut u32)) {
        for module in program::modules(self.program) {
            for range in program::roots(module) {
                visit_range(range, program::local(module, range.start), visit);
            }
            for table in program::tables(module) {
                // SAFETY: the compiler emits pointers to tables, and nobody changes one meanwhile.
                visit_table(unsafe { &*program::local(module, *table) }, visit);
            }
        }
        visit_stack(self.program, self.innermost, visit);
    }
}

/// `start` is where the range is in the thread's instance.
fn visit_range(range: &RootRange, start: *mut u8, visit: &mut dyn FnMut(*mut u32)) {
    for index in 0..range.count {
        // SAFETY: the compiler emits ranges of references.
        visit(unsafe { start.add((index * range.stride) as usize) }.cast());
    }
}

fn visit_table(table: &Table, visit: &mut dyn FnMut(*mut u32)) {
    // A module that is not instantiated yet may have a table without elements.
    if table.flags & TABLE_TRACED == 0 || table.elements.is_null() {
        return;
    }
    for index in 0..table.len as usize {
        // SAFETY: a table has that many elements; a reference is in the low half of one.
        visit(unsafe { table.elements.add(index) }.cast());
    }
}

/// Maps of calls seen before, in a deep recursion nearly all of them.
const CACHED: usize = 64;

fn visit_stack(program: &'static Program, innermost: Frame, visit: &mut dyn FnMut(*mut u32)) {
    let mut cache: [(usize, &[u8]); CACHED] = [(0, &[]); CACHED];
    for frame in Frames::new(innermost, guest_stack::usable()) {
        let Some(cached) = cache.get_mut((frame.return_address >> 2) % CACHED) else { return };
        if cached.0 != frame.return_address {
            // The frames end where generated code was entered.
            let Some(map) = find_map(program, frame.return_address) else { return };
            *cached = (frame.return_address, map);
        }
        for slot in stack_map::slots(cached.1) {
            let address = frame.frame_pointer - (slot * stack_map::SLOT) as usize;
            visit(core::ptr::with_exposed_provenance_mut(address));
        }
    }
}

/// The stack map of a call in generated code, empty if there are no references in its frame.
fn find_map(program: &'static Program, return_address: usize) -> Option<&'static [u8]> {
    let (module, offset) = frames::place(program, return_address)?;
    let (addresses, maps) = program::stack_maps(module);
    let map = addresses.binary_search(&offset).ok().and_then(|at| maps.get(at));
    Some(map.and_then(|map| program::stack_map_slots(module).get(*map as usize..)).unwrap_or_default())
}
