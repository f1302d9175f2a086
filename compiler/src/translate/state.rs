//! The state of translating one function: the builder, the operand stack, the control stack, and what has been imported
//! into the function so far.

use cranelift_codegen::ir::{
    self, AliasRegion, AliasRegionData, Endianness, FuncRef, GlobalValue, InstBuilder, MemFlagsData, SigRef, Signature,
    TrapCode, Type, Value, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, Variable};
use rustc_hash::FxHashMap;
use wasmparser::{FuncType, RefType, ValType};

use super::control::ControlFrame;
use super::exception::{Effort, Try};
use super::exception_legacy::Catching;
use super::inline::Activation;
use crate::analyze::Facts;
use crate::options::Options;
use crate::program::{Location, Program};
use crate::symbols::{SymbolId, Symbols};
use crate::types::Hierarchy;

/// What all functions of a module share while they are translated.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The program.
    pub program: &'a Program<'a>,
    /// What is known of it.
    pub facts: &'a Facts,
    /// Its symbols.
    pub symbols: &'a Symbols,
    /// The caller's choices.
    pub options: &'a Options,
    /// The code generator.
    pub isa: &'a dyn TargetIsa,
    /// The same with a frame pointer in every function: Cranelift's tail calls rely on it.
    pub framed_isa: &'a dyn TargetIsa,
    /// The same again without optimisation, for functions on which optimisation would take too long.
    pub fast_isa: &'a dyn TargetIsa,
    /// Position of the module in the program.
    pub module: usize,
}

impl<'a> Environment<'a> {
    /// The module that is translated.
    pub fn parsed(&self) -> &'a crate::module::Module<'a> {
        &self.program.modules[self.module]
    }

    /// Cranelift type of a wasm value on the operand stack; see [`Hierarchy`] for references.
    pub fn value_type(&self, ty: ValType) -> Type {
        match ty {
            ValType::I32 => types::I32,
            ValType::I64 => types::I64,
            ValType::F32 => types::F32,
            ValType::F64 => types::F64,
            ValType::V128 => types::I8X16,
            ValType::Ref(reference) => match self.hierarchy(reference) {
                Hierarchy::Func => types::I64,
                Hierarchy::Any | Hierarchy::Extern | Hierarchy::Exn => types::I32,
            },
        }
    }

    /// Where a reference in a function body of this module, or a canonical one, belongs.
    pub fn hierarchy(&self, reference: RefType) -> Hierarchy {
        self.program.types.hierarchy(reference, &self.parsed().types)
    }

    /// Whether the collector must know of values of this type.
    pub fn is_traced(&self, ty: ValType) -> bool {
        let ValType::Ref(reference) = ty else { return false };
        self.facts.heap.is_some() && self.hierarchy(reference) != Hierarchy::Func
    }

    /// Signature of a guest function.
    pub fn guest_signature(&self, ty: &FuncType) -> Signature {
        let mut signature = Signature::new(GUEST_CALL_CONV);
        signature.params.extend(ty.params().iter().map(|ty| ir::AbiParam::new(self.value_type(*ty))));
        signature.returns.extend(ty.results().iter().map(|ty| ir::AbiParam::new(self.value_type(*ty))));
        signature
    }
}

/// Namespace of [`ir::UserExternalName`] for [`SymbolId`]s; a function of module m has namespace m + 1.
pub const SYMBOL_NAMESPACE: u32 = 0;

/// Calling convention of guest functions: several results in registers, callee-saved registers, tail calls.
pub const GUEST_CALL_CONV: CallConv = CallConv::Tail;

/// Signature of a host function or builtin.
pub fn host_signature(params: &[Type], results: &[Type]) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(params.iter().map(|ty| ir::AbiParam::new(*ty)));
    signature.returns.extend(results.iter().map(|ty| ir::AbiParam::new(*ty)));
    signature
}

/// Number that the alias region of linear memories has in every function.
pub const HEAP_REGION: u32 = 1;
/// Number of [`Regions::structures`] in every function.
pub const STRUCTURES_REGION: u32 = 3;

/// Kinds of memory that do not overlap.
#[derive(Clone, Copy)]
pub struct Regions {
    /// Linear memories.
    pub heap: AliasRegion,
    /// Cells of globals.
    pub globals: AliasRegion,
    /// Memory and table structures, table elements, segment lengths.
    pub structures: AliasRegion,
    /// Objects of the garbage-collected heap.
    pub objects: AliasRegion,
}

/// What decides how a function is compiled.
#[derive(Clone, Copy, Default)]
pub struct Traits {
    /// Greatest depth of nested blocks.
    pub depth: usize,
    /// There are tail calls.
    pub tail_calls: bool,
}

