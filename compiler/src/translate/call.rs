//! Calls: direct, indirect through tables, and to the host.

use std::mem::offset_of;

use abi::layout::{FuncRef as FuncRefLayout, HOST_STACK, NO_TYPE, StaticElement};
use abi::trap::TrapKind;
use abi::wasi::HostFunction;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, Value, types};
use wasmparser::FuncType;

use super::state::{Translator, host_signature, trap_code};
use crate::analyze::TablePlan;
use crate::program::{FunctionTarget, Location, host_type};
use crate::symbols::SymbolId;
use crate::types::{DefinedType, TypeId};

/// What is called.
#[derive(Clone, Copy)]
pub enum Callee {
    /// A function, and whether it can throw.
    Function(FuncRef, bool),
    /// The code at an address.
    Code(SigRef, Value),
}

impl<'a> Translator<'a, '_> {
    /// `call`, or `return_call` when `tail` is set
    ///
    /// # Errors
    /// A malformed body of an inlined function; cannot happen after validation.
    pub fn call(&mut self, index: u32, tail: bool) -> wasmparser::Result<()> {
        let ty = self.env.parsed().function_type(index);
        let args = self.pop_args(ty.params().len());
        match self.env.program.links[self.env.module].functions[index as usize] {
            FunctionTarget::Wasm(location) => {
                if tail || !self.inline_call(location, &args)? {
                    let function = self.function(location);
                    let throws = self.env.facts.throws.function(location);
                    self.transfer(Callee::Function(function, throws), &args, ty, tail);
                }
            }
            FunctionTarget::Host(host) => {
                let results = self.host_call(host, &args);
                self.stack.extend(results);
                if tail {
                    self.return_();
                }
            }
        }
        Ok(())
    }

    /// Pops the arguments of a call, canonical.
    pub fn pop_args(&mut self, count: usize) -> Vec<Value> {
        self.canonicalize(count);
        self.stack.split_off(self.stack.len() - count)
    }

    /// Calls guest code and pushes the results; a tail call leaves the function and its handlers of exceptions. From an inlined function
    /// it is a call: what replaces the frame is the caller's business.
    fn transfer(&mut self, callee: Callee, args: &[Value], ty: &FuncType, tail: bool) {
        if tail && self.activations.len() == 1 {
            match callee {
                Callee::Function(function, _) => self.ins().return_call(function, args),
                Callee::Code(signature, code) => self.ins().return_call_indirect(signature, code, args),
            };
            self.traits.tail_calls = true;
            self.reachable = false;
            return;
        }
        let results = self.call_in_try(callee, args, tail);
        for (result, ty) in results.into_iter().zip(ty.results()) {
            self.trace(result, *ty);
            self.push(result);
        }
        if tail {
            self.return_();
        }
    }

    /// Calls a WASI function: the caller's memory goes before the arguments.
    pub fn host_call(&mut self, host: &HostFunction, args: &[Value]) -> Vec<Value> {
        let ty = host_type(host);
        let mut params = vec![types::I64];
        params.extend(ty.params().iter().map(|ty| self.env.value_type(*ty)));
        let results: Vec<_> = ty.results().iter().map(|ty| self.env.value_type(*ty)).collect();
        let memory = match self.wasi_memory() {
            Some(symbol) => self.instance_address(symbol, 0),
            None => self.ins().iconst(types::I64, 0),
        };
        let mut all = vec![memory];
        all.extend_from_slice(args);
        let symbol = self.env.symbols.host_functions[host.symbol];
        self.probed_call(symbol, host_signature(&params, &results), &all)
    }

    /// The memory that WASI functions called from this module work on: the one it exports as "memory", else its first.
    fn wasi_memory(&self) -> Option<SymbolId> {
        let memories = &self.env.program.links[self.env.module].memories;
        let index = match self.env.parsed().exports.get("memory") {
            Some(crate::module::Entity::Memory(index)) => *index,
            _ => 0,
        };
        memories.get(index as usize).map(|location| self.env.symbols.memories[location])
    }

    /// Calls a function of [`abi::symbols::builtin`].
    pub fn builtin(&mut self, name: &'static str, signature: Signature, args: &[Value]) -> Vec<Value> {
        let symbol = self.env.symbols.builtins[name];
        self.probed_call(symbol, signature, args)
    }

    /// Touches the stack as far down as host code may reach, so that exhaustion is found here.
    pub fn probe_host_stack(&mut self) {
        let stack_pointer = self.ins().get_stack_pointer(types::I64);
        let flags = MemFlagsData::new().with_trap_code(Some(trap_code(TrapKind::CallStackExhausted)));
        self.ins().load(types::I8, flags, stack_pointer, -(HOST_STACK as i32));
    }

    /// Calls host code.
    fn probed_call(&mut self, symbol: SymbolId, signature: Signature, args: &[Value]) -> Vec<Value> {
        self.probe_host_stack();
        let function = self.symbol_function(symbol, signature);
        let call = self.ins().call(function, args);
        self.builder.func.dfg.inst_results(call).to_vec()
    }

    /// The function type at an index of the module.
    fn function_type(&self, type_index: u32) -> &'a DefinedType {
        &self.env.parsed().types[type_index as usize]
    }

    /// `call_indirect`, or `return_call_indirect` when `tail` is set
    pub fn call_indirect(&mut self, type_index: u32, table_index: u32, tail: bool) {
        let index = self.pop();
        let index = self.extend_index(index);
        let location = self.env.program.links[self.env.module].tables[table_index as usize];
        let ty = self.function_type(type_index);
        let args = self.pop_args(ty.function().params().len());
        let code = match &self.env.facts.tables[&location] {
            TablePlan::Static { elements, uniform_type, full } => {
                let uniform = uniform_type.is_some_and(|uniform| self.env.program.types.is_subtype(uniform, ty.id));
                self.static_element(location, elements.len(), index, ty.id, uniform, *full)
            }
            TablePlan::Dynamic { .. } => {
                let reference = self.table_element(location, index, types::I64, TrapKind::UndefinedElement);
                self.checked_code(reference, ty.id)
            }
        };
        let signature = self.signature(type_index);
        self.transfer(Callee::Code(signature, code), &args, ty.function(), tail);
    }

    /// `call_ref`, or `return_call_ref` when `tail` is set
    pub fn call_ref(&mut self, type_index: u32, tail: bool) {
        let reference = self.pop();
        let ty = self.function_type(type_index).function();
        let args = self.pop_args(ty.params().len());
        // Null faults.
        let flags = MemFlagsData::new().with_readonly().with_trap_code(Some(trap_code(TrapKind::NullReference)));
        let flags = flags.with_alias_region(Some(self.regions.structures));
        let code = self.ins().load(types::I64, flags, reference, offset_of!(FuncRefLayout, code) as i32);
        let signature = self.signature(type_index);
        self.transfer(Callee::Code(signature, code), &args, ty, tail);
    }

    /// Code address of an element of an immutable table, checked. `uniform`: every non-null element has the wanted type;
    /// `full`: none is null.
    fn static_element(
        &mut self,
        table: Location,
        len: usize,
        index: Value,
        type_id: TypeId,
        uniform: bool,
        full: bool,
    ) -> Value {
        let bound = self.ins().iconst(types::I64, len as i64);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, bound);
        self.trap_if(outside, TrapKind::UndefinedElement);
        let zero = self.ins().iconst(types::I64, 0);
        let index = self.ins().select_spectre_guard(outside, zero, index);
        let start = self.symbol_address(self.env.symbols.tables[&table], 0);
        let scaled = self.ins().ishl_imm_u(index, size_of::<StaticElement>().trailing_zeros() as i64);
        let element = self.ins().iadd(start, scaled);
        let flags = self.structure_flags().with_readonly();
        if !(uniform && full) {
            let found = self.ins().load(types::I32, flags, element, offset_of!(StaticElement, type_id) as i32);
            if uniform {
                let null = self.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NO_TYPE));
                self.trap_if(null, TrapKind::UninitializedElement);
            } else {
                self.check_type(found, type_id, !full);
            }
        }
        let distance = self.ins().sload32(flags, element, offset_of!(StaticElement, code) as i32);
        self.ins().iadd(start, distance)
    }

    /// One comparison on the hot path; a mismatch finds out off it whether the element was null, or of a subtype.
    fn check_type(&mut self, found: Value, wanted: TypeId, may_be_null: bool) {
        let differs = self.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(wanted.0));
        let has_subtypes = self.env.program.types.has_subtypes(wanted);
        if !may_be_null && !has_subtypes {
            return self.trap_if(differs, TrapKind::IndirectCallTypeMismatch);
        }
        let mismatch = self.builder.create_block();
        let matched = self.builder.create_block();
        self.builder.set_cold_block(mismatch);
        self.ins().brif(differs, mismatch, &[], matched, &[]);
        self.builder.seal_block(mismatch);
        self.builder.switch_to_block(mismatch);
        if may_be_null {
            let null = self.ins().icmp_imm_u(IntCC::Equal, found, i64::from(NO_TYPE));
            self.trap_if(null, TrapKind::UninitializedElement);
        }
        if has_subtypes {
            let below = self.has_supertype(found, wanted);
            self.ins().trapz(below, trap_code(TrapKind::IndirectCallTypeMismatch));
            self.ins().jump(matched, &[]);
        } else {
            self.ins().trap(trap_code(TrapKind::IndirectCallTypeMismatch));
        }
        self.builder.seal_block(matched);
        self.builder.switch_to_block(matched);
    }

    /// Code of a funcref after checking for null and for its type.
    fn checked_code(&mut self, reference: Value, type_id: TypeId) -> Value {
        let null = self.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.trap_if(null, TrapKind::UninitializedElement);
        let flags = self.structure_flags().with_readonly();
        let found = self.ins().load(types::I32, flags, reference, offset_of!(FuncRefLayout, type_id) as i32);
        self.check_type(found, type_id, false);
        self.ins().load(types::I64, flags, reference, offset_of!(FuncRefLayout, code) as i32)
    }
}
