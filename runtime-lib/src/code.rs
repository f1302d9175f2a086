//! From machine code addresses to modules, functions and trap sites.

use abi::layout::{FunctionRecord, Module, NO_FUNCTION, Program};
use abi::trap::{self, CALL_SITE, Site};

use crate::program;

/// A place in the machine code of a module.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The module.
    pub module: &'a Module,
    /// The function.
    pub function: &'a FunctionRecord,
    /// Bytes from the start of the function.
    pub offset: u32,
    /// Whether it is where a call returns to, rather than where execution stands. Both kinds of site may be recorded for
    /// one place: the instruction behind a call can trap.
    is_return: bool,
}

impl<'a> Place<'a> {
    /// The place at an address, if that is in guest code.
    pub fn find(program: &'a Program, pc: usize) -> Option<Place<'a>> {
        program::modules(program).iter().find_map(|module| {
            let offset = pc.checked_sub(module.text as usize)?;
            if offset as u64 >= module.text_len {
                return None;
            }
            let offset = offset as u32;
            let functions = program::functions(module);
            let next = functions.partition_point(|function| function.start <= offset);
            let function = functions.get(next.checked_sub(1)?)?;
            Some(Place { module, function, offset: offset - function.start, is_return: false })
        })
    }

    /// The place of the call that returns to an address. The address itself may already belong to the next function, when the
    /// called one never returns.
    pub fn find_call(program: &'a Program, return_address: usize) -> Option<Place<'a>> {
        let mut place = Place::find(program, return_address.checked_sub(1)?)?;
        place.offset += 1;
        place.is_return = true;
        Some(place)
    }

    /// The call site recorded for exactly this place when a call returns to it, else the trap site.
    pub fn site(&self) -> Option<Site> {
        let sites = program::trap_sites(self.module).get(self.function.traps as usize..)?;
        let is_wanted = |site: &Site| site.pc == self.offset && (site.kind == CALL_SITE) == self.is_return;
        trap::sites(sites).take_while(|site| site.pc <= self.offset).find(is_wanted)
    }

    /// Offset in the .wasm file: of the site, or else of the function.
    #[inline(never)]
    pub fn wasm_offset(&self) -> u32 {
        self.function.wasm_offset.wrapping_add(self.site().map_or(0, |site| site.wasm_offset))
    }

    /// The function in whose body the site is: another than [`Place::function`] where the compiler inlined a call.
    pub fn inlined_function(&self) -> Option<&'a FunctionRecord> {
        let wasm_offset = self.wasm_offset();
        let functions = program::functions(self.module);
        // Functions with bodies come first, in the order of their bodies.
        let next = functions.partition_point(|record| record.index != NO_FUNCTION && record.wasm_offset <= wasm_offset);
        let inlined = functions.get(next.checked_sub(1)?)?;
        (inlined.index != self.function.index && inlined.wasm_offset > 0).then_some(inlined)
    }

    /// A function's name; empty when it has none.
    pub fn name_of(&self, function: &FunctionRecord) -> &'a [u8] {
        let start = function.name as usize;
        let end = start.saturating_add(function.name_len as usize);
        program::names(self.module).get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_program::{TEXT, test_program};

    fn found(pc: usize) -> Option<(u32, u32)> {
        Place::find(test_program(), pc).map(|place| (place.function.index, place.offset))
    }

    #[test]
    fn addresses_belong_to_functions() {
        assert_eq!(found(TEXT[0] - 1), None);
        assert_eq!(found(TEXT[0]), Some((7, 0)));
        assert_eq!(found(TEXT[0] + 0x3f), Some((7, 0x3f)));
        assert_eq!(found(TEXT[0] + 0x40), Some((8, 0)));
        assert_eq!(found(TEXT[0] + 0x1ff), Some((abi::layout::NO_FUNCTION, 0x17f)));
        assert_eq!(found(TEXT[0] + 0x200), None);
        // What precedes the first function is none.
        assert_eq!(found(TEXT[1] + 0xff), None);
        assert_eq!(found(TEXT[1] + 0x100), Some((9, 0)));
        assert_eq!(found(0), None);
        assert_eq!(found(usize::MAX), None);
    }

    #[test]
    fn sites_are_exact() {
        let kind = |pc| Place::find(test_program(), pc).unwrap().site().map(|site| site.kind);
        assert_eq!(kind(TEXT[0] + 0x20), Some(trap::TrapKind::MemoryOutOfBounds as u8));
        assert_eq!(kind(TEXT[0] + 0x1f), None);
        assert_eq!(kind(TEXT[0] + 0x21), None);
        // A call returns to where a trap is recorded as well.
        assert_eq!(kind(TEXT[0] + 0x10), Some(trap::TrapKind::Unreachable as u8));
        let call = Place::find_call(test_program(), TEXT[0] + 0x10).unwrap();
        assert_eq!(call.site().map(|site| site.kind), Some(CALL_SITE));
        assert_eq!(call.wasm_offset(), 0x1011);
    }

    #[test]
    fn a_call_at_the_end_belongs_to_its_function() {
        let call = Place::find_call(test_program(), TEXT[0] + 0x80).unwrap();
        assert_eq!((call.function.index, call.wasm_offset()), (8, 0x2021));
        assert!(Place::find_call(test_program(), 0).is_none());
    }
}