/// The state of translating one function.
pub struct Translator<'a, 'f> {
    /// What all functions share.
    pub env: Environment<'a>,
    /// Cranelift's builder.
    pub builder: FunctionBuilder<'f>,
    /// Operand stack. Vectors may have any 128-bit type; see [`Translator::canonical`].
    pub stack: Vec<Value>,
    /// Control stack; the function's own frame is first.
    pub control: Vec<ControlFrame>,
    /// The frames whose bodies throw to handlers.
    pub tries: Vec<Try>,
    /// The frames that are in a `catch`.
    pub catching: Vec<Catching>,
    /// What finding the handlers of exceptions has taken so far.
    pub effort: Effort,
    /// Whether the current instruction can be reached; when not, nothing is emitted.
    pub reachable: bool,
    /// Locals.
    pub locals: Vec<(Variable, ValType)>,
    /// Functions whose bodies are being translated: the function itself, then what is inlined into it.
    pub activations: Vec<Activation>,
    /// Bytes of wasm inlined so far.
    pub inlined_bytes: usize,
    /// Offset of the function's body in the file; source locations are relative to it.
    pub body_start: u64,
    /// What the code generator must know of the function.
    pub traits: Traits,
    /// Alias regions.
    pub regions: Regions,
    /// Types of references, where they are known. A value has the type wherever it is used.
    references: FxHashMap<Value, RefType>,
    functions: FxHashMap<Location, FuncRef>,
    symbol_functions: FxHashMap<SymbolId, FuncRef>,
    global_values: FxHashMap<(SymbolId, i64), GlobalValue>,
    signatures: FxHashMap<u32, SigRef>,
}

