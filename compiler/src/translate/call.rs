//! Calls: direct, indirect through tables, and to the host.

use std::mem::offset_of;

use abi::layout::{FuncRef as FuncRefLayout, HOST_STACK, NO_ELEMENT, NO_TYPE, StaticElement};
use abi::trap::TrapKind;
use abi::wasi::HostFunction;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, FuncRef, InstBuilder, MemFlagsData, SigRef, Signature, Value, types};
use wasmparser::FuncType;

use super::state::{Translator, host_signature, trap_code};
use crate::analyze::{OfType, TablePlan};
use crate::passes::Pass;
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

/// An immutable table.
struct StaticTable {
    location: Location,
    len: usize,
    /// No element is null.
    full: bool,
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
            FunctionTarget::Wasm(location) => self.direct_call(location, &args, ty, tail)?,
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

    /// Calls a guest function, or translates it here.
    fn direct_call(&mut self, location: Location, args: &[Value], ty: &FuncType, tail: bool) -> wasmparser::Result<()> {
        if tail || !self.inline_call(location, args)? {
            let function = self.function(location);
            let throws = self.env.facts.throws.function(location);
            self.transfer(Callee::Function(function, throws), args, ty, tail);
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
    ///
    /// # Errors
    /// A malformed body of an inlined function; cannot happen after validation.
    pub fn call_indirect(&mut self, type_index: u32, table_index: u32, tail: bool) -> wasmparser::Result<()> {
        let index = self.pop();
        let index = self.extend_index(index);
        let location = self.env.program.links[self.env.module].tables[table_index as usize];
        let ty = self.function_type(type_index);
        let args = self.pop_args(ty.function().params().len());
        let code = match &self.env.facts.tables[&location] {
            TablePlan::Static { elements, uniform_type, full, of_type } => {
                let table = StaticTable { location, len: elements.len(), full: *full };
                let exact = !self.env.program.types.has_subtypes(ty.id);
                if let Some(OfType::One(only, function)) = of_type.get(&ty.id)
                    && exact
                    && self.env.options.runs(Pass::Devirtualize)
                {
                    self.check_only(&table, index, *only);
                    return self.direct_call(*function, &args, ty.function(), tail);
                }
                if *full && uniform_type.is_some_and(|uniform| self.env.program.types.is_subtype(uniform, ty.id)) {
                    self.uniform_element(&table, index)
                } else {
                    self.static_element(&table, index, ty.id)
                }
            }
            TablePlan::Dynamic { .. } => {
                let reference = self.table_element(location, index, types::I64, TrapKind::UndefinedElement);
                self.checked_code(reference, ty.id)
            }
        };
        let signature = self.signature(type_index);
        self.transfer(Callee::Code(signature, code), &args, ty.function(), tail);
        Ok(())
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

    /// Checks that an index is the only one of an immutable table that has the wanted type. A mismatch finds out off the hot path what
    /// it is.
    fn check_only(&mut self, table: &StaticTable, index: Value, only: u32) {
        let differs = self.ins().icmp_imm_u(IntCC::NotEqual, index, i64::from(only));
        let (mismatch, matched) = self.branch_if_cold(differs);
        let element = self.clamped_element(table, index);
        let found = self.element_type_id(element);
        self.trap_absent(found, table.full);
        self.ins().trap(trap_code(TrapKind::IndirectCallTypeMismatch));
        self.go_on_with(mismatch, matched);
    }

    /// Address of an element of an immutable table; of the one behind the last for an index that is out of bounds, under speculation too.
    fn clamped_element(&mut self, table: &StaticTable, index: Value) -> Value {
        let bound = self.ins().iconst(types::I64, table.len as i64);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, bound);
        let index = self.ins().select_spectre_guard(outside, bound, index);
        self.element_at(table, index)
    }

    fn element_at(&mut self, table: &StaticTable, index: Value) -> Value {
        let start = self.symbol_address(self.env.symbols.tables[&table.location], 0);
        let scaled = self.ins().ishl_imm_u(index, size_of::<StaticElement>().trailing_zeros() as i64);
        self.ins().iadd(start, scaled)
    }

    fn element_type_id(&mut self, element: Value) -> Value {
        let flags = self.structure_flags().with_readonly();
        self.ins().load(types::I32, flags, element, offset_of!(StaticElement, type_id) as i32)
    }

    fn element_code(&mut self, table: &StaticTable, element: Value) -> Value {
        let flags = self.structure_flags().with_readonly();
        let distance = self.ins().sload32(flags, element, offset_of!(StaticElement, code) as i32);
        let start = self.symbol_address(self.env.symbols.tables[&table.location], 0);
        self.ins().iadd(start, distance)
    }

    /// Code address of an element of an immutable table, checked: all its elements have the wanted type.
    fn uniform_element(&mut self, table: &StaticTable, index: Value) -> Value {
        let bound = self.ins().iconst(types::I64, table.len as i64);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, bound);
        self.trap_if(outside, TrapKind::UndefinedElement);
        let zero = self.ins().iconst(types::I64, 0);
        let index = self.ins().select_spectre_guard(outside, zero, index);
        let element = self.element_at(table, index);
        self.element_code(table, element)
    }

    /// Code address of an element of an immutable table, checked. One comparison finds whatever may be wrong.
    fn static_element(&mut self, table: &StaticTable, index: Value, wanted: TypeId) -> Value {
        let element = self.clamped_element(table, index);
        let found = self.element_type_id(element);
        let differs = self.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(wanted.0));
        let (mismatch, matched) = self.branch_if_cold(differs);
        self.trap_absent(found, table.full);
        self.check_subtype(found, wanted, matched);
        self.go_on_with(mismatch, matched);
        self.element_code(table, element)
    }

