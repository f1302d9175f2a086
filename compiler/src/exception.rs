//! Data about exceptions: from the handlers that Cranelift lists for calls to the table of [`abi::exception`], and the tags.

use std::collections::HashMap;
use std::mem::offset_of;

use abi::exception::{CATCH_ALL, CallSite, NO_MORE, Tag};
use abi::layout::Program;
use cranelift_codegen::{CompiledCode, FinalizedMachExceptionHandler};

use crate::compact::OffsetMap;
use crate::data::Structure;
use crate::error::Result;
use crate::names;
use crate::object_file::{Address, DataPlace, ObjectFile};
use crate::translate::Environment;

/// A call of one function that has handlers; offsets are from the function's start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandledCall {
    /// Where the call returns to.
    return_offset: u32,
    /// Distance of the stack pointer below the frame pointer.
    frame_size: u32,
    /// In the order in which they are tried.
    handlers: Vec<Handler>,
}

/// A handler: the header of what it takes, and the offset of its code.
type Handler = (u32, u32);

/// The calls of a function that have handlers, by ascending return address.
pub fn handled_calls(code: &CompiledCode, map: &OffsetMap) -> Vec<HandledCall> {
    let sites = code.buffer.call_sites().filter(|site| !site.exception_handlers.is_empty());
    let handled = sites.map(|site| HandledCall {
        return_offset: map.get(site.ret_addr),
        frame_size: site.frame_offset.unwrap_or_default(),
        handlers: site
            .exception_handlers
            .iter()
            .filter_map(|handler| match *handler {
                FinalizedMachExceptionHandler::Tag(tag, offset) => Some((tag.as_u32(), map.get(offset))),
                FinalizedMachExceptionHandler::Default(offset) => Some((CATCH_ALL, map.get(offset))),
                FinalizedMachExceptionHandler::Context(_) => None,
            })
            .collect(),
    });
    let mut handled: Vec<HandledCall> = handled.collect();
    handled.sort_by_key(|call| call.return_offset);
    handled
}

/// The table of a module while its functions are added in address order.
#[derive(Default)]
pub struct HandlerTable {
    sites: Vec<CallSite>,
    lists: Vec<u32>,
}

impl HandlerTable {
    /// Adds the calls of the function whose code begins at `start`.
    pub fn add(&mut self, start: u32, calls: &[HandledCall]) {
        let mut positions: HashMap<(u32, &[Handler]), u32> = HashMap::new();
        for call in calls {
            let next = self.lists.len() as u32;
            let list = *positions.entry((call.frame_size, &call.handlers)).or_insert(next);
            if list == next {
                self.add_list(start, call);
            }
            self.sites.push(CallSite { return_offset: start + call.return_offset, list });
        }
    }

    fn add_list(&mut self, start: u32, call: &HandledCall) {
        self.lists.push(call.frame_size);
        for (header, offset) in &call.handlers {
            self.lists.extend([*header, start + offset]);
        }
        if call.handlers.last().is_none_or(|(header, _)| *header != CATCH_ALL) {
            self.lists.push(NO_MORE);
        }
    }

    /// How many calls have been added.
    pub fn len(&self) -> usize {
        self.sites.len()
    }

    /// The calls, as an array of [`CallSite`], and the lists, as an array of words.
    pub fn bytes(&self) -> (Vec<u8>, Vec<u8>) {
        let sites = self.sites.iter().flat_map(|site| [site.return_offset, site.list]);
        let bytes = |words: &mut dyn Iterator<Item = u32>| words.flat_map(u32::to_le_bytes).collect();
        (bytes(&mut sites.into_iter()), bytes(&mut self.lists.iter().copied()))
    }
}

/// Emits the tags of all modules and refers to them from the program's root.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn emit_tags(env: Environment, object: &mut ObjectFile, program: &mut Structure) -> Result<()> {
    let mut tags = Structure::new(0);
    let mut count = 0;
    for (module, index) in env.program.tags() {
        let name = module.tag_names.get(&index).map_or_else(|| format!("tag {index}"), |name| names::demangle(name));
        let types = module.tag_type(index).function().params();
        let layout = env.program.types.exception_layout(types);
        // The fields in order of declaration.
        let values = types.iter().zip(&layout.offsets).flat_map(|(ty, offset)| [env.export_type(*ty).into(), *offset]);
        let values: Vec<u8> = values.flat_map(u32::to_le_bytes).collect();
        let mut tag = Structure::new(size_of::<Tag>());
        tag.u64(offset_of!(Tag, name_len), name.len() as u64);
        tag.u64(offset_of!(Tag, value_count), types.len() as u64);
        for (pointer, bytes) in [(offset_of!(Tag, name), name.as_bytes()), (offset_of!(Tag, values), &values)] {
            tag.address(pointer, Address::Data(object.add_data(DataPlace::ReadOnly, bytes, 4)));
        }
        tags.append(tag);
        count += 1;
    }
    program.address(offset_of!(Program, tags), tags.place_some(object, DataPlace::Relocated)?);
    program.u64(offset_of!(Program, tag_count), count);
    program.u64(offset_of!(Program, first_tag), env.program.first_tag_number().into());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_a_function_share_lists() {
        let call = |return_offset, handlers: &[Handler]| HandledCall {
            return_offset,
            frame_size: 32,
            handlers: handlers.to_vec(),
        };
        let calls = [call(5, &[(8, 40)]), call(10, &[(8, 40), (CATCH_ALL, 50)]), call(15, &[(8, 40)])];
        let mut table = HandlerTable::default();
        table.add(0x1000, &calls);
        table.add(0x2000, &calls[..1]);
        let find = |offset, header| abi::exception::find(&table.sites, &table.lists, offset, header);
        assert_eq!(table.lists.len(), 4 + 5 + 4);
        assert_eq!(find(0x1005, 8).map(|handler| handler.offset), Some(0x1000 + 40));
        assert_eq!(find(0x1005, 16), None);
        assert_eq!(find(0x100a, 16).map(|handler| handler.offset), Some(0x1000 + 50));
        assert_eq!(find(0x100f, 8), find(0x1005, 8));
        assert_eq!(find(0x2005, 8).map(|handler| handler.offset), Some(0x2000 + 40));
        assert_eq!(table.bytes().0.len(), table.len() * size_of::<CallSite>());
    }
}
