//! Where the stack is touched before calls of the runtime, the stack pointer is read for each touch. Cranelift's optimiser has one copy
//! of it for all of a function, which takes a register or a stack slot, and whoever has it could change any slot; `compact.rs` would
//! leave the whole function as it is. It follows the optimiser.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, InstBuilder, InstructionData, Opcode};

/// Runs the pass.
pub fn run(function: &mut Function) {
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            let InstructionData::Load { arg, .. } = cursor.func.dfg.insts[inst] else { continue };
            let address = cursor.func.dfg.resolve_aliases(arg);
            let Some(pointer) = cursor.func.dfg.value_def(address).inst() else { continue };
            if cursor.func.dfg.insts[pointer].opcode() == Opcode::GetStackPointer {
                let ty = cursor.func.dfg.value_type(address);
                let copy = cursor.ins().get_stack_pointer(ty);
                cursor.func.dfg.inst_args_mut(inst)[0] = copy;
            }
        }
    }
}
