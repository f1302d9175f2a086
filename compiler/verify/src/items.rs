//! Data that code refers to: memories, tables, globals and so on, with what each may be used for.

use std::mem::offset_of;

use abi::heap::Heap;
use abi::layout::{
    FuncRef, MEMORY_CHECKED, MEMORY_FIXED, MEMORY_MOVES, Memory, Module, NO_ELEMENT, NO_TYPE, StaticElement, Table,
};

use crate::Malformed;
use crate::image::{Definitions, Image, Reference, Spot, Target, field};

/// A piece of data that code refers to.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it begins.
    pub start: Spot,
    /// Its size in bytes.
    pub size: u64,
    /// Its symbol.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Code may write to it as it likes.
    pub writable: bool,
}

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A [`Memory`].
    Memory(MemoryFacts),
    /// A [`Table`]. Its elements, if they are stored in the program, are the item; `fixed` says that nothing grows it.
    Table {
        /// Number of elements at start.
        len: u64,
    },
    /// Stored elements of the table that is this item.
    Elements,
    /// A table that does not change: [`StaticElement`]s, all of which are null or lead to functions.
    StaticTable(StaticFacts),
    /// A [`FuncRef`] of a function.
    FuncRef,
    /// A [`Heap`].
    Heap,
    /// Lengths of passive segments.
    SegmentLengths,
    /// Contents of a segment.
    Segment,
    /// Cells of globals, displays of types: numbers.
    Plain,
}

/// What the elements of a table that does not change have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StaticFacts {
    /// All that are not null have one type.
    pub uniform: bool,
    /// None is null.
    pub full: bool,
    /// Number of elements. Another one follows, which is that of all indices out of bounds and leads nowhere.
    pub len: u64,
}

/// What a memory's structure says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryFacts {
    /// It is at the fixed place.
    pub fixed: bool,
    /// Accesses to it need no comparison as long as they are within so many bytes.
    pub reservation: u64,
    /// It never has fewer bytes.
    pub min: u64,
    /// It never has more.
    pub max: u64,
    /// It can move when it grows.
    pub moves: bool,
}

/// Classifies every symbol of data.
pub fn read(image: &mut Image, defined: &Definitions) -> Result<(), Malformed> {
    let mut names: Vec<(&String, &(Spot, u64))> = defined.iter().collect();
    names.sort();
    for (name, (start, size)) in names {
        let Some(kind) = kind(image, name, *start, *size)? else { continue };
        let writable = matches!(kind, Kind::Plain | Kind::Elements | Kind::Segment | Kind::SegmentLengths)
            && (image.is_writable(*start) || image.instance_size.is_some());
        image.items.push(Item { start: *start, size: *size, name: name.clone(), kind, writable });
    }
    instances(image, defined)
}

/// Where items are in an instance, if threads have instances.
fn instances(image: &mut Image, defined: &Definitions) -> Result<(), Malformed> {
    if image.instance_size.is_none() {
        return Ok(());
    }
    for (name, (module, size)) in defined {
        if !is_module(name) || *size != size_of::<Module>() as u64 {
            continue;
        }
        let Some(contents) = image.pointer(field(*module, offset_of!(Module, instance))) else { continue };
        let len = image.u64(field(*module, offset_of!(Module, instance_len)))?;
        let offset = image.u64(field(*module, offset_of!(Module, instance_offset)))?;
        let inside = contents..contents.at(len);
        let items = image.items.iter().enumerate().filter(|(_, item)| inside.contains(&item.start));
        let places: Vec<(u64, usize)> =
            items.map(|(at, item)| (item.start.offset - contents.offset + offset, at)).collect();
        image.in_instance.extend(places);
    }
    Ok(())
}

