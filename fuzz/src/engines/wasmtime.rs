//! Wasmtime, as an interpreter without optimisation: Cranelift is in it too, but neither its optimiser nor its machine code.

use super::Engine;
use crate::case::{Call, Case, FUEL};
use crate::trace::{Outcome, Trace};
use abi::layout::value;
use abi::trap::TrapKind;
use embedded::Value;
use embedded::protocol::{hash, referent};
use wasmtime::{
    AnyRef, Collector, Config, ExternRef, I31, Instance, Linker, Module, OptLevel, Rooted, Store, ThrownException,
    Trap, Val,
};

/// Bytes of stack for guest code, and for everything on a thread that runs it.
const STACK: usize = 64 << 20;

/// The engine with every proposal on that it knows, by how it runs code.
pub struct Wasmtime {
    /// What most modules run on.
    interpreter: wasmtime::Engine,
    /// What modules with atomics run on, which the interpreter does not know.
    machine: wasmtime::Engine,
}

impl Wasmtime {
    /// Sets it up.
    pub fn new() -> Wasmtime {
        let engine = |config: &mut Config| match wasmtime::Engine::new(config) {
            Ok(engine) => engine,
            Err(error) => panic!("the settings do not go together: {error:#}"),
        };
        let mut interpreted = config();
        interpreted.target("pulley64").expect("the interpreter is built in").wasm_threads(false);
        Wasmtime { interpreter: engine(&mut interpreted), machine: engine(&mut config()) }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::None)
        .collector(Collector::DeferredReferenceCounting)
        .relaxed_simd_deterministic(true)
        .max_wasm_stack(STACK)
        .async_stack_size(STACK)
        .wasm_tail_call(true)
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_threads(true)
        .shared_memory(true)
        .memory_reservation(1 << 20)
        .memory_guard_size(0)
        .memory_init_cow(false);
    config
}

impl Engine for Wasmtime {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn run(&self, case: &Case) -> Option<Trace> {
        let module =
            Module::new(&self.interpreter, &case.wasm).or_else(|_| Module::new(&self.machine, &case.wasm)).ok()?;
        let mut store = Store::new(module.engine(), ());
        let mut trace = Trace::default();
        let instance = match Linker::new(module.engine()).instantiate(&mut store, &module) {
            Ok(instance) => instance,
            Err(error) => {
                trace.outcomes.push(failure(&error));
                return Some(trace);
            }
        };
        trace.outcomes.push(Outcome::Results(Vec::new()));
        for call in &case.calls {
            if case.interface.fuel {
                let fuel = instance.get_global(&mut store, FUEL).expect("the interface lists it");
                fuel.set(&mut store, Val::I32(case.fuel)).expect("it is mutable and an i32");
            }
            let outcome = invoke(&instance, &mut store, call);
            let _ = store.take_pending_exception();
            trace.outcomes.push(outcome);
        }
        for name in &case.interface.globals {
            let global = instance.get_global(&mut store, name).expect("the interface lists it");
            let value = global.get(&mut store);
            trace.globals.push(read(&mut store, &value));
        }
        for name in &case.interface.memories {
            trace.memories.push(contents(&instance, &mut store, name));
        }
        Some(trace)
    }
}

fn contents(instance: &Instance, store: &mut Store<()>, name: &str) -> [u64; 2] {
    if let Some(memory) = instance.get_memory(&mut *store, name) {
        let bytes = memory.data(&*store);
        return [bytes.len() as u64, hash(bytes)];
    }
    let memory = instance.get_shared_memory(&mut *store, name).expect("the interface lists it");
    // SAFETY: no other thread runs code that knows of the memory.
    let bytes: Vec<u8> = memory.data().iter().map(|byte| unsafe { *byte.get() }).collect();
    [bytes.len() as u64, hash(&bytes)]
}

fn invoke(instance: &Instance, store: &mut Store<()>, call: &Call) -> Outcome {
    let function = instance.get_func(&mut *store, &call.name).expect("the interface lists it");
    let ty = function.ty(&*store);
    let params: Vec<_> = ty.params().collect();
    let arguments: Result<Vec<Val>, _> =
        call.arguments.iter().zip(&params).map(|(argument, ty)| write(store, *argument, ty)).collect();
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => return failure(&error),
    };
    let mut results = vec![Val::I32(0); ty.results().len()];
    match function.call(&mut *store, &arguments, &mut results) {
        Ok(()) => Outcome::Results(results.iter().map(|result| read(store, result)).collect()),
        Err(error) => failure(&error),
    }
}

