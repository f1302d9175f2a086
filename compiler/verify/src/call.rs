//! Calls, and leaving a function.

use abi::symbols::builtin;
use abi::wasi::{HOST_FUNCTIONS, THREAD_SPAWN};
use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind, Register};

use crate::code::{self, Body, Destination};
use crate::function::Contracts;
use crate::image::Spot;
use crate::items::Kind;
use crate::machine::Machine;
use crate::state::{Origin, PRESERVED, REGISTERS};
use crate::value::{NO_SUM, Place, Sum, Value};
use crate::{Assumption, Finding, Problem, Report};

/// A call whose callee may get the address of a place for its results.
pub struct AreaCall {
    at: Finding,
    /// The callee; `None` when it is called through a table or a reference.
    callee: Option<Spot>,
    /// What the registers for arguments hold, where they are addresses on the caller's stack: how many bytes follow in the frame.
    rooms: Vec<(Register, i64)>,
}

impl AreaCall {
    /// Whether the callee got what it asks for.
    pub fn check(self, contracts: &Contracts, report: &mut Report) {
        let Some((register, size)) = self.callee.and_then(|callee| contracts.areas.get(&callee)) else { return };
        if !self.rooms.iter().any(|(held, room)| held == register && room >= size) {
            report.findings.push(self.at);
        }
    }
}

impl Body {
    /// Bytes of arguments that returning takes off the stack; `None` when the function never returns.
    pub fn pops(&self) -> Option<u64> {
        let ret = self.instructions.iter().find(|instruction| instruction.flow_control() == FlowControl::Return)?;
        Some(if ret.op_count() == 1 && ret.op0_kind() == OpKind::Immediate16 { ret.immediate(0) } else { 0 })
    }
}