/// Whether a symbol is that of a module: `w2e_m0`.
fn is_module(name: &str) -> bool {
    name.strip_prefix("w2e_m").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What is behind `prefix` and a number, in the name of a module's symbol: `w2e_m0_` and that.
fn is_numbered(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
}

fn kind(image: &Image, name: &str, start: Spot, size: u64) -> Result<Option<Kind>, Malformed> {
    match name {
        "w2e_heap" if size == size_of::<Heap>() as u64 => return Ok(Some(Kind::Heap)),
        "w2e_type_displays" => return Ok(Some(Kind::Plain)),
        _ => {}
    }
    let Some((_, own)) = name.strip_prefix("w2e_m").and_then(|rest| rest.split_once('_')) else { return Ok(None) };
    let kind = match own {
        "globals" => Kind::Plain,
        "segment_lengths" => Kind::SegmentLengths,
        _ if is_numbered(own, "memory") => Kind::Memory(memory(image, start)?),
        _ if is_numbered(own, "funcref") => funcref(image, start)?,
        _ if is_numbered(own, "data") || is_numbered(own, "elements") => Kind::Segment,
        _ if is_numbered(own, "table") && is_static_table(image, start, size) => {
            Kind::StaticTable(static_facts(image, start, size)?)
        }
        _ if is_numbered(own, "table") && size == size_of::<Table>() as u64 => {
            Kind::Table { len: image.u64(field(start, offset_of!(Table, len)))? }
        }
        _ if own.starts_with("table") && own.ends_with("_elements") => Kind::Elements,
        // Functions of other modules.
        _ if is_numbered(own, "f") => return Ok(None),
        _ => return Err(Malformed(format!("{name} is nothing known"))),
    };
    Ok(Some(kind))
}

fn memory(image: &Image, start: Spot) -> Result<MemoryFacts, Malformed> {
    let flags = image.u32(field(start, offset_of!(Memory, flags)))?;
    let min = image.u64(field(start, offset_of!(Memory, min_byte_length)))?;
    let max = image.u64(field(start, offset_of!(Memory, max_byte_length)))?;
    let reservation = image.u64(field(start, offset_of!(Memory, reservation)))?;
    // The runtime may give such a memory less than it asks for.
    let reservation = if flags & (MEMORY_CHECKED | MEMORY_MOVES) != 0 { 0 } else { reservation };
    Ok(MemoryFacts { fixed: flags & MEMORY_FIXED != 0, reservation, min, max, moves: flags & MEMORY_MOVES != 0 })
}

fn funcref(image: &Image, start: Spot) -> Result<Kind, Malformed> {
    let code = image.pointer(field(start, offset_of!(FuncRef, code)));
    match code.and_then(|code| image.function_at(code)) {
        Some(function) if function.index.is_some() => Ok(Kind::FuncRef),
        _ => Err(Malformed("a reference to a function leads elsewhere".into())),
    }
}

/// Whether data is a table of functions that does not change: no element leads anywhere but to a function.
fn is_static_table(image: &Image, start: Spot, size: u64) -> bool {
    let elements = (0..size / size_of::<StaticElement>() as u64).map(|at| start.at(at * 8));
    let is_element = |element: Spot| {
        let code = field(element, offset_of!(StaticElement, code));
        match image.reference(code) {
            Some(Reference { relative: true, target: Target::Spot(target) }) => {
                // The distance counts from the start of the table.
                let Some(target) = target.offset.checked_sub(code.offset - start.offset) else { return false };
                function_of(image, element, code, target)
            }
            Some(_) => false,
            None => {
                let type_id = image.u32(field(element, offset_of!(StaticElement, type_id)));
                type_id == Ok(if element.offset - start.offset + 8 == size { NO_ELEMENT } else { NO_TYPE })
            }
        }
    };
    !image.is_writable(start) && size.is_multiple_of(8) && { elements }.all(is_element)
}

fn static_facts(image: &Image, start: Spot, size: u64) -> Result<StaticFacts, Malformed> {
    let len = (size / 8).saturating_sub(1);
    let types = (0..len).map(|at| image.u32(field(start.at(at * 8), offset_of!(StaticElement, type_id))));
    let mut types = types.collect::<Result<Vec<u32>, _>>()?;
    let full = !types.contains(&NO_TYPE);
    types.retain(|ty| *ty != NO_TYPE);
    types.dedup();
    Ok(StaticFacts { uniform: types.len() <= 1, full, len })
}

/// Whether a relocated field of a table leads to a guest function, which begins at `offset`.
fn function_of(image: &Image, element: Spot, code: Spot, offset: u64) -> bool {
    let Some(Reference { target: Target::Spot(target), .. }) = image.reference(code) else { return false };
    let function = image.function_at(Spot { offset, ..*target });
    element.section != target.section && function.is_some_and(|function| function.index.is_some())
}
