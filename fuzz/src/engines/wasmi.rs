//! wasmi, an interpreter.

use super::Engine;
use crate::case::{Call, Case, FUEL};
use crate::trace::{Outcome, Trace};
use abi::layout::value;
use abi::trap::TrapKind;
use embedded::Value;
use embedded::protocol::{hash, referent};
use wasmi::{Config, Error, ExternRef, Instance, Linker, Module, Ref, Store, TrapCode, Val};

/// The engine with every proposal on that it knows.
pub struct Wasmi {
    engine: wasmi::Engine,
}

impl Wasmi {
    /// Sets it up.
    pub fn new() -> Wasmi {
        let mut config = Config::default();
        config.wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
        config.set_max_stack_height(64 << 20).set_max_recursion_depth(100_000);
        Wasmi { engine: wasmi::Engine::new(&config) }
    }
}

impl Engine for Wasmi {
    fn name(&self) -> &'static str {
        "wasmi"
    }

    fn run(&self, case: &Case) -> Option<Trace> {
        let module = Module::new(&self.engine, &case.wasm).ok()?;
        let mut store = Store::new(&self.engine, ());
        let mut trace = Trace::default();
        let instance = match Linker::new(&self.engine).instantiate_and_start(&mut store, &module) {
            Ok(instance) => instance,
            Err(error) => {
                trace.outcomes.push(failure(&error));
                return Some(trace);
            }
        };
        trace.outcomes.push(Outcome::Results(Vec::new()));
        for call in &case.calls {
            if case.interface.fuel {
                let fuel = instance.get_global(&store, FUEL).expect("the interface lists it");
                fuel.set(&mut store, Val::I32(case.fuel)).expect("it is mutable and an i32");
            }
            trace.outcomes.push(invoke(&instance, &mut store, call));
        }
        for name in &case.interface.globals {
            let global = instance.get_global(&store, name).expect("the interface lists it");
            let value = global.get(&store);
            trace.globals.push(read(&store, &value));
        }
        for name in &case.interface.memories {
            let memory = instance.get_memory(&store, name).expect("the interface lists it");
            let bytes = memory.data(&store);
            trace.memories.push([bytes.len() as u64, hash(bytes)]);
        }
        Some(trace)
    }
}

fn invoke(instance: &Instance, store: &mut Store<()>, call: &Call) -> Outcome {
    let function = instance.get_func(&*store, &call.name).expect("the interface lists it");
    let arguments: Vec<Val> = call.arguments.iter().map(|argument| write(store, *argument)).collect();
    let count = function.ty(&*store).results().len();
    let mut results = vec![Val::I32(0); count];
    match function.call(&mut *store, &arguments, &mut results) {
        Ok(()) => Outcome::Results(results.iter().map(|result| read(store, result)).collect()),
        Err(error) => failure(&error),
    }
}

fn write(store: &mut Store<()>, value: Value) -> Val {
    match value.ty {
        value::I32 => Val::I32(value.bits as i32),
        value::I64 => Val::I64(value.bits as i64),
        value::F32 => Val::F32(f32::from_bits(value.bits as u32).into()),
        value::F64 => Val::F64(f64::from_bits(value.bits as u64).into()),
        value::V128 => Val::V128(value.bits.into()),
        value::FUNCREF => Val::FuncRef(Ref::Null),
        _ if value.referent() == referent::NULL => Val::ExternRef(Ref::Null),
        _ => Val::ExternRef(Ref::Val(ExternRef::new(store, value.number()))),
    }
}

fn read(store: &Store<()>, value: &Val) -> Value {
    let number = |ty, bits| Value { ty, bits };
    match value {
        Val::I32(value) => number(value::I32, u128::from(*value as u32)),
        Val::I64(value) => number(value::I64, u128::from(*value as u64)),
        Val::F32(value) => number(value::F32, u128::from(value.to_bits())),
        Val::F64(value) => number(value::F64, u128::from(value.to_bits())),
        Val::V128(value) => number(value::V128, value.as_u128()),
        Val::FuncRef(Ref::Null) => Value::reference(value::FUNCREF, referent::NULL, 0),
        Val::FuncRef(Ref::Val(_)) => Value::reference(value::FUNCREF, referent::FUNCTION, 0),
        Val::ExternRef(Ref::Null) => Value::reference(value::EXTERNREF, referent::NULL, 0),
        Val::ExternRef(Ref::Val(object)) => {
            let number = object.data(store).downcast_ref::<u64>().copied();
            Value::reference(value::EXTERNREF, referent::HOST, number.unwrap_or(u64::MAX))
        }
    }
}

fn failure(error: &Error) -> Outcome {
    let kind = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => TrapKind::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => TrapKind::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => TrapKind::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => TrapKind::UninitializedElement,
        Some(TrapCode::IntegerDivisionByZero) => TrapKind::IntegerDivideByZero,
        Some(TrapCode::IntegerOverflow) => TrapKind::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => TrapKind::InvalidConversionToInteger,
        Some(TrapCode::StackOverflow) => TrapKind::CallStackExhausted,
        Some(TrapCode::BadSignature) => TrapKind::IndirectCallTypeMismatch,
        _ => return instantiation_failure(error),
    };
    Outcome::Trap(kind)
}

/// Segments that do not fit are traps, but not to wasmi.
fn instantiation_failure(error: &Error) -> Outcome {
    let message = error.to_string();
    if message.contains("out of bounds") {
        let table = message.contains("table") || message.contains("element");
        return Outcome::Trap(if table { TrapKind::TableOutOfBounds } else { TrapKind::MemoryOutOfBounds });
    }
    Outcome::Limit(message)
}
