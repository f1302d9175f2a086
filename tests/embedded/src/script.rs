//! Scripts as the driver reads them, see [`protocol`].

use crate::protocol;
use crate::value::Value;

/// Commands in order; modules are numbered in order of instantiation.
#[derive(Default)]
pub struct Script {
    bytes: Vec<u8>,
}

impl Script {
    /// Instantiate a module. Everything else needs that first.
    pub fn instantiate(&mut self, module: usize) {
        self.command(protocol::INSTANTIATE, module);
    }

    /// Call an exported function.
    pub fn invoke(&mut self, module: usize, name: &str, arguments: &[Value]) {
        self.command(protocol::INVOKE, module);
        self.name(name);
        self.bytes.extend((arguments.len() as u32).to_le_bytes());
        arguments.iter().for_each(|argument| self.value(*argument));
    }

    /// Read an exported global.
    pub fn get(&mut self, module: usize, name: &str) {
        self.command(protocol::GET, module);
        self.name(name);
    }

    /// Write an exported global that is mutable and holds a number.
    pub fn set(&mut self, module: usize, name: &str, value: Value) {
        self.command(protocol::SET, module);
        self.name(name);
        self.value(value);
    }

    /// Tell length and [`protocol::hash`] of each memory that a module defines, as one v128 each.
    pub fn memories(&mut self, module: usize) {
        self.command(protocol::MEMORIES, module);
    }

    /// The script in bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn command(&mut self, opcode: u8, module: usize) {
        self.bytes.push(opcode);
        self.bytes.extend((module as u32).to_le_bytes());
    }

    fn name(&mut self, name: &str) {
        self.bytes.extend((name.len() as u32).to_le_bytes());
        self.bytes.extend(name.as_bytes());
    }

    fn value(&mut self, value: Value) {
        self.bytes.push(value.ty);
        self.bytes.extend(value.bits.to_le_bytes());
    }
}
