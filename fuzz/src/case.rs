//! A module with what is to be done to it. All but the module follows from the seed and the names of exports, so that a
//! module that has lost functions is still called in the same way.

use crate::engines::native::Variant;
use crate::random::Random;
use abi::layout::value;
use embedded::protocol::referent;
use embedded::{Value, list};
use wasmparser::types::TypesRef;
use wasmparser::{AbstractHeapType, CompositeInnerType, ExternalKind, HeapType, Parser, Payload, RefType, ValType};

/// The exported global that counts down in a module that would not end otherwise.
pub const FUEL: &str = "fuel";

/// The most fuel for [`Variant::HeapStress`].
const STRESS_FUEL: i32 = 15;

/// A module and how it is used.
pub struct Case {
    /// Where it comes from.
    pub seed: u64,
    /// The module.
    pub wasm: Vec<u8>,
    /// What it exports.
    pub interface: Interface,
    /// Calls in order.
    pub calls: Vec<Call>,
    /// What [`FUEL`] is set to before each call.
    pub fuel: i32,
}

/// The exports of a module that can be used.
#[derive(Default)]
pub struct Interface {
    /// Functions whose parameters can be made up.
    pub functions: Vec<(String, Vec<Parameter>)>,
    /// Globals without [`FUEL`].
    pub globals: Vec<String>,
    /// All memories that the module defines, in order of their indices.
    pub memories: Vec<String>,
    /// Whether [`FUEL`] is exported.
    pub fuel: bool,
    /// Exported functions that cannot be called: a parameter's type has no value that all engines can make.
    pub uncallable: usize,
}

/// What may be passed as an argument.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// One of `abi::layout::value`.
    ty: u8,
    /// May it be null?
    nullable: bool,
    /// May it be other than null?
    other: bool,
}

/// A call of an exported function.
pub struct Call {
    /// Its name.
    pub name: String,
    /// As many as it has parameters.
    pub arguments: Vec<Value>,
}

impl Case {
    /// The case of a module.
    ///
    /// # Errors
    /// When the module cannot be read.
    pub fn new(seed: u64, wasm: Vec<u8>) -> wasmparser::Result<Case> {
        let interface = Interface::read(&wasm)?;
        let mut calls = Vec::new();
        for round in 0..3 {
            for (name, params) in &interface.functions {
                let mut random = Random::named(seed ^ round, name);
                let arguments = params.iter().map(|parameter| parameter.argument(&mut random)).collect();
                calls.push(Call { name: name.clone(), arguments });
            }
        }
        let fuel = Random::named(seed, FUEL).pick(&[30, 100, 300]);
        Ok(Case { seed, wasm, interface, calls, fuel })
    }

    /// As it is compiled in this way: with less fuel where a collection at every allocation makes everything slow.
    pub fn for_variant(mut self, variant: Variant) -> Case {
        if variant == Variant::HeapStress {
            self.fuel = self.fuel.min(STRESS_FUEL);
        }
        self
    }

    /// The calls as messages show them.
    pub fn call_names(&self) -> Vec<String> {
        self.calls.iter().map(|call| format!("{}{}", call.name, list(&call.arguments))).collect()
    }

    /// The globals as messages show them.
    pub fn global_names(&self) -> Vec<String> {
        self.interface.globals.clone()
    }
}

impl Interface {
    fn read(wasm: &[u8]) -> wasmparser::Result<Interface> {
        let mut features = wasmparser::WasmFeatures::all();
        features.remove(wasmparser::WasmFeatures::CUSTOM_DESCRIPTORS);
        let types = wasmparser::Validator::new_with_features(features).validate_all(wasm)?;
        let types = types.as_ref();
        let mut interface = Interface::default();
        let mut memories = std::collections::BTreeMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            let Payload::ExportSection(section) = payload? else { continue };
            for export in section {
                let export = export?;
                let name = export.name.to_string();
                match export.kind {
                    ExternalKind::Func => {
                        let ty = &types[types.core_function_at(export.index)];
                        let params = ty.unwrap_func().params();
                        match params.iter().map(|ty| Parameter::new(*ty, types)).collect() {
                            Some(params) => interface.functions.push((name, params)),
                            None => interface.uncallable += 1,
                        }
                    }
                    ExternalKind::Global if name == FUEL => interface.fuel = true,
                    ExternalKind::Global => {
                        interface.globals.push(name);
                    }
                    ExternalKind::Memory => {
                        memories.entry(export.index).or_insert(name);
                    }
                    _ => {}
                }
            }
        }
        interface.memories = memories.into_values().collect();
        Ok(interface)
    }
}

impl Parameter {
    /// `None` when the type has no value that can be made outside the module.
    fn new(ty: ValType, types: TypesRef<'_>) -> Option<Parameter> {
        let number = |ty| Some(Parameter { ty, nullable: false, other: true });
        match ty {
            ValType::I32 => number(value::I32),
            ValType::I64 => number(value::I64),
            ValType::F32 => number(value::F32),
            ValType::F64 => number(value::F64),
            ValType::V128 => number(value::V128),
            ValType::Ref(ty) => {
                use AbstractHeapType as Abstract;
                let nullable = ty.is_nullable();
                let other = matches!(
                    ty.heap_type(),
                    HeapType::Abstract { ty: Abstract::Extern | Abstract::Any | Abstract::Eq | Abstract::I31, .. }
                );
                let ty = hierarchy(ty, types)?;
                (nullable || other).then_some(Parameter { ty, nullable, other })
            }
        }
    }

    fn argument(self, random: &mut Random) -> Value {
        let number = |bits: u128| Value { ty: self.ty, bits };
        match self.ty {
            value::I32 => number(u128::from(random.integer() as u32)),
            value::I64 => number(u128::from(random.integer())),
            value::F32 => number(u128::from(random.f32())),
            value::F64 => number(u128::from(random.f64())),
            value::V128 => number(random.v128()),
            ty if self.nullable && (!self.other || random.chance(30)) => Value::reference(ty, referent::NULL, 0),
            value::EXTERNREF => Value::reference(self.ty, referent::HOST, random.next() & 0xffff),
            ty => Value::reference(ty, referent::I31, random.integer() & 0x7fff_ffff),
        }
    }
}

/// The type of `abi::layout::value` of a type of references; `None` when there is none.
fn hierarchy(ty: RefType, types: TypesRef<'_>) -> Option<u8> {
    use AbstractHeapType as Abstract;
    match ty.heap_type() {
        HeapType::Abstract { shared: true, .. } => None,
        HeapType::Abstract { ty, .. } => match ty {
            Abstract::Func | Abstract::NoFunc => Some(value::FUNCREF),
            Abstract::Extern | Abstract::NoExtern => Some(value::EXTERNREF),
            Abstract::Exn | Abstract::NoExn => Some(value::EXNREF),
            Abstract::Cont | Abstract::NoCont => None,
            _ => Some(value::ANYREF),
        },
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            let id = match index {
                wasmparser::UnpackedIndex::Module(index) => types.core_type_at_in_module(index),
                wasmparser::UnpackedIndex::Id(id) => id,
                wasmparser::UnpackedIndex::RecGroup(_) => return None,
            };
            match types[id].composite_type.inner {
                CompositeInnerType::Func(_) => Some(value::FUNCREF),
                CompositeInnerType::Cont(_) => None,
                CompositeInnerType::Struct(_) | CompositeInnerType::Array(_) => Some(value::ANYREF),
            }
        }
    }
}