    /// Branches on a condition that does not hold to a block off the hot path, which is where code goes on; gives it, and the other one.
    fn branch_if_cold(&mut self, condition: Value) -> (Block, Block) {
        let cold = self.builder.create_block();
        let next = self.builder.create_block();
        self.builder.set_cold_block(cold);
        self.ins().brif(condition, cold, &[], next, &[]);
        self.builder.switch_to_block(cold);
        (cold, next)
    }

    /// Goes on after [`Translator::branch_if_cold`].
    fn go_on_with(&mut self, cold: Block, next: Block) {
        self.builder.seal_block(cold);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Traps if what was found in an immutable table in place of a type says that there is no function. The traps lie close by, where
    /// short branches reach.
    fn trap_absent(&mut self, found: Value, full: bool) {
        let null = (!full).then_some((NO_TYPE, TrapKind::UninitializedElement));
        for (absent, kind) in [(NO_ELEMENT, TrapKind::UndefinedElement)].into_iter().chain(null) {
            let is_absent = self.ins().icmp_imm_s(IntCC::Equal, found, i64::from(absent as i32));
            let (trap, next) = self.branch_if_cold(is_absent);
            self.builder.set_cold_block(next);
            self.ins().trap(trap_code(kind));
            self.go_on_with(trap, next);
        }
    }

    /// Ends a block in which a type is known to differ from the wanted one: it may be a subtype.
    fn check_subtype(&mut self, found: Value, wanted: TypeId, matched: Block) {
        if self.env.program.types.has_subtypes(wanted) {
            let below = self.has_supertype(found, wanted);
            self.ins().trapz(below, trap_code(TrapKind::IndirectCallTypeMismatch));
            self.ins().jump(matched, &[]);
        } else {
            self.ins().trap(trap_code(TrapKind::IndirectCallTypeMismatch));
        }
    }

    /// One comparison on the hot path; a mismatch finds out off it whether the function is of a subtype.
    fn check_type(&mut self, found: Value, wanted: TypeId) {
        let differs = self.ins().icmp_imm_u(IntCC::NotEqual, found, i64::from(wanted.0));
        if !self.env.program.types.has_subtypes(wanted) {
            return self.trap_if(differs, TrapKind::IndirectCallTypeMismatch);
        }
        let (mismatch, matched) = self.branch_if_cold(differs);
        self.check_subtype(found, wanted, matched);
        self.go_on_with(mismatch, matched);
    }

    /// Code of a funcref after checking for null and for its type.
    fn checked_code(&mut self, reference: Value, type_id: TypeId) -> Value {
        let null = self.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.trap_if(null, TrapKind::UninitializedElement);
        let flags = self.structure_flags().with_readonly();
        let found = self.ins().load(types::I32, flags, reference, offset_of!(FuncRefLayout, type_id) as i32);
        self.check_type(found, type_id);
        self.ins().load(types::I64, flags, reference, offset_of!(FuncRefLayout, code) as i32)
    }
}