fn write(store: &mut Store<()>, value: Value, ty: &wasmtime::ValType) -> wasmtime::Result<Val> {
    Ok(match value.ty {
        value::I32 => Val::I32(value.bits as i32),
        value::I64 => Val::I64(value.bits as i64),
        value::F32 => Val::F32(value.bits as u32),
        value::F64 => Val::F64(value.bits as u64),
        value::V128 => Val::V128(value.bits.into()),
        value::FUNCREF => Val::FuncRef(None),
        value::EXNREF => Val::ExnRef(None),
        value::EXTERNREF if value.referent() == referent::NULL => Val::ExternRef(None),
        value::EXTERNREF => Val::ExternRef(Some(ExternRef::new(store, value.number())?)),
        _ if value.referent() == referent::NULL => Val::AnyRef(None),
        _ => {
            let _ = ty;
            let number = I31::wrapping_u32(value.number() as u32);
            Val::AnyRef(Some(AnyRef::from_i31(store, number)))
        }
    })
}

fn read(store: &mut Store<()>, value: &Val) -> Value {
    let number = |ty, bits| Value { ty, bits };
    let null_or = |ty, is_null, other| Value::reference(ty, if is_null { referent::NULL } else { other }, 0);
    match value {
        Val::I32(value) => number(value::I32, u128::from(*value as u32)),
        Val::I64(value) => number(value::I64, u128::from(*value as u64)),
        Val::F32(value) => number(value::F32, u128::from(*value)),
        Val::F64(value) => number(value::F64, u128::from(*value)),
        Val::V128(value) => number(value::V128, value.as_u128()),
        Val::FuncRef(function) => null_or(value::FUNCREF, function.is_none(), referent::FUNCTION),
        Val::ExnRef(exception) => null_or(value::EXNREF, exception.is_none(), referent::EXCEPTION),
        Val::ExternRef(None) => Value::reference(value::EXTERNREF, referent::NULL, 0),
        Val::ExternRef(Some(object)) => external(store, *object),
        Val::AnyRef(None) => Value::reference(value::ANYREF, referent::NULL, 0),
        Val::AnyRef(Some(object)) => internal(store, value::ANYREF, *object),
        Val::ContRef(_) => Value::reference(u8::MAX, referent::UNKNOWN, 0),
    }
}

fn external(store: &mut Store<()>, object: Rooted<ExternRef>) -> Value {
    if let Ok(Some(data)) = object.data(&*store) {
        let number = data.downcast_ref::<u64>().copied();
        return Value::reference(value::EXTERNREF, referent::HOST, number.unwrap_or(u64::MAX));
    }
    match AnyRef::convert_extern(&mut *store, object) {
        Ok(object) => internal(store, value::EXTERNREF, object),
        Err(_) => Value::reference(value::EXTERNREF, referent::UNKNOWN, 0),
    }
}

fn internal(store: &mut Store<()>, hierarchy: u8, object: Rooted<AnyRef>) -> Value {
    let is = |result: wasmtime::Result<bool>| result.unwrap_or(false);
    if let Ok(Some(number)) = object.as_i31(&*store) {
        return Value::reference(hierarchy, referent::I31, u64::from(number.get_u32()));
    }
    if is(object.is_struct(&*store)) {
        return Value::reference(hierarchy, referent::STRUCT, 0);
    }
    if is(object.is_array(&*store)) {
        return Value::reference(hierarchy, referent::ARRAY, 0);
    }
    let host = ExternRef::convert_any(&mut *store, object).ok();
    let number =
        host.and_then(|host| host.data(&*store).ok().flatten().and_then(|data| data.downcast_ref::<u64>().copied()));
    match number {
        Some(number) => Value::reference(hierarchy, referent::HOST, number),
        None => Value::reference(hierarchy, referent::UNKNOWN, 0),
    }
}

fn failure(error: &wasmtime::Error) -> Outcome {
    if error.is::<ThrownException>() {
        return Outcome::Exception;
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return Outcome::Limit(format!("{error:#}")) };
    let kind = match trap {
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        Trap::IndirectCallToNull => TrapKind::UninitializedElement,
        Trap::BadSignature => TrapKind::IndirectCallTypeMismatch,
        Trap::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
        Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        Trap::BadConversionToInteger => TrapKind::InvalidConversionToInteger,
        Trap::StackOverflow => TrapKind::CallStackExhausted,
        Trap::NullReference => TrapKind::NullReference,
        Trap::HeapMisaligned => TrapKind::UnalignedAtomic,
        Trap::CastFailure => TrapKind::CastFailure,
        Trap::ArrayOutOfBounds => TrapKind::ArrayOutOfBounds,
        Trap::AtomicWaitNonSharedMemory => TrapKind::AtomicWaitUnshared,
        other => return Outcome::Limit(other.to_string()),
    };
    Outcome::Trap(kind)
}
