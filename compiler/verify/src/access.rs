//! Memory accesses: whether they are in bounds, and what is read.

use std::mem::offset_of;

use abi::heap::{ARRAY_ELEMENTS, ARRAY_LENGTH, Heap, MAX_HEAP_END, ObjectType};
use abi::layout::{FIXED_MEMORY_BASE, FuncRef, HOST_STACK, Memory, Table};
use abi::trap::TrapKind;
use iced_x86::{Instruction, Register};

use crate::image::Role;
use crate::items::{Kind, MemoryFacts};
use crate::machine::Machine;
use crate::state::{Fact, Origin};
use crate::value::{Id, NO_SUM, Place, Sum, Value};
use crate::{Assumption, Problem};

/// Bytes that an object's fields may lie behind its start.
const LARGEST_FIELD: i64 = 1 << 24;

/// The most bytes of arguments on the stack, where the function does not say.
const LARGEST_ARGUMENTS: i64 = 1 << 16;

/// Where nothing is ever mapped, for accesses that are to fault.
const NULL_PAGE: i64 = 4096;

impl Machine<'_> {
    /// An access to an instance as one to the item there.
    pub fn resolve(&self, address: Value) -> Value {
        if address.place != Place::Instance || address.lo < 0 {
            return address;
        }
        let items = self.image.in_instance.range(..=address.lo as u64).next_back();
        match items {
            Some((start, item)) => {
                let mut inside = address.add(&Value::constant(-(*start as i64)));
                inside.place = Place::Item(*item as u32);
                inside
            }
            None => address,
        }
    }

    /// Reads memory; gives what is read, extended by zeroes.
    pub fn load(&mut self, instruction: &Instruction, address: Value, size: usize, signed: bool) -> Value {
        let address = self.resolve(address);
        let allowed = self.check(instruction, &address, size, false);
        let value = match address.place {
            _ if !allowed => None,
            Place::Stack if size == 1 && address.lo == address.hi => self.state.slot(address.lo, 1),
            Place::Stack if address.lo == address.hi && size == 4 => {
                let half = || self.state.slot(address.lo, 8).map(|value| self.state.low(&value.as_number()));
                self.state.slot(address.lo, 4).or_else(half).filter(|value| value.place == Place::Number)
            }
            Place::Stack if address.lo == address.hi && size == 8 => self.state.slot(address.lo, 8),
            Place::Item(item) => self.load_item(item, &address, size, signed),
            Place::Elements(_) if size == 8 => Some(Value::at(Place::FunctionReference, 0)),
            Place::FunctionReference if size == 8 && address.lo == offset_of!(FuncRef, code) as i64 => {
                Some(Value::at(Place::Function, 0))
            }
            Place::Number | Place::Entry(_) if size == 8 && self.is_reference(instruction, &address, size) => {
                Some(Value::at(Place::Function, 0))
            }
            Place::Number | Place::Entry(_) if size == 4 && self.is_reference(instruction, &address, size) => {
                let id = self.state.register(instruction.memory_base()).id;
                let value = self.named(Value::u32());
                self.state.set_origin(value.id, Origin::ReferenceType(id));
                Some(value)
            }
            Place::Code if size == 4 && signed && self.jump_table(instruction).is_some() => {
                self.jump_distance(instruction, &address)
            }
            Place::Code if address.lo == address.hi => self.constant(&address, size),
            Place::Heap | Place::Number if size == 4 => self.array_length(&address),
            _ => None,
        };
        let value = value.unwrap_or(match size {
            1 => Value::between(0, 0xff),
            2 => Value::between(0, 0xffff),
            4 => Value::u32(),
            _ => Value::ANY,
        });
        self.named(value)
    }

    fn load_item(&mut self, item: u32, address: &Value, size: usize, signed: bool) -> Option<Value> {
        let at = address.lo as usize;
        let constant = address.lo == address.hi;
        let with_origin = |machine: &mut Self, value: Value, origin: Origin| {
            let value = machine.named(value);
            machine.state.set_origin(value.id, origin);
            Some(value)
        };
        match self.image.items[item as usize].kind {
            Kind::Memory(_) if constant && at == offset_of!(Memory, base) => Some(Value::at(Place::Memory(item), 0)),
            Kind::Memory(facts) if constant && at == offset_of!(Memory, byte_length) => {
                with_origin(self, sizes(&facts), Origin::MemoryLength(item))
            }
            Kind::Table { .. } if constant && at == offset_of!(Table, elements) => {
                Some(Value::at(Place::Elements(item), 0))
            }
            Kind::Table { len } if constant && at == offset_of!(Table, len) => {
                with_origin(self, Value::between(len.min(1 << 59) as i64, 1 << 59), Origin::TableLength(item))
            }
            Kind::SegmentLengths if constant => {
                with_origin(self, Value::between(0, 1 << 40), Origin::SegmentLength(item, address.lo))
            }
            Kind::FuncRef if constant && size == 8 && at == offset_of!(FuncRef, code) => {
                Some(Value::at(Place::Function, 0))
            }
            Kind::Heap if constant && at == offset_of!(Heap, base) => Some(Value::at(Place::Heap, 0)),
            Kind::Heap if constant && at == offset_of!(Heap, types) => Some(Value::at(Place::ObjectTypes, 0)),
            Kind::Heap if constant && (at == offset_of!(Heap, top) || at == offset_of!(Heap, limit)) => {
                Some(Value::between(0, MAX_HEAP_END as i64))
            }
            Kind::Elements if size == 8 => Some(Value::at(Place::FunctionReference, 0)),
            Kind::StaticTable(facts) if size == 4 => {
                let (index, part) = element(address)?;
                let origin = Origin::ElementType(item, index);
                if part == 4 {
                    return with_origin(self, Value::u32(), origin);
                }
                let typed = self.state.knows(Fact { sum: Sum { c: 1, ..NO_SUM }, from: 0, of: origin });
                let not_null = self.state.knows(Fact { sum: NO_SUM, from: 0, of: origin });
                if part != 0 || !signed {
                    return None;
                }
                let inside = within(address, size as i64, 0, facts.len as i64 * 8);
                if !(facts.uniform && inside && (facts.full || not_null) || typed) {
                    if !self.has_subtypes() {
                        let what = "a function of a table whose type is not compared".to_string();
                        self.report(Problem::IndirectBranch(what));
                        return None;
                    }
                    self.assume(Assumption::Subtype);
                }
                Some(Value::at(Place::Distance(item), 0))
            }
            _ => None,
        }
    }

    fn has_subtypes(&self) -> bool {
        self.image.items.iter().any(|item| item.name == "w2e_type_displays")
    }

    /// Whether a read of unknown memory is one through a reference to a function: at the trap for null, or of the type.
    fn is_reference(&mut self, instruction: &Instruction, address: &Value, size: usize) -> bool {
        let trap = self.function.traps.get(&instruction.ip());
        let plain = instruction.memory_index() == Register::None && address.room == 0;
        match instruction.memory_displacement64() {
            0 if size == 8 => {
                let id = self.state.register(instruction.memory_base()).id;
                let typed = Fact { sum: Sum { c: 1, ..NO_SUM }, from: 0, of: Origin::ReferenceType(id) };
                plain && (trap == Some(&(TrapKind::NullReference as u8)) || id.is_some() && self.state.knows(typed))
            }
            8 if size == 4 => plain && trap.is_none() && !self.check_memory(address, 4),
            _ => false,
        }
    }

    /// A constant that lies behind the function's code, which nothing writes.
    fn constant(&self, address: &Value, size: usize) -> Option<Value> {
        let spot = crate::image::Spot { offset: address.lo as u64, ..self.spot };
        let bytes = self.image.bytes(spot, size as u64).filter(|_| size <= 8)?;
        let number = bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        Some(Value::constant(number as i64))
    }

    /// The table at an instruction's base register.
    fn jump_table(&self, instruction: &Instruction) -> Option<u64> {
        let base = instruction.memory_base();
        let start = if base.is_gpr64() { self.state.register(base) } else { Value::ANY };
        let table = (start.place == Place::Code && start.lo == start.hi).then_some(start.lo as u64)?;
        self.body.tables.contains_key(&table).then_some(table)
    }

    fn jump_distance(&mut self, instruction: &Instruction, address: &Value) -> Option<Value> {
        let table = self.jump_table(instruction)?;
        let scaled = address.lo == address.hi || instruction.memory_index_scale() == 4;
        let count = self.body.tables[&table].targets.len() as i64;
        let inside = within(address, 4, table as i64, table as i64 + count * 4) && (address.lo - table as i64) % 4 == 0;
        (scaled && inside).then(|| Value::at(Place::JumpDistance(table), 0))
    }

    fn array_length(&mut self, address: &Value) -> Option<Value> {
        let sum = self.heap_sum(address)?;
        if sum.b.is_some() || sum.c != ARRAY_LENGTH as i64 {
            return None;
        }
        let value = self.named(Value::u32());
        self.state.set_origin(value.id, Origin::ArrayLength(sum.a));
        Some(value)
    }

    /// An address as a distance from the start of the heap.
    pub fn heap_sum(&self, address: &Value) -> Option<Sum> {
        let sum = address.sum;
        match address.place {
            Place::Heap if sum.is_some() => Some(sum),
            Place::Number if self.image.fixed_heap && sum.is_some() => sum.plus(-(FIXED_MEMORY_BASE as i64)),
            _ => None,
        }
    }

    /// Writes memory.
    pub fn store(&mut self, instruction: &Instruction, address: Value, size: usize, value: Value) {
        let address = self.resolve(address);
        self.check(instruction, &address, size, true);
        match address.place {
            Place::Stack if address.lo == address.hi => {
                let stored = match size {
                    8 => Some(value),
                    4 => Some(self.state.low(&value.as_number())),
                    _ => None,
                };
                match stored {
                    Some(value) => {
                        let value = self.named(value);
                        self.state.set_slot(address.lo, size as u8, value);
                    }
                    None => self.state.forget_slots(address.lo, address.lo + size as i64),
                }
            }
            Place::Stack => {
                self.state.forget_slots(address.lo.max(i64::MIN + 8), address.hi.saturating_add(size as i64))
            }
            Place::Item(item) => self.store_item(item, &address, size, &value),
            Place::Elements(_) if size == 8 => self.check_reference(&value),
            Place::Heap | Place::Number if size == 4 => self.note_length(&address, &value),
            _ => {}
        }
    }

    /// The length of a new array.
    fn note_length(&mut self, address: &Value, value: &Value) {
        if let Some(sum) = self.heap_sum(address)
            && !sum.b.is_some()
            && sum.c == ARRAY_LENGTH as i64
        {
            self.state.set_origin(self.state.low(&value.as_number()).id, Origin::ArrayLength(sum.a));
        }
    }

    fn store_item(&mut self, item: u32, address: &Value, size: usize, value: &Value) {
        let constant = address.lo == address.hi;
        match self.image.items[item as usize].kind {
            Kind::Heap if constant && address.lo == offset_of!(Heap, top) as i64 && size == 8 => {}
            Kind::SegmentLengths if constant && value.as_constant() == Some(0) => {}
            Kind::Elements => {
                if size == 8 {
                    self.check_reference(value);
                }
            }
            Kind::Segment if self.function.role == Role::Initializer && size == 8 => self.check_reference(value),
            Kind::Plain => {}
            kind => self.report(Problem::Access(format!("a write of {size} bytes to {kind:?} at {address:?}"))),
        }
    }

    /// What is stored in a table must be a reference.
    pub fn check_reference(&mut self, value: &Value) {
        let funcref = |item: u32| self.image.items[item as usize].kind == Kind::FuncRef;
        match value.place {
            Place::FunctionReference => {}
            Place::Item(item) if funcref(item) && value.lo == 0 && value.hi == 0 => {}
            Place::Number if value.is_u32() => {}
            _ => self.assume(Assumption::FunctionReference),
        }
    }

    /// Checks an access of so many bytes; says whether it is allowed.
    fn check(&mut self, instruction: &Instruction, address: &Value, size: usize, write: bool) -> bool {
        if self.checking {
            self.outcome.accesses += 1;
        }
        let bytes = size as i64;
        let known = match address.place {
            Place::Stack => return self.check_stack(address, bytes, write),
            Place::Item(item) => {
                let item = &self.image.items[item as usize];
                let special = matches!(item.kind, Kind::Heap | Kind::SegmentLengths);
                let inside = within(address, bytes, 0, item.size as i64);
                let index = item.name == "w2e_type_displays" && !write;
                if !inside && index {
                    self.assume(Assumption::Object);
                }
                let element = !inside && !write && item.kind == Kind::Segment && within(address, bytes, 0, 16 << 32);
                if element {
                    self.assume(Assumption::Element);
                }
                (inside || index || element) && (!write || item.writable || special)
            }
            Place::Code => !write && within(address, bytes, self.function.start as i64, self.function.end as i64),
            Place::Values => match self.function.role {
                Role::Trampoline(count) => within(address, bytes, 0, count as i64 * 16),
                _ => false,
            },
            Place::FunctionReference => !write && within(address, bytes, 0, size_of::<FuncRef>() as i64),
            Place::ObjectTypes => !write && within(address, bytes, 0, size_of::<ObjectType>() as i64 * (1 << 32)),
            Place::Elements(table) => self.check_elements(address, bytes, table),
            Place::Entry(register) => {
                if write {
                    self.check_area(register, address, bytes)
                } else {
                    self.check_assumed(instruction, address, size)
                }
            }
            _ => {
                self.check_memory(address, bytes)
                    || self.check_element(address)
                    || !write && self.check_assumed(instruction, address, size)
            }
        };
        if !known {
            let verb = if write { "a write" } else { "a read" };
            self.report(Problem::Access(format!("{verb} of {size} bytes by `{instruction}` at {address:?}")));
        }
        known
    }

    fn check_assumed(&mut self, instruction: &Instruction, address: &Value, size: usize) -> bool {
        let reference = self.is_reference(instruction, address, size);
        if reference {
            self.assume(Assumption::FunctionReference);
        }
        reference
    }

    fn check_stack(&mut self, address: &Value, size: i64, write: bool) -> bool {
        let pointer = self.state.register(Register::RSP);
        let arguments = self.contracts.pops.get(&self.spot).map_or(LARGEST_ARGUMENTS, |bytes| *bytes as i64);
        let reach = if write { 0 } else { HOST_STACK as i64 };
        let inside = pointer.place == Place::Stack
            && pointer.lo == pointer.hi
            && within(address, size, pointer.lo - reach, 8 + arguments);
        if !inside {
            self.report(Problem::Frame(format!("{size} bytes of the stack at {address:?}, pointer {pointer:?}")));
        }
        inside
    }

    /// The place for results whose address is an argument.
    fn check_area(&mut self, register: Register, address: &Value, size: i64) -> bool {
        let small = address.lo == address.hi && (0..LARGEST_ARGUMENTS).contains(&address.lo);
        if !small || self.function.role != Role::Guest {
            return false;
        }
        match &mut self.outcome.area {
            Some((known, end)) if *known == register => *end = (*end).max(address.lo + size),
            Some(_) => return false,
            none => *none = Some((register, address.lo + size)),
        }
        true
    }

    /// An access to a linear memory, or to the heap.
    pub fn check_memory(&mut self, address: &Value, size: i64) -> bool {
        if address.room >= size {
            return true;
        }
        match address.place {
            Place::Memory(memory) => {
                let Kind::Memory(facts) = self.image.items[memory as usize].kind else { return false };
                let sum = address.distance();
                let room = self.state.room(sum, Origin::MemoryLength(memory));
                within(address, size, 0, facts.reservation.max(facts.min).min(1 << 60) as i64)
                    || room.is_some_and(|room| room >= size)
            }
            Place::Number => {
                let fixed = self.fixed_end();
                within(address, size, 0, NULL_PAGE)
                    || fixed.is_some_and(|end| within(address, size, 0, end))
                    || self.check_array(address, size)
            }
            Place::Heap => {
                within(address, size, 0, MAX_HEAP_END as i64 + LARGEST_FIELD) || self.check_array(address, size)
            }
            _ => false,
        }
    }

    /// Where the guard of what is at the fixed place ends. Nothing else is mapped below that.
    pub fn fixed_end(&self) -> Option<i64> {
        let memory = self.image.items.iter().find_map(|item| match item.kind {
            Kind::Memory(facts) if facts.fixed => Some(facts.reservation as i64),
            _ => None,
        });
        let heap = self.image.fixed_heap.then_some(MAX_HEAP_END as i64 + LARGEST_FIELD);
        memory.or(heap).map(|size| FIXED_MEMORY_BASE as i64 + size)
    }

    /// An element of an array whose index was compared with the array's length.
    fn check_array(&mut self, address: &Value, size: i64) -> bool {
        let Some(sum) = self.heap_sum(address) else { return false };
        let offset = sum.c - ARRAY_ELEMENTS as i64;
        let one = |array: Id, index: Id| {
            let room = self.state.room(Sum { a: index, ..NO_SUM }, Origin::ArrayLength(array)).unwrap_or(0);
            array.is_some() && index.is_some() && offset >= 0 && offset + size <= room << sum.shift
        };
        one(sum.a, sum.b) || sum.shift == 0 && one(sum.b, sum.a)
    }

    /// An element of an array whose index is not seen to be compared with the length: the comparison was before a loop, or the array is new.
    fn check_element(&mut self, address: &Value) -> bool {
        let start = match address.place {
            Place::Heap => 0,
            Place::Number if self.image.fixed_heap => FIXED_MEMORY_BASE as i64,
            _ => return false,
        };
        // An object, and an index of 32 bits times the size of the largest element.
        let element = within(address, 0, start, start + 18 * MAX_HEAP_END as i64);
        if element {
            self.assume(Assumption::Element);
        }
        element
    }

    fn check_elements(&mut self, address: &Value, size: i64, table: u32) -> bool {
        let Kind::Table { len } = self.image.items[table as usize].kind else { return false };
        let (index, part) = element(address).unwrap_or((NO_SUM, 0));
        let room = self.state.room(index, Origin::TableLength(table)).unwrap_or(0);
        // A table that is larger than any address space is refused at start.
        len >= 1 << 48 || within(address, size, 0, len as i64 * 8) || index.c >= 0 && part + size <= room * 8
    }
}

/// Whether an access begins and ends between two bounds.
fn within(address: &Value, size: i64, start: i64, end: i64) -> bool {
    address.lo >= start && address.hi.checked_add(size).is_some_and(|last| last <= end)
}

/// The index of an element of a static table, and which part of the element it is.
fn element(address: &Value) -> Option<(Sum, i64)> {
    if address.lo == address.hi {
        return Some((Sum { c: address.lo >> 3, ..NO_SUM }, address.lo & 7));
    }
    let sum = address.sum;
    // Which element it is does not depend on the way the sum came about as long as it is one.
    let scaled = sum.shift == 3 && !sum.a.is_some() && sum.b.is_some();
    scaled.then_some((Sum { a: sum.b, c: sum.c >> 3, ..NO_SUM }, sum.c & 7))
}

/// The sizes that a memory may have.
fn sizes(facts: &MemoryFacts) -> Value {
    let number = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    // A size that never changes is none that is known: what matters is which memory's it is.
    Value::between(number(facts.min), number(facts.max).max(number(facts.min).saturating_add(1)))
}
