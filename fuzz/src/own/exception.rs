//! Exceptions that are thrown, caught, thrown on, or leave.

use super::body::Body;
use ValType::I32;
use std::borrow::Cow;
use wasm_encoder::{BlockType, Catch, Instruction, RefType, ValType};

impl Body<'_> {
    /// Throws on a condition.
    pub fn throw(&mut self) {
        if self.plan.tags.is_empty() {
            return;
        }
        self.expression(I32, 3);
        if self.random.chance(70) {
            // Seldom, as most callers do not catch it.
            self.constant(I32, 1, 16);
            self.emit(Instruction::I32And);
            self.emit(Instruction::I32Eqz);
        }
        self.emit(Instruction::If(BlockType::Empty));
        let tag = self.random.below(self.plan.tags.len());
        for ty in &self.plan.tags[tag] {
            self.expression(*ty, 3);
        }
        self.emit(Instruction::Throw(tag as u32));
        self.emit(Instruction::End);
    }

    /// Statements whose exceptions of a tag, or all, are caught; what they carry flows into the digest.
    pub fn try_catch(&mut self) {
        if self.plan.tags.is_empty() {
            return;
        }
        let tag = self.random.below(self.plan.tags.len());
        let by_reference = self.random.chance(30);
        let catch_all = self.random.chance(40);
        let ty = self.plan.catch_type(tag, by_reference);
        self.emit(Instruction::Block(BlockType::Empty));
        self.labels.push(true);
        self.emit(Instruction::Block(BlockType::FunctionType(ty)));
        self.labels.push(false);
        let mut catches = Vec::new();
        catches.push(match by_reference {
            true => Catch::OneRef { tag: tag as u32, label: 0 },
            false => Catch::One { tag: tag as u32, label: 0 },
        });
        if catch_all {
            catches.push(Catch::All { label: 1 });
        }
        self.emit(Instruction::TryTable(BlockType::Empty, Cow::Owned(catches)));
        self.labels.push(true);
        let count = 1 + self.random.below(4);
        self.statements(count);
        if self.random.chance(60) {
            self.throw();
        }
        self.labels.pop();
        self.emit(Instruction::End);
        self.emit(Instruction::Br(1));
        self.labels.pop();
        self.emit(Instruction::End);
        if by_reference {
            let scratch = self.exception_scratch();
            self.emit(Instruction::LocalSet(scratch));
        }
        for ty in self.plan.tags[tag].iter().rev() {
            self.make_canonical(*ty);
            self.digest(*ty);
        }
        if by_reference && self.random.chance(30) {
            let scratch = self.exception_scratch();
            self.leaf(I32);
            self.constant(I32, 1, 8);
            self.emit(Instruction::I32And);
            self.emit(Instruction::I32Eqz);
            self.emit(Instruction::If(BlockType::Empty));
            self.emit(Instruction::LocalGet(scratch));
            self.emit(Instruction::ThrowRef);
            self.emit(Instruction::End);
        }
        self.labels.pop();
        self.emit(Instruction::End);
    }
}

/// The type of a local that holds an exception.
pub const EXNREF: ValType = ValType::Ref(RefType::EXNREF);
