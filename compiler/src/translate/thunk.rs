//! Code around guest functions: host functions as guest functions, and exports as C functions over an array of values.

use abi::layout::value;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmparser::ValType;

use super::state::{Environment, Translator};
use crate::analyze::code_of;
use crate::program::FunctionTarget;
use crate::types::Hierarchy;

/// Bytes of a slot in the array of values.
const SLOT: i32 = 16;

/// A guest function that calls the host function imported at `index`.
pub fn host_thunk(env: Environment<'_>, index: u32, function: &mut Function, context: &mut FunctionBuilderContext) {
    function.signature = env.guest_signature(env.parsed().function_type(index));
    let mut translator = Translator::new(env, FunctionBuilder::new(function, context));
    let entry = entry_block(&mut translator);
    let args = translator.builder.block_params(entry).to_vec();
    if let FunctionTarget::Host(host) = env.program.links[env.module].functions[index as usize] {
        let results = translator.host_call(host, &args);
        translator.ins().return_(&results);
    }
    translator.builder.finalize(env.isa.frontend_config());
}

/// `extern "C" fn(values: *mut [u64; 2])` that calls the function at `index`; see [`abi::layout::Export::target`].
pub fn export_trampoline(
    env: Environment<'_>,
    index: u32,
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.push(AbiParam::new(types::I64));
    function.signature = signature;
    let mut translator = Translator::new(env, FunctionBuilder::new(function, context));
    let entry = entry_block(&mut translator);
    let values = translator.builder.block_params(entry)[0];
    let ty = env.parsed().function_type(index);
    let flags = MemFlagsData::trusted();
    let args: Vec<_> = (0..)
        .zip(ty.params())
        .map(|(at, ty)| translator.ins().load(env.value_type(*ty), flags, values, at * SLOT))
        .collect();
    let callee = translator.function(code_of(env.program, env.module, index));
    let call = translator.ins().call(callee, &args);
    let results = translator.builder.func.dfg.inst_results(call).to_vec();
    for ((at, result), ty) in (0..).zip(results).zip(ty.results()) {
        let result = if ty.is_reference_type() { translator.widen_reference(result) } else { result };
        translator.ins().store(flags, result, values, at * SLOT);
    }
    translator.ins().return_(&[]);
    translator.builder.finalize(env.isa.frontend_config());
}

/// Creates and enters the entry block, with the function's parameters.
pub(super) fn entry_block(translator: &mut Translator) -> cranelift_codegen::ir::Block {
    let entry = translator.builder.create_block();
    translator.builder.append_block_params_for_function_params(entry);
    translator.builder.switch_to_block(entry);
    translator.builder.seal_block(entry);
    entry
}

impl Environment<'_> {
    /// A type's number in [`abi::layout::Export::types`].
    pub fn export_type(&self, ty: ValType) -> u8 {
        match ty {
            ValType::I32 => value::I32,
            ValType::I64 => value::I64,
            ValType::F32 => value::F32,
            ValType::F64 => value::F64,
            ValType::V128 => value::V128,
            ValType::Ref(reference) => match self.hierarchy(reference) {
                Hierarchy::Func => value::FUNCREF,
                Hierarchy::Extern => value::EXTERNREF,
                Hierarchy::Any => value::ANYREF,
                Hierarchy::Exn => value::EXNREF,
            },
        }
    }
}