impl Machine<'_> {
    /// A call.
    pub fn call(&mut self, instruction: &Instruction) {
        let callee = match instruction.flow_control() {
            FlowControl::IndirectCall => {
                let target = self.indirect_target(instruction);
                if target.place != Place::Function {
                    self.report(Problem::IndirectBranch(format!("a call of {target:?}")));
                }
                None
            }
            _ => match code::destination(self.image, self.spot, self.function, instruction) {
                Destination::Function(spot) => Some(spot),
                Destination::Own(_) | Destination::Nowhere => return self.report(Problem::Branch),
                Destination::Runtime(name) => return self.call_runtime(&name),
            },
        };
        self.check_instance();
        let results = self.note_area(callee);
        // The callee takes its arguments off the stack, and the caller goes on as if it had not.
        let popped = self.popped_after(instruction);
        if let Some(expected) = callee.and_then(|callee| self.contracts.pops.get(&callee))
            && *expected != popped
        {
            self.report(Problem::Frame(format!("a callee takes {expected} bytes off the stack, not {popped}")));
        }
        let pointer = self.state.register(Register::RSP);
        self.after_call();
        if pointer.lo == pointer.hi {
            self.state.forget_slots(i64::MIN + 8, pointer.lo + popped as i64);
        }
        for (start, end) in results {
            self.state.forget_slots(start, end);
        }
        self.state.set(Register::RSP, pointer.add(&Value::constant(popped as i64)));
    }

    /// What the instruction after a call puts back on the stack pointer.
    fn popped_after(&self, instruction: &Instruction) -> u64 {
        let at = self.body.instructions.binary_search_by_key(&instruction.next_ip(), Instruction::ip);
        match at.ok().map(|at| &self.body.instructions[at]) {
            Some(next) if next.mnemonic() == Mnemonic::Sub && next.op0_register() == Register::RSP => next.immediate(1),
            _ => 0,
        }
    }

    fn after_call(&mut self) {
        let image = self.image;
        let is_stale = |place: Place| match place {
            Place::Memory(memory) => {
                matches!(image.items[memory as usize].kind, Kind::Memory(facts) if facts.moves)
            }
            Place::Elements(_) => true,
            _ => false,
        };
        self.state.after_call(is_stale);
        for register in REGISTERS {
            if !PRESERVED.contains(&register) && register != Register::RSP {
                let value = self.named(Value::ANY);
                self.state.set(register, value);
            }
        }
    }

    /// Notes where on the stack the callee may write its results; gives these parts of the frame.
    fn note_area(&mut self, callee: Option<Spot>) -> Vec<(i64, i64)> {
        let pointer = self.state.register(Register::RSP);
        let mut rooms = Vec::new();
        let mut parts = Vec::new();
        // It is the first argument. Others may hold an address on the stack that was left there.
        let value = self.state.register(Register::RDI);
        if value.place == Place::Stack && value.lo == value.hi && pointer.lo == pointer.hi && value.lo >= pointer.lo {
            let end = self.state.lowest_saved(value.lo);
            rooms.push((Register::RDI, end - value.lo));
            parts.push((value.lo, end));
        }
        if !rooms.is_empty() && callee.is_none() {
            self.assume(Assumption::ReturnArea);
        }
        if self.checking {
            let problem = Problem::Argument("no place for the callee's results".into());
            let at = Finding { unit: self.spot.unit, offset: self.here(), problem };
            self.outcome.calls.push(AreaCall { at, callee, rooms });
        }
        parts
    }

    fn call_runtime(&mut self, name: &str) {
        let register = |machine: &Self, register| match machine.resolve(machine.state.register(register)) {
            value if matches!(value.place, Place::Entry(_)) => value.as_number(),
            value => value,
        };
        let [first, second, third] = [Register::RDI, Register::RSI, Register::RDX].map(|it| register(self, it));
        let kind = |machine: &Self, value: &Value| match value.place {
            Place::Item(item) if value.lo == 0 && value.hi == 0 => Some(machine.image.items[item as usize].kind),
            _ => None,
        };
        let first_kind = kind(self, &first);
        let right = match name {
            builtin::MEMORY_GROW | builtin::SHARED_MEMORY_GROW => matches!(first_kind, Some(Kind::Memory(_))),
            builtin::TABLE_GROW => {
                self.check_reference(&third);
                matches!(first_kind, Some(Kind::Table { .. }))
            }
            builtin::TABLE_FILL => {
                self.check_reference(&second);
                self.check_range(&first, &third, 3, true)
            }
            builtin::HEAP_ALLOCATE | builtin::HEAP_REMEMBER => first_kind == Some(Kind::Heap),
            builtin::ATOMIC_WAIT32 | builtin::ATOMIC_NOTIFY => self.check_memory(&first, 4),
            builtin::ATOMIC_WAIT64 => self.check_memory(&first, 8),
            builtin::MEMMOVE => {
                self.check_range(&first, &third, 0, true) && self.check_range(&second, &third, 0, false)
            }
            builtin::MEMSET => self.check_range(&first, &third, 0, true),
            builtin::THROW => true,
            _ => {
                let host = HOST_FUNCTIONS.iter().chain([&THREAD_SPAWN]).any(|function| function.symbol == name);
                host && (matches!(first_kind, Some(Kind::Memory(_))) || first.as_constant() == Some(0))
            }
        };
        if !right {
            let what = format!("{name}({first:?}, {second:?}, {third:?})");
            self.report(Problem::Argument(what));
        }
        if self.checking {
            self.outcome.runtime.insert(name.to_string());
        }
        let pointer = self.state.register(Register::RSP);
        self.after_call();
        self.state.forget_slots(i64::MIN + 8, pointer.lo);
    }

    /// Whether `len << shift` bytes from an address on may be read, or written.
    fn check_range(&mut self, address: &Value, len: &Value, shift: u8, write: bool) -> bool {
        if len.as_constant() == Some(0) {
            return true;
        }
        let most = if len.is_positive() { len.hi.checked_shl(shift.into()) } else { None };
        let most = most.filter(|most| *most >= 0).unwrap_or(i64::MAX);
        let inside = |start: i64, end: i64| address.lo >= start && address.hi.saturating_add(most) <= end;
        match address.place {
            Place::Number => {
                self.fixed_end().is_some_and(|end| inside(0, end))
                    || self.check_fixed_sum(address, len)
                    || self.check_objects(address, len)
            }
            Place::Memory(memory) => {
                let Kind::Memory(facts) = self.image.items[memory as usize].kind else { return false };
                inside(0, facts.reservation.max(facts.min).min(1 << 60) as i64)
                    || self.fits(address.distance(), len, Origin::MemoryLength(memory), 0)
            }
            Place::Heap => self.check_objects(address, len),
            Place::Elements(table) => {
                let Kind::Table { len: least } = self.image.items[table as usize].kind else { return false };
                // One that is larger than any address space is refused at start.
                least >= 1 << 48
                    || inside(0, least as i64 * 8)
                    || self.fits_elements(address, len, shift, Origin::TableLength(table), 0)
            }
            Place::Item(item) => {
                let found = &self.image.items[item as usize];
                let (kind, size) = (found.kind, found.size as i64);
                let allowed = match kind {
                    Kind::Elements => true,
                    Kind::Segment => !write,
                    _ => false,
                };
                allowed
                    && (inside(0, size)
                        || kind == Kind::Elements && self.fits_elements(address, len, shift, Origin::Zero, size / 8)
                        || kind == Kind::Segment && self.fits_segment(address, len))
            }
            _ => false,
        }
    }

    /// Whether the sum of an address and a length, of bytes, was compared with a length, which is `constant` more than that of `of`.
    fn fits(&self, start: Sum, len: &Value, of: Origin, constant: i64) -> bool {
        let terms = len.terms();
        if !terms.is_some() && len.as_constant().is_none() {
            return false;
        }
        let total = start.add(terms);
        start.c >= 0 && self.state.room(total, of).is_some_and(|room| room >= -constant)
    }

    fn check_fixed_sum(&self, address: &Value, len: &Value) -> bool {
        let memories = self.image.items.iter().enumerate();
        let fixed = memories.filter(|(_, item)| matches!(item.kind, Kind::Memory(facts) if facts.fixed));
        let Some(start) = address.distance().plus(-(abi::layout::FIXED_MEMORY_BASE as i64)) else { return false };
        { fixed }.any(|(at, _)| self.fits(start, len, Origin::MemoryLength(at as u32), 0))
    }

    /// Bytes of objects: what is new, or was compared with an array's length.
    fn check_objects(&mut self, address: &Value, _: &Value) -> bool {
        let heap = address.place == Place::Heap || self.image.fixed_heap && address.lo >= 0;
        if heap {
            self.assume(Assumption::Object);
        }
        heap
    }

    fn fits_elements(&self, address: &Value, len: &Value, shift: u8, of: Origin, constant: i64) -> bool {
        // The length in elements, and the index of the first one.
        let terms = len.terms();
        let len = match shift {
            3 => *len,
            _ if terms.shift == 3 && !terms.a.is_some() && terms.c == 0 => {
                Value { id: terms.b, sum: NO_SUM, ..Value::ANY }
            }
            _ if len.lo == len.hi && len.lo & 7 == 0 => Value::constant(len.lo >> 3),
            _ => return false,
        };
        let sum = address.sum;
        let index = match address.lo == address.hi {
            true => Sum { c: address.lo >> 3, ..NO_SUM },
            false if sum.shift == 3 && !sum.a.is_some() && sum.c & 7 == 0 => Sum { a: sum.b, c: sum.c >> 3, ..NO_SUM },
            false => return false,
        };
        self.fits(index, &len, of, constant)
    }

    fn fits_segment(&self, address: &Value, len: &Value) -> bool {
        let lengths = self.image.items.iter().enumerate().filter(|(_, item)| item.kind == Kind::SegmentLengths);
        let Place::Item(item) = address.place else { return false };
        let item = &self.image.items[item as usize];
        let stored = self.fits(address.distance(), len, Origin::Zero, item.size as i64)
            || self.fits_elements(address, len, 0, Origin::Zero, item.size as i64 / 8);
        stored || { lengths }.any(|(at, lengths)| {
            (0..lengths.size as i64).step_by(8).any(|offset| {
                let initial = self.image.u64(lengths.start.at(offset as u64)).unwrap_or(u64::MAX);
                let origin = Origin::SegmentLength(at as u32, offset);
                let bytes = initial <= item.size && self.fits(address.distance(), len, origin, 0);
                let elements = initial * 8 <= item.size && self.fits_elements(address, len, 0, origin, 0);
                bytes || elements
            })
        })
    }

    /// Leaving the function: the return address is on top of the stack, and the registers are as they were.
    pub fn check_exit(&mut self) {
        let pointer = self.state.register(Register::RSP);
        let top = self.state.slot(pointer.lo, 8);
        let right = pointer.place == Place::Stack && pointer.lo == pointer.hi;
        if !right || top.map(|value| value.place) != Some(Place::Return) {
            self.report(Problem::Frame(format!("the return address is not on top of the stack: {pointer:?}")));
        }
        for register in PRESERVED {
            let value = self.state.register(register);
            let instance = register == Register::R15 && self.image.instance_size.is_some();
            let expected = if instance { Place::Instance } else { Place::Entry(register) };
            if value.place != expected || value.lo != 0 || value.hi != 0 {
                self.report(Problem::Frame(format!("{register:?} is not restored: {value:?}")));
            }
        }
    }

    fn check_instance(&mut self) {
        let value = self.state.register(Register::R15);
        let right = value.place == Place::Instance && value.lo == 0 && value.hi == 0;
        if self.image.instance_size.is_some() && !right {
            self.report(Problem::Frame(format!("the register of the instance is {value:?}")));
        }
    }
}
