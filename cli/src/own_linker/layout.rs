//! Where everything goes, in the file and in memory.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::input::{Input, Kind, Section, Target};
use super::relocation;

/// Bytes of the ELF header and of up to seven program headers.
pub const HEADERS: u64 = 64 + 7 * 56;

/// Bytes of an entry of [`DYNAMIC_TAGS`].
const DYNAMIC_ENTRY: u64 = 16;

/// Entries of the dynamic section, the last one included.
pub const DYNAMIC_ENTRIES: u64 = 6;

/// Code begins on a page of its own in the file, so that constants are not executable where pages have 4 KiB.
const SMALL_PAGE: u64 = 1 << 12;

/// What is mapped together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Segment {
    /// Headers and constants.
    Constants,
    /// Machine code.
    Code,
    /// Writable until it is relocated.
    Relocated,
    /// Writable.
    Writable,
}

/// A section of the executable.
pub struct Output<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is mapped.
    pub segment: Segment,
    /// What is in it.
    pub content: Content,
    /// What its address is a multiple of.
    pub align: u64,
    /// Where it is in memory.
    pub address: u64,
    /// Where it is in the file.
    pub offset: u64,
    /// Bytes in memory, and in the file unless it [is zero](Output::is_zero).
    pub size: u64,
}

/// What a section of the executable holds.
#[derive(PartialEq, Eq)]
pub enum Content {
    /// Sections of the input, all of the same kind.
    Sections(Kind, Vec<usize>),
    /// The places to be relocated at start.
    Relocations,
    /// What the start looks for.
    Dynamic,
    /// Addresses that code loads.
    Slots,
}

impl Output<'_> {
    /// Whether it takes no room in the file.
    pub fn is_zero(&self) -> bool {
        matches!(self.content, Content::Sections(Kind::Zero, _))
    }
}

/// The executable before it is written.
pub struct Layout<'a> {
    /// Its sections, in order of their addresses.
    pub outputs: Vec<Output<'a>>,
    /// The address of each input section that is in it.
    addresses: Vec<u64>,
    /// Targets whose addresses code loads, with the number of the slot.
    slots: HashMap<Target<'a>, u64>,
    /// The same in order.
    pub slot_targets: Vec<Target<'a>>,
    /// Words of `.relr.dyn`.
    pub relative: Vec<u64>,
    /// Segments begin on pages of this many bytes.
    pub page: u64,
}

impl<'a> Layout<'a> {
    /// Lays out the live sections.
    ///
    /// # Errors
    /// Addresses where none can be relocated at start.
    pub fn new(input: &Input<'a>, live: &[bool], target: compiler::Target) -> Result<Layout<'a>> {
        let mut layout = Layout {
            outputs: outputs(input, live),
            addresses: vec![0; input.sections.len()],
            slots: HashMap::new(),
            slot_targets: Vec::new(),
            relative: Vec::new(),
            page: match target {
                compiler::Target::X86_64Linux => SMALL_PAGE,
                // Kernels with pages of 64 KiB are in use.
                compiler::Target::Aarch64Linux => 1 << 16,
            },
        };
        let used = input.sections.iter().zip(live).filter(|(_, live)| **live);
        used.for_each(|(section, _)| layout.add_slots(section));
        let needs_slots = !layout.slot_targets.is_empty();
        layout.outputs.retain(|output| needs_slots || output.content != Content::Slots);
        // How long the list of places is depends on where they are, which depends on how long the list is.
        loop {
            layout.assign(input);
            let mut relative = relative_relocations(&layout.places(input)?)?;
            if relative.len() <= layout.relative.len() {
                // An empty bit set for each word that is too many.
                relative.resize(layout.relative.len(), 1);
                layout.relative = relative;
                return Ok(layout);
            }
            layout.relative = relative;
        }
    }

    fn add_slots(&mut self, section: &Section<'a>) {
        for relocation in section.relocations.iter().filter(|it| relocation::needs_slot(section, it)) {
            let next = self.slot_targets.len() as u64;
            if *self.slots.entry(relocation.target).or_insert(next) == next {
                self.slot_targets.push(relocation.target);
            }
        }
    }

    /// Gives addresses to everything, with a list of places as long as the present one.
    fn assign(&mut self, input: &Input) {
        let (mut address, mut offset) = (HEADERS, HEADERS);
        let mut segment = Segment::Constants;
        for output in &mut self.outputs {
            if output.segment != segment {
                segment = output.segment;
                if segment == Segment::Code {
                    offset = offset.next_multiple_of(SMALL_PAGE);
                }
                address = address.next_multiple_of(self.page) + offset % self.page;
            }
            let start = address.next_multiple_of(output.align);
            let mut end = start;
            match &output.content {
                Content::Sections(_, members) => {
                    for member in members {
                        let section = &input.sections[*member];
                        let at = end.next_multiple_of(section.align);
                        self.addresses[*member] = at;
                        end = at + section.size;
                    }
                }
                Content::Relocations => end += 8 * self.relative.len() as u64,
                Content::Dynamic => end += DYNAMIC_ENTRIES * DYNAMIC_ENTRY,
                Content::Slots => end += 8 * self.slot_targets.len() as u64,
            }
            offset += start - address;
            (output.address, output.offset, output.size) = (start, offset, end - start);
            if !output.is_zero() {
                offset += output.size;
            }
            address = end;
        }
    }

    /// The addresses of all places to be relocated at start, in order.
    fn places(&self, input: &Input) -> Result<Vec<u64>> {
        let mut places = Vec::new();
        for output in &self.outputs {
            match &output.content {
                Content::Sections(kind, members) => {
                    for member in members {
                        let section = &input.sections[*member];
                        let absolute = section.relocations.iter().filter(|it| relocation::is_absolute(it.r_type));
                        let before = places.len();
                        places.extend(absolute.map(|relocation| self.addresses[*member] + relocation.offset));
                        if places.len() > before && !matches!(kind, Kind::Relocated | Kind::Data | Kind::Image) {
                            bail!("the section {} has addresses that cannot be relocated", section.name);
                        }
                    }
                }
                Content::Slots => places.extend((0..self.slot_targets.len() as u64).map(|it| output.address + 8 * it)),
                Content::Relocations | Content::Dynamic => {}
            }
        }
        places.sort_unstable();
        Ok(places)
    }

    /// The address of an input section.
    pub fn section(&self, number: usize) -> u64 {
        self.addresses[number]
    }

    /// The address of a target that was found.
    pub fn address(&self, target: Target) -> u64 {
        match target {
            Target::Place(number, offset) => self.addresses[number].wrapping_add(offset),
            Target::Dynamic => self.output(&Content::Dynamic).map_or(0, |dynamic| dynamic.address),
            Target::Headers | Target::Undefined(_) => 0,
        }
    }

    /// The address of the slot with a target's address.
    pub fn slot(&self, target: Target<'a>) -> Option<u64> {
        Some(self.output(&Content::Slots)?.address + 8 * self.slots.get(&target)?)
    }

    /// The section that holds something.
    pub fn output(&self, content: &Content) -> Option<&Output<'a>> {
        self.outputs.iter().find(|output| output.content == *content)
    }

