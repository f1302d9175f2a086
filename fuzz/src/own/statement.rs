//! Statements: what leaves nothing on the stack but changes something that is looked at.

use super::body::Body;
use super::expression::positions;
use super::plan::Signature;
use ValType::{F32, F64, I32, I64, V128};
use std::borrow::Cow;
use wasm_encoder::{BlockType, HeapType, Instruction, ValType};

/// Nesting beyond which there are only simple statements.
const DEEPEST: usize = 5;

impl Body<'_> {
    /// Some statements, as far as the budget goes.
    pub fn statements(&mut self, count: usize) {
        for _ in 0..count {
            if self.budget > 0 {
                self.statement();
            }
        }
    }

    fn statement(&mut self) {
        let simple = self.labels.len() >= DEEPEST || self.signature.is_leaf;
        match self.random.below(if simple { 9 } else { 21 }) {
            0 | 1 => self.set_local(),
            2 => self.set_global(),
            3..=5 => self.store(2),
            6 => {
                let pointer = self.pointer();
                self.set_pointer(pointer);
            }
            7 if !self.plan.objects.is_empty() && self.random.chance(60) => self.change_object(),
            7 => self.digest_value(),
            8 if !self.signature.is_leaf && self.random.chance(20) => self.throw(),
            8 => self.leave(),
            9 | 10 => self.if_else(),
            11..=13 => self.counted_loop(),
            14 if self.random.chance(40) => self.interpreter(),
            14 => self.switch(),
            15 | 16 => self.call_statement(),
            17 => self.bulk_memory(2),
            18 if !self.plan.tags.is_empty() && self.random.chance(70) => self.try_catch(),
            18 => self.table(),
            19 if self.random.chance(40) => self.sum_loop(),
            19 => self.array_loop(),
            _ => self.block(),
        }
    }

    fn set_local(&mut self) {
        if self.locals.is_empty() {
            return;
        }
        let local = self.random.below(self.locals.len());
        let ty = self.locals[local];
        self.expression(ty, 4);
        if self.random.chance(50) {
            return self.emit(Instruction::LocalSet(local as u32));
        }
        // What the local is set to later must not be all that shows.
        self.emit(Instruction::LocalTee(local as u32));
        self.make_canonical(ty);
        self.digest(ty);
    }

    fn set_global(&mut self) {
        // The first is the fuel.
        let known = positions(self.plan.globals.iter().enumerate(), |(index, global)| *index > 0 && global.1);
        let global = self.random.pick(&known);
        self.canonical(self.plan.globals[global as usize].0, 4);
        self.emit(Instruction::GlobalSet(global));
    }

    fn digest_value(&mut self) {
        let ty = self.random.pick(if self.plan.simd { &[I32, I64, F32, F64, V128] } else { &[I32, I64, F32, F64] });
        self.canonical(ty, 4);
        self.digest(ty);
    }

    /// Leaves a block around on a condition, or the function.
    fn leave(&mut self) {
        let labels = positions(self.labels.iter().rev(), |plain| **plain);
        if labels.is_empty() {
            return;
        }
        let label = self.random.pick(&labels);
        self.condition(3);
        self.emit(Instruction::BrIf(label));
    }

    fn if_else(&mut self) {
        self.condition(3);
        self.emit(Instruction::If(BlockType::Empty));
        self.labels.push(true);
        let count = 1 + self.random.below(3);
        self.statements(count);
        if self.random.chance(60) {
            self.emit(Instruction::Else);
            self.statements(count);
        }
        self.labels.pop();
        self.emit(Instruction::End);
    }

    fn block(&mut self) {
        self.emit(Instruction::Block(BlockType::Empty));
        self.labels.push(true);
        self.statements(2);
        self.labels.pop();
        self.emit(Instruction::End);
    }

    /// A loop over a counter, up or down, by steps of any size; fuel ends it early.
    fn counted_loop(&mut self) {
        let Some(counter) = self.counter() else { return };
        let (rounds, step) = (1 + self.random.below(12) as i32, 1 + self.random.below(9) as i32);
        let down = self.random.chance(30);
        let start = if down { rounds * step } else { self.random.below(20) as i32 };
        let end = if down { 0 } else { start + rounds * step };
        self.emit(Instruction::I32Const(start));
        self.emit(Instruction::LocalSet(counter));
        self.emit(Instruction::Block(BlockType::Empty));
        self.emit(Instruction::Loop(BlockType::Empty));
        self.labels.extend([true, false]);
        self.counters.push(counter);
        if self.counters.len() > 1 {
            self.take_fuel();
            self.emit(Instruction::BrIf(1));
        }
        let count = 1 + self.random.below(4);
        self.statements(count);
        self.counters.pop();
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Const(if down { -step } else { step }));
        self.emit(Instruction::I32Add);
        self.emit(Instruction::LocalTee(counter));
        self.emit(Instruction::I32Const(end));
        let unsigned = self.random.chance(50);
        self.emit(match (down, unsigned) {
            (true, _) => Instruction::I32GtS,
            (false, true) => Instruction::I32LtU,
            (false, false) => Instruction::I32Ne,
        });
        self.emit(Instruction::BrIf(0));
        self.labels.truncate(self.labels.len() - 2);
        self.emit(Instruction::End);
        self.emit(Instruction::End);
    }

    /// A br_table into nested blocks, which fall through into each other.
    fn switch(&mut self) {
        let cases = 1 + self.random.below(5) as u32;
        for _ in 0..=cases {
            self.emit(Instruction::Block(BlockType::Empty));
            self.labels.push(true);
        }
        self.expression(I32, 3);
        if self.random.chance(80) {
            self.constant(I32, 1, 16);
            self.emit(Instruction::I32And);
        }
        let targets: Vec<u32> = (0..cases + self.random.below(8) as u32).map(|at| at % (cases + 1)).collect();
        let default = self.random.below(cases as usize + 1) as u32;
        self.emit(Instruction::BrTable(Cow::Owned(targets), default));
        for _ in 0..=cases {
            self.labels.pop();
            self.emit(Instruction::End);
            self.set_local();
            if self.random.chance(40) {
                self.statement();
            }
        }
    }

    /// A loop that branches through a table, mostly to handlers that go back to its start.
    fn interpreter(&mut self) {
        let Some(counter) = self.counter() else { return self.switch() };
        let handlers = 5 + self.random.below(5) as u32;
        self.constant(I32, 2, 40);
        self.emit(Instruction::LocalSet(counter));
        self.emit(Instruction::Block(BlockType::Empty));
        self.emit(Instruction::Loop(BlockType::Empty));
        self.labels.extend([true, false]);
        self.counters.push(counter);
        self.take_fuel();
        self.emit(Instruction::BrIf(1));
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Const(1));
        self.emit(Instruction::I32Sub);
        self.emit(Instruction::LocalTee(counter));
        self.emit(Instruction::I32Eqz);
        self.emit(Instruction::BrIf(1));
        if self.random.chance(50) {
            self.set_local();
        }
        for _ in 0..handlers {
            self.emit(Instruction::Block(BlockType::Empty));
            self.labels.push(true);
        }
        self.expression(I32, 2);
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Add);
        self.emit(Instruction::I32Const(15));
        self.emit(Instruction::I32And);
        // Among them the start of the loop and what follows it.
        let targets: Vec<u32> = (0..handlers + 2).collect();
        let default = self.random.below(handlers as usize + 2) as u32;
        self.emit(Instruction::BrTable(Cow::Owned(targets), default));
        for open in (0..handlers).rev() {
            self.labels.pop();
            self.emit(Instruction::End);
            self.set_local();
            if self.random.chance(30) {
                self.statement();
            }
            if self.random.chance(30) {
                self.condition(2);
                self.emit(Instruction::BrIf(open));
                self.set_local();
            } else if self.random.chance(80) {
                self.emit(Instruction::Br(open));
            }
        }
        self.counters.pop();
        self.labels.truncate(self.labels.len() - 2);
        self.emit(Instruction::End);
        self.emit(Instruction::End);
    }

    /// A value from a function that gives one of this type first; the other results flow into the digest.
    pub fn call_value(&mut self, ty: ValType, depth: u32) {
        let known = positions(self.plan.functions.iter(), |it| it.results.first() == Some(&ty));
        if known.is_empty() {
            return self.expression(ty, depth);
        }
        let function = self.random.pick(&known);
        self.call(function, depth);
        for ty in self.plan.functions[function as usize].results[1..].iter().rev() {
            self.make_canonical(*ty);
            self.digest(*ty);
        }
    }

    fn call_statement(&mut self) {
        let function = self.random.below(self.plan.functions.len()) as u32;
        self.call(function, 3);
        for ty in self.plan.functions[function as usize].results.iter().rev() {
            self.make_canonical(*ty);
            self.digest(*ty);
        }
    }

    /// Calls a function, or one of its type through the table, or by reference.
    fn call(&mut self, function: u32, depth: u32) {
        for ty in &self.plan.functions[function as usize].params {
            self.expression(*ty, depth);
        }
        self.call_with(function, depth, [Instruction::Call, Instruction::CallRef], |type_index, table_index| {
            Instruction::CallIndirect { type_index, table_index }
        });
    }

    /// Calls a function with the same results instead of returning; false when there is none.
    pub fn tail_call(&mut self) -> bool {
        let results = &self.signature.results;
        let known = positions(self.plan.functions.iter(), |it| it.results == *results);
        let function = self.random.pick(&known);
        for ty in &self.plan.functions[function as usize].params {
            self.expression(*ty, 3);
        }
        self.call_with(
            function,
            2,
            [Instruction::ReturnCall, Instruction::ReturnCallRef],
            |type_index, table_index| Instruction::ReturnCallIndirect { type_index, table_index },
        );
        true
    }

    fn call_with(
        &mut self,
        function: u32,
        depth: u32,
        [direct, by_reference]: [fn(u32) -> Instruction<'static>; 2],
        indirect: fn(u32, u32) -> Instruction<'static>,
    ) {
        let Signature { params, results, .. } = &self.plan.functions[function as usize];
        let same = |it: &Signature| it.params == *params && it.results == *results;
        let fits = |element: &Option<u32>| element.is_some_and(|index| same(&self.plan.functions[index as usize]));
        let elements = positions(self.plan.elements.iter(), |element| fits(element));
        let ty = self.plan.function_type(function);
        match self.random.below(10) {
            0..=3 if !elements.is_empty() => {
                let (first, second) = (self.random.pick(&elements), self.random.pick(&elements));
                self.emit(Instruction::I32Const(first as i32));
                self.emit(Instruction::I32Const(second as i32));
                self.expression(I32, depth);
                self.emit(Instruction::Select);
                self.emit(indirect(ty, 0));
            }
            4 if self.random.chance(3) => {
                self.expression(I32, depth);
                self.emit(Instruction::I32Const(self.plan.elements.len() as i32 - 1));
                self.emit(Instruction::I32And);
                self.emit(indirect(ty, 0));
            }
            5 | 6 if self.plan.call_ref => {
                self.emit(Instruction::RefFunc(function));
                self.emit(by_reference(ty));
            }
            _ => self.emit(direct(function)),
        }
    }

    /// Changes the table, or looks at it. Elements keep their types, or become null.
    fn table(&mut self) {
        if !self.plan.table_changes {
            return;
        }
        let len = self.plan.elements.len();
        let at = self.random.below(len) as i32;
        match self.random.below(4) {
            0 => {
                self.emit(Instruction::I32Const(at));
                self.emit(Instruction::TableGet(0));
                self.emit(Instruction::RefIsNull);
                self.digest(I32);
            }
            1 => {
                self.emit(Instruction::I32Const(at));
                match self.plan.elements[at as usize].filter(|_| self.random.clone().chance(90)) {
                    Some(function) => self.emit(Instruction::RefFunc(function)),
                    None => self.emit(Instruction::RefNull(HeapType::FUNC)),
                }
                self.emit(Instruction::TableSet(0));
            }
            2 => {
                self.emit(Instruction::I32Const(at));
                self.emit(Instruction::I32Const(at));
                self.constant(I32, 0, (len as i64 - i64::from(at)).max(1));
                self.emit(Instruction::TableCopy { src_table: 0, dst_table: 0 });
            }
            _ => {
                self.emit(Instruction::RefNull(HeapType::FUNC));
                self.constant(I32, 0, 3);
                self.emit(Instruction::TableGrow(0));
                self.digest(I32);
            }
        }
    }
}
