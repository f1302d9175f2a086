//! Tests and casts of references.

use std::mem::offset_of;

use abi::heap::{HEADER_REMEMBERED, Heap, OBJECT_ARRAY, OBJECT_STRUCT, ObjectType, TYPE_SHIFT};
use abi::layout::FuncRef as FuncRefLayout;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, Value, types};
use wasmparser::{AbstractHeapType, HeapType, RefType, ValType};

use crate::translate::state::{Translator, trap_code};
use crate::types::{Hierarchy, TypeId};

// The header's low bits do not matter to a shift right.
const _: () = assert!(HEADER_REMEMBERED < 1 << TYPE_SHIFT);

impl Translator<'_, '_> {
    /// `ref.test`
    pub fn ref_test(&mut self, heap_type: HeapType, nullable: bool) {
        let reference = self.pop();
        let (yes, no, done) = (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let result = self.builder.append_block_param(done, types::I32);
        self.branch_on_type(reference, heap_type, nullable, (yes, no));
        for (block, value) in [(yes, 1), (no, 0)] {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            let value = self.ins().iconst(types::I32, value);
            self.ins().jump(done, &[BlockArg::Value(value)]);
        }
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        self.push(result);
    }

    /// `ref.cast`
    pub fn ref_cast(&mut self, heap_type: HeapType, nullable: bool) {
        let reference = self.pop();
        let (yes, no) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(no);
        self.branch_on_type(reference, heap_type, nullable, (yes, no));
        self.builder.seal_block(no);
        self.builder.switch_to_block(no);
        self.ins().trap(trap_code(TrapKind::CastFailure));
        self.builder.seal_block(yes);
        self.builder.switch_to_block(yes);
        // A value of its own, because what is known of it holds from here on only.
        let next = self.builder.create_block();
        let value_type = self.value_type(reference);
        let cast = self.builder.append_block_param(next, value_type);
        self.ins().jump(next, &[BlockArg::Value(reference)]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        if let Some(ty) = RefType::new(nullable, heap_type) {
            self.trace(cast, ValType::Ref(ty));
        }
        self.push(cast);
    }

    /// `br_on_cast`, or `br_on_cast_fail` when `on_success` is not set
    pub fn br_on_cast(&mut self, depth: u32, to: RefType, on_success: bool) {
        let reference = self.stack[self.stack.len() - 1];
        let (target, args) = self.branch(depth);
        let (leave, stay) = (self.builder.create_block(), self.builder.create_block());
        let blocks = if on_success { (leave, stay) } else { (stay, leave) };
        self.branch_on_type(reference, to.heap_type(), to.is_nullable(), blocks);
        self.builder.seal_block(leave);
        self.builder.switch_to_block(leave);
        self.ins().jump(target, &args);
        self.builder.seal_block(stay);
        self.builder.switch_to_block(stay);
    }

    /// Ends the block: goes to the first of two blocks if a reference is of a type, else to the second.
    fn branch_on_type(&mut self, reference: Value, heap_type: HeapType, nullable: bool, (yes, no): (Block, Block)) {
        if !self.is_known_not_null(reference) {
            let next = self.builder.create_block();
            self.ins().brif(reference, next, &[], if nullable { yes } else { no }, &[]);
            self.builder.seal_block(next);
            self.builder.switch_to_block(next);
        }
        let ty = RefType::new(true, heap_type);
        match heap_type {
            HeapType::Abstract { ty, .. } => self.branch_on_abstract_type(reference, ty, (yes, no)),
            HeapType::Concrete(_) | HeapType::Exact(_) => {
                let types = &self.env.program.types;
                match ty.and_then(|ty| types.named(ty, &self.env.parsed().types)) {
                    Some(id) => self.branch_on_defined_type(reference, id, (yes, no)),
                    None => drop(self.ins().jump(no, &[])),
                }
            }
        }
    }

    fn branch_on_abstract_type(&mut self, reference: Value, ty: AbstractHeapType, (yes, no): (Block, Block)) {
        use AbstractHeapType::{Any, Array, Eq, Exn, Extern, Func, I31, Struct};
        match ty {
            Any | Func | Extern | Exn => drop(self.ins().jump(yes, &[])),
            I31 => {
                let tag = self.ins().band_imm_u(reference, 1);
                self.ins().brif(tag, yes, &[], no, &[]);
            }
            Eq => {
                let tag = self.ins().band_imm_u(reference, 3);
                let host = self.ins().icmp_imm_u(IntCC::Equal, tag, 2);
                self.ins().brif(host, no, &[], yes, &[]);
            }
            Struct => self.branch_on_kind(reference, OBJECT_STRUCT, (yes, no)),
            Array => self.branch_on_kind(reference, OBJECT_ARRAY, (yes, no)),
            _ => drop(self.ins().jump(no, &[])),
        }
    }

    /// Goes on where a reference that is not null is one to an object, else to `no`.
    fn branch_unless_object(&mut self, reference: Value, no: Block) {
        if self.is_known_object(reference) {
            return;
        }
        let next = self.builder.create_block();
        let tag = self.ins().band_imm_u(reference, 3);
        self.ins().brif(tag, no, &[], next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Whether a reference cannot be an i31 or a value of the host.
    fn is_known_object(&self, reference: Value) -> bool {
        self.known_type(reference).is_some_and(|ty| match ty.heap_type() {
            HeapType::Concrete(_) | HeapType::Exact(_) => self.env.hierarchy(ty) == Hierarchy::Any,
            HeapType::Abstract { ty, .. } => {
                matches!(ty, AbstractHeapType::Struct | AbstractHeapType::Array | AbstractHeapType::Exn)
            }
        })
    }

    /// Number of an object's type, i32.
    fn type_number(&mut self, object: Value) -> Value {
        let (address, displacement) = self.object_address(object, 0);
        let flags = self.object_flags();
        let header = self.ins().load(types::I32, flags, address, displacement);
        self.ins().ushr_imm_u(header, i64::from(TYPE_SHIFT))
    }

    fn branch_on_kind(&mut self, reference: Value, kind: u32, (yes, no): (Block, Block)) {
        self.branch_unless_object(reference, no);
        let number = self.type_number(reference);
        let number = self.ins().uextend(types::I64, number);
        let flags = self.structure_flags().with_readonly();
        let heap = self.instance_address(self.env.symbols.heap, 0);
        let descriptors = self.ins().load(types::I64, flags, heap, offset_of!(Heap, types) as i32);
        let offset = self.ins().ishl_imm_u(number, i64::from(size_of::<ObjectType>().trailing_zeros()));
        let descriptor = self.ins().iadd(descriptors, offset);
        let found = self.ins().load(types::I32, flags, descriptor, offset_of!(ObjectType, kind) as i32);
        let equal = self.ins().icmp_imm_u(IntCC::Equal, found, i64::from(kind));
        self.ins().brif(equal, yes, &[], no, &[]);
    }

    fn branch_on_defined_type(&mut self, reference: Value, wanted: TypeId, (yes, no): (Block, Block)) {
        let number = if self.value_type(reference) == types::I64 {
            let flags = self.structure_flags().with_readonly();
            self.ins().load(types::I32, flags, reference, offset_of!(FuncRefLayout, type_id) as i32)
        } else {
            self.branch_unless_object(reference, no);
            self.type_number(reference)
        };
        let equal = self.ins().icmp_imm_u(IntCC::Equal, number, i64::from(wanted.0));
        if !self.env.program.types.has_subtypes(wanted) {
            self.ins().brif(equal, yes, &[], no, &[]);
            return;
        }
        let next = self.builder.create_block();
        self.ins().brif(equal, yes, &[], next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        let below = self.has_supertype(number, wanted);
        self.ins().brif(below, yes, &[], no, &[]);
    }
}