impl<'a, 'f> Translator<'a, 'f> {
    /// Starts a function. All alias regions are declared in the same order in each, so that bodies can be merged.
    pub fn new(env: Environment<'a>, builder: FunctionBuilder<'f>) -> Self {
        let regions = &mut builder.func.dfg.alias_regions;
        let mut region = |user_id, description: &'static str| {
            regions.insert(AliasRegionData { user_id, description: description.into() })
        };
        let regions = Regions {
            heap: region(HEAP_REGION, "heap"),
            globals: region(2, "globals"),
            structures: region(STRUCTURES_REGION, "structures"),
            objects: region(4, "objects"),
        };
        Translator {
            env,
            builder,
            stack: Vec::new(),
            control: Vec::new(),
            tries: Vec::new(),
            catching: Vec::new(),
            effort: Effort::default(),
            reachable: true,
            locals: Vec::new(),
            activations: Vec::new(),
            inlined_bytes: 0,
            body_start: 0,
            traits: Traits::default(),
            regions,
            references: FxHashMap::default(),
            functions: FxHashMap::default(),
            symbol_functions: FxHashMap::default(),
            global_values: FxHashMap::default(),
            signatures: FxHashMap::default(),
        }
    }

    /// Inserts an instruction.
    pub fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.builder.ins()
    }

    /// Pops an operand; validation guarantees that there is one.
    pub fn pop(&mut self) -> Value {
        self.stack.pop().expect("validated code has the operand")
    }

    /// Pops two operands; the first pushed comes first.
    pub fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops three operands; the first pushed comes first.
    pub fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Pushes a value.
    pub fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    /// Pops a v128 as vector type `ty`.
    pub fn pop_v128(&mut self, ty: Type) -> Value {
        let value = self.pop();
        self.bitcast_v128(value, ty)
    }

    /// Pops two v128 as vector type `ty`; the first pushed comes first.
    pub fn pop2_v128(&mut self, ty: Type) -> (Value, Value) {
        let (first, second) = self.pop2();
        (self.bitcast_v128(first, ty), self.bitcast_v128(second, ty))
    }

    /// The same 128 bits as another vector type.
    pub fn bitcast_v128(&mut self, value: Value, ty: Type) -> Value {
        if self.value_type(value) == ty {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.ins().bitcast(ty, flags, value)
    }

    /// A value as it crosses control-flow edges, locals, calls and globals: vectors as I8X16.
    pub fn canonical(&mut self, value: Value) -> Value {
        if self.value_type(value).is_vector() { self.bitcast_v128(value, types::I8X16) } else { value }
    }

    /// Makes the top `count` operands canonical in place.
    pub fn canonicalize(&mut self, count: usize) {
        for at in self.stack.len() - count..self.stack.len() {
            self.stack[at] = self.canonical(self.stack[at]);
        }
    }

    /// Cranelift type of a value.
    pub fn value_type(&self, value: Value) -> Type {
        self.builder.func.dfg.value_type(value)
    }

    /// The guest function whose code is at `location`.
    pub fn function(&mut self, location: Location) -> FuncRef {
        if let Some(function) = self.functions.get(&location) {
            return *function;
        }
        let module = &self.env.program.modules[location.module];
        let signature = self.builder.import_signature(self.env.guest_signature(module.function_type(location.index)));
        let function = self.import_function(location.module as u32 + 1, location.index, signature);
        self.functions.insert(location, function);
        function
    }

    /// A host function or builtin.
    pub fn symbol_function(&mut self, symbol: SymbolId, signature: Signature) -> FuncRef {
        if let Some(function) = self.symbol_functions.get(&symbol) {
            return *function;
        }
        let signature = self.builder.import_signature(signature);
        let function = self.import_function(SYMBOL_NAMESPACE, symbol.0, signature);
        self.symbol_functions.insert(symbol, function);
        function
    }

    pub(super) fn import_function(&mut self, namespace: u32, index: u32, signature: SigRef) -> FuncRef {
        let name = self.builder.func.declare_imported_user_function(ir::UserExternalName { namespace, index });
        // Everything is linked into one executable, so calls are direct.
        self.builder.import_function(ir::ExtFuncData {
            name: ir::ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        })
    }

    /// Signature of a type of the module, for indirect calls.
    pub fn signature(&mut self, type_index: u32) -> SigRef {
        if let Some(signature) = self.signatures.get(&type_index) {
            return *signature;
        }
        let signature = self.env.guest_signature(self.env.parsed().types[type_index as usize].function());
        let signature = self.builder.import_signature(signature);
        self.signatures.insert(type_index, signature);
        signature
    }

    /// Address of a symbol plus a constant.
    pub fn symbol_address(&mut self, symbol: SymbolId, offset: i64) -> Value {
        let global_value = match self.global_values.get(&(symbol, offset)) {
            Some(global_value) => *global_value,
            None => {
                let name = ir::UserExternalName { namespace: SYMBOL_NAMESPACE, index: symbol.0 };
                let name = self.builder.func.declare_imported_user_function(name);
                let global_value = self.builder.func.create_global_value(ir::GlobalValueData::Symbol {
                    name: ir::ExternalName::user(name),
                    offset: offset.into(),
                    colocated: true,
                    tls: false,
                });
                self.global_values.insert((symbol, offset), global_value);
                global_value
            }
        };
        self.ins().symbol_value(types::I64, global_value)
    }

    /// Address of data that belongs to an instance and can change, plus a constant: cells of globals, lengths of segments,
    /// structures of memories and tables, elements of tables. The only place that knows where an instance's data lies.
    pub fn instance_address(&mut self, symbol: SymbolId, offset: i64) -> Value {
        match self.env.symbols.instances.offset(symbol) {
            Some(start) => {
                let instance = self.ins().get_pinned_reg(types::I64);
                self.ins().iadd_imm_s(instance, start as i64 + offset)
            }
            None => self.symbol_address(symbol, offset),
        }
    }

    /// A variable for a local of type `ty`.
    pub fn declare_local(&mut self, ty: ValType) -> Variable {
        let variable = self.builder.declare_var(self.env.value_type(ty));
        if self.env.is_traced(ty) {
            self.builder.declare_var_needs_stack_map(variable);
        }
        variable
    }

    /// Notes the type of a new value, which matters for references, and tells the collector.
    pub fn trace(&mut self, value: Value, ty: ValType) {
        if let ValType::Ref(reference) = ty {
            self.references.insert(value, reference);
        }
        if self.env.is_traced(ty) {
            self.builder.declare_value_needs_stack_map(value);
        }
    }

    /// Notes the type that a local's value has whenever it is read, unless a type was noted for it where it was made.
    pub fn note_local(&mut self, value: Value, ty: ValType) {
        if let ValType::Ref(reference) = ty {
            self.references.entry(value).or_insert(reference);
        }
    }

    /// The type that a reference was noted with.
    pub fn known_type(&self, value: Value) -> Option<RefType> {
        self.references.get(&value).copied()
    }

    /// Whether a reference is known not to be null.
    pub fn is_known_not_null(&self, value: Value) -> bool {
        self.known_type(value).is_some_and(|ty| !ty.is_nullable())
    }

    /// Flags of accesses to the runtime's structures.
    pub fn structure_flags(&self) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.regions.structures))
    }

    /// Loads an i64 field of an instance's structure.
    pub fn load_field(&mut self, structure: SymbolId, offset: usize) -> Value {
        let address = self.instance_address(structure, 0);
        let flags = self.structure_flags();
        self.ins().load(types::I64, flags, address, offset as i32)
    }

    /// Zero-extends an index operand to i64.
    pub fn extend_index(&mut self, index: Value) -> Value {
        if self.value_type(index) == types::I64 { index } else { self.ins().uextend(types::I64, index) }
    }

    /// Traps when the condition is not zero.
    pub fn trap_if(&mut self, condition: Value, kind: abi::trap::TrapKind) {
        self.ins().trapnz(condition, trap_code(kind));
    }
}

/// Cranelift's code for a trap kind.
pub fn trap_code(kind: abi::trap::TrapKind) -> TrapCode {
    TrapCode::unwrap_user(kind as u8)
}