    /// The sections of a segment: they lie together.
    pub fn segment(&self, segment: Segment) -> &[Output<'a>] {
        let start = self.outputs.iter().position(|output| output.segment == segment).unwrap_or_default();
        let len = self.outputs[start..].iter().take_while(|output| output.segment == segment).count();
        &self.outputs[start..start + len]
    }
}

/// The sections of the executable, without addresses.
fn outputs<'a>(input: &Input<'a>, live: &[bool]) -> Vec<Output<'a>> {
    let output =
        |name, segment, content, align| Output { name, segment, content, align, address: 0, offset: 0, size: 0 };
    let members = |kind| {
        let sections = input.sections.iter().enumerate();
        sections.filter(move |(number, section)| live[*number] && section.kind == kind)
    };
    let of_kind = |name, segment, kind| {
        let numbers: Vec<usize> = members(kind).map(|(number, _)| number).collect();
        let align = members(kind).map(|(_, section)| section.align).max();
        align.map(|align| output(name, segment, Content::Sections(kind, numbers), align))
    };
    let mut outputs: Vec<Output> = of_kind(".rodata", Segment::Constants, Kind::Constants).into_iter().collect();
    for (number, section) in members(Kind::Described) {
        match outputs.iter_mut().find(|output| output.name == section.name) {
            Some(Output { content: Content::Sections(_, members), .. }) => members.push(number),
            _ => {
                let content = Content::Sections(Kind::Described, vec![number]);
                outputs.push(output(section.name, Segment::Constants, content, section.align));
            }
        }
    }
    outputs.push(output(".relr.dyn", Segment::Constants, Content::Relocations, 8));
    outputs.extend(of_kind(".text", Segment::Code, Kind::Code));
    outputs.extend(of_kind(".data.rel.ro", Segment::Relocated, Kind::Relocated));
    outputs.push(output(".dynamic", Segment::Relocated, Content::Dynamic, 8));
    outputs.push(output(".got", Segment::Relocated, Content::Slots, 8));
    outputs.extend(of_kind(".data", Segment::Writable, Kind::Data));
    outputs.extend(of_kind(abi::symbols::IMAGE_SECTION, Segment::Writable, Kind::Image));
    outputs.extend(of_kind(".bss", Segment::Writable, Kind::Zero));
    outputs
}

/// A RELR table of ascending places: an even word is a place; an odd one a bit set of the 63 words behind what came before.
fn relative_relocations(places: &[u64]) -> Result<Vec<u64>> {
    let mut table = Vec::new();
    let mut places = places.iter().copied().peekable();
    while let Some(place) = places.next() {
        if place % 2 != 0 {
            bail!("an address at {place:#x}, which is odd");
        }
        table.push(place);
        let mut start = place + 8;
        loop {
            let mut bits = 0u64;
            let in_set = |place: &u64| (start..start + 63 * 8).contains(place) && (place - start).is_multiple_of(8);
            while let Some(place) = places.next_if(in_set) {
                bits |= 1 << ((place - start) / 8);
            }
            if bits == 0 {
                break;
            }
            table.push(bits << 1 | 1);
            start += 63 * 8;
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_packed() {
        let table = |places: &[u64]| relative_relocations(places).expect("they are even");
        assert!(table(&[]).is_empty());
        assert_eq!(table(&[0x1000, 0x1008, 0x1018, 0x8000, 0x8004]), [0x1000, 0b1011, 0x8000, 0x8004]);
        // The last word of a bit set, the first ones of the next two, and one that is too far away for a third.
        let last = 0x1000 + 63 * 8;
        let places = [0x1000, last, last + 8, last + 64 * 8, last + 200 * 8];
        assert_eq!(table(&places), [0x1000, 1 << 63 | 1, 0b11, 0b11, last + 200 * 8]);
        assert!(relative_relocations(&[0x1001]).is_err());
    }
}
