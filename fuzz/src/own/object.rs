//! Structures, arrays, numbers of 31 bits and casts.

use super::body::Body;
use super::expression::positions;
use super::plan::{Composite, Plan};
use ValType::{F32, F64, I32, I64};
use wasm_encoder::{
    AbstractHeapType, ArrayType, BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction,
    RefType, StorageType, StructType, SubType, ValType,
};

/// A nullable reference to the object type of this index.
pub fn reference_to(object: u32) -> ValType {
    ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(object) })
}

/// A nullable reference to anything that can be compared.
pub const EQREF: ValType =
    ValType::Ref(RefType { nullable: true, heap_type: HeapType::Abstract { shared: false, ty: AbstractHeapType::Eq } });

/// A type of the plan as the encoder wants it.
pub fn encoded(composite: &Composite) -> SubType {
    let (supertype_idx, inner) = match composite {
        Composite::Struct { fields, supertype } => {
            (*supertype, CompositeInnerType::Struct(StructType { fields: fields.clone().into() }))
        }
        Composite::Array { element } => (None, CompositeInnerType::Array(ArrayType(*element))),
    };
    let inner = CompositeType { inner, shared: false, descriptor: None, describes: None };
    SubType { is_final: false, supertype_idxs: supertype_idx.into_iter().collect(), composite_type: inner }
}

impl Plan {
    /// What an object type is.
    fn composite(&self, object: u32) -> &Composite {
        &self.objects[object as usize]
    }

    /// Whether the type is this one or below it.
    fn is_below(&self, mut object: u32, above: u32) -> bool {
        loop {
            match self.composite(object) {
                _ if object == above => return true,
                Composite::Struct { supertype: Some(supertype), .. } => object = *supertype,
                _ => return false,
            }
        }
    }
}

impl Body<'_> {
    /// A reference of this type.
    pub fn object(&mut self, ty: ValType, depth: u32) {
        let Some(object) = index_of(ty) else { return self.comparable(depth) };
        let below: Vec<u32> =
            (0..self.plan.objects.len() as u32).filter(|it| self.plan.is_below(*it, object)).collect();
        match self.random.below(10) {
            0 => self.emit(Instruction::RefNull(HeapType::Concrete(object))),
            // Whatever a field holds.
            1 | 2 if self.field(ty, depth) => {}
            // A cast that is known to succeed, because the type has been tested.
            3 => {
                self.emit(Instruction::Block(BlockType::Result(ty)));
                self.labels.push(false);
                self.comparable(depth);
                self.emit(Instruction::BrOnCast {
                    relative_depth: 0,
                    from_ref_type: reference_type(EQREF),
                    to_ref_type: reference_type(ty),
                });
                self.labels.pop();
                self.emit(Instruction::Drop);
                self.emit(Instruction::RefNull(HeapType::Concrete(object)));
                self.emit(Instruction::End);
            }
            4 if self.random.chance(10) => {
                self.comparable(depth);
                self.emit(Instruction::RefCastNullable(HeapType::Concrete(object)));
            }
            _ => {
                let object = self.random.pick(&below);
                self.new_object(object, depth);
            }
        }
    }

    /// A reference to an object of any type, a small number, or null.
    fn comparable(&mut self, depth: u32) {
        if self.random.chance(25) {
            self.expression(I32, depth);
            return self.emit(Instruction::RefI31);
        }
        let object = self.random.below(self.plan.objects.len()) as u32;
        self.expression(reference_to(object), depth);
    }

    /// A new object whose fields are constants and null; false when the type is none that the plan has.
    pub fn plain_object(&mut self, ty: ValType) -> bool {
        let Some(object) = index_of(ty) else { return false };
        let composite = self.plan.composite(object);
        for field in composite.fields() {
            match field.element_type.unpack() {
                ty @ ValType::Ref(_) => self.zero(ty),
                ty => self.any_constant(ty),
            }
        }
        match composite {
            Composite::Struct { .. } => self.emit(Instruction::StructNew(object)),
            Composite::Array { .. } => {
                self.constant(I32, 1, 9);
                self.emit(Instruction::ArrayNew(object));
            }
        }
        true
    }

    fn new_object(&mut self, object: u32, depth: u32) {
        match self.plan.composite(object) {
            Composite::Struct { fields, .. } => {
                if self.random.chance(10) {
                    return self.emit(Instruction::StructNewDefault(object));
                }
                for field in fields {
                    self.expression(field.element_type.unpack(), depth);
                }
                self.emit(Instruction::StructNew(object));
            }
            Composite::Array { element } => match self.random.below(5) {
                0 => {
                    self.constant(I32, 0, 70);
                    self.emit(Instruction::ArrayNewDefault(object));
                }
                1..=3 => {
                    self.expression(element.element_type.unpack(), depth);
                    self.constant(I32, 1, 40);
                    self.emit(Instruction::ArrayNew(object));
                }
                _ => {
                    let count = self.random.below(6) as u32;
                    for _ in 0..count {
                        self.expression(element.element_type.unpack(), depth.saturating_sub(1));
                    }
                    self.emit(Instruction::ArrayNewFixed { array_type_index: object, array_size: count });
                }
            },
        }
    }

    /// What a field or an element of this type holds; something else for null. False when no object has such a field.
    pub fn field(&mut self, ty: ValType, depth: u32) -> bool {
        let holds = |field: &FieldType| field.element_type.unpack() == ty;
        let known = positions(self.plan.objects.iter(), |composite| composite.fields().iter().any(holds));
        if known.is_empty() {
            return false;
        }
        let object = self.random.pick(&known);
        let fields = self.plan.composite(object).fields();
        let field = self.random.pick(&positions(fields.iter(), |field| holds(field)));
        let storage = fields[field as usize].element_type;
        let signed = self.random.chance(50);
        let risky = self.random.chance(1) && self.random.chance(30);
        let scratch = self.not_null(object, depth, risky);
        if !risky {
            self.emit(Instruction::If(BlockType::Result(ty)));
            self.leaf(ty);
            self.emit(Instruction::Else);
        }
        self.emit(Instruction::LocalGet(scratch));
        let is_packed = matches!(storage, StorageType::I8 | StorageType::I16);
        match self.plan.composite(object) {
            Composite::Struct { .. } => self.emit(match (is_packed, signed) {
                (false, _) => Instruction::StructGet { struct_type_index: object, field_index: field },
                (true, true) => Instruction::StructGetS { struct_type_index: object, field_index: field },
                (true, false) => Instruction::StructGetU { struct_type_index: object, field_index: field },
            }),
            Composite::Array { .. } => {
                self.index(scratch, risky);
                self.emit(match (is_packed, signed) {
                    (false, _) => Instruction::ArrayGet(object),
                    (true, true) => Instruction::ArrayGetS(object),
                    (true, false) => Instruction::ArrayGetU(object),
                });
            }
        }
        if !risky {
            self.emit(Instruction::End);
        }
        true
    }

    /// Leaves a reference in a local, which is returned, and unless `risky` on the stack whether it is of no use: null, or an
    /// empty array.
    fn not_null(&mut self, object: u32, depth: u32, risky: bool) -> u32 {
        let scratch = self.object_scratch(object);
        self.expression(reference_to(object), depth);
        self.emit(Instruction::LocalSet(scratch));
        if risky {
            return scratch;
        }
        self.emit(Instruction::LocalGet(scratch));
        self.emit(Instruction::RefIsNull);
        if let Composite::Array { .. } = self.plan.composite(object) {
            self.emit(Instruction::If(BlockType::Result(I32)));
            self.emit(Instruction::I32Const(1));
            self.emit(Instruction::Else);
            self.emit(Instruction::LocalGet(scratch));
            self.emit(Instruction::ArrayLen);
            self.emit(Instruction::I32Eqz);
            self.emit(Instruction::End);
        }
        scratch
    }

    /// An index into the array in a local.
    fn index(&mut self, array: u32, risky: bool) {
        self.leaf(I32);
        if !risky {
            self.emit(Instruction::LocalGet(array));
            self.emit(Instruction::ArrayLen);
            self.emit(Instruction::I32RemU);
        }
    }

    /// An i32 that tells something about a reference.
    pub fn about_object(&mut self, depth: u32) {
        match self.random.below(5) {
            0 => {
                self.comparable(depth);
                self.emit(Instruction::RefIsNull);
            }
            1 => {
                self.comparable(depth);
                self.comparable(depth);
                self.emit(Instruction::RefEq);
            }
            2 | 3 => {
                self.comparable(depth);
                let object = self.random.below(self.plan.objects.len()) as u32;
                let heap_types = [
                    HeapType::Concrete(object),
                    HeapType::Concrete(object),
                    HeapType::Abstract { shared: false, ty: AbstractHeapType::I31 },
                    HeapType::Abstract { shared: false, ty: AbstractHeapType::Struct },
                    HeapType::Abstract { shared: false, ty: AbstractHeapType::Array },
                ];
                let heap_type = self.random.pick(&heap_types);
                let nullable = self.random.chance(50);
                self.emit(if nullable {
                    Instruction::RefTestNullable(heap_type)
                } else {
                    Instruction::RefTestNonNull(heap_type)
                });
            }
            _ => {
                self.expression(I32, depth);
                self.emit(Instruction::RefI31);
                let signed = self.random.chance(50);
                self.emit(if signed { Instruction::I31GetS } else { Instruction::I31GetU });
            }
        }
    }

    /// Sets a field or elements.
    pub fn change_object(&mut self) {
        let object = self.random.below(self.plan.objects.len()) as u32;
        let fields = self.plan.composite(object).fields();
        let mutable = positions(fields.iter(), |field| field.mutable);
        if mutable.is_empty() {
            return;
        }
        let field = self.random.pick(&mutable);
        let ty = fields[field as usize].element_type.unpack();
        let is_array = matches!(self.plan.composite(object), Composite::Array { .. });
        let kind = self.random.below(4);
        let scratch = self.not_null(object, 3, false);
        self.emit(Instruction::If(BlockType::Empty));
        self.emit(Instruction::Else);
        self.emit(Instruction::LocalGet(scratch));
        match (is_array, kind) {
            (false, _) => {
                self.leaf(ty);
                self.emit(Instruction::StructSet { struct_type_index: object, field_index: field });
            }
            (true, 1) => {
                self.emit(Instruction::I32Const(0));
                self.leaf(ty);
                self.emit(Instruction::LocalGet(scratch));
                self.emit(Instruction::ArrayLen);
                self.emit(Instruction::ArrayFill(object));
            }
            (true, 2) => {
                // All but the last, one further.
                self.emit(Instruction::I32Const(1));
                self.emit(Instruction::LocalGet(scratch));
                self.emit(Instruction::I32Const(0));
                self.emit(Instruction::LocalGet(scratch));
                self.emit(Instruction::ArrayLen);
                self.emit(Instruction::I32Const(1));
                self.emit(Instruction::I32Sub);
                self.emit(Instruction::ArrayCopy { array_type_index_dst: object, array_type_index_src: object });
            }
            (true, _) => {
                self.index(scratch, false);
                self.leaf(ty);
                self.emit(Instruction::ArraySet(object));
            }
        }
        self.emit(Instruction::End);
    }

    /// Folds a reference on the stack into the digest: whether it is null, and what its fields of numbers hold.
    pub fn digest_object(&mut self, ty: ValType) {
        let Some(object) = index_of(ty) else {
            self.emit(Instruction::RefIsNull);
            return self.digest(I32);
        };
        let scratch = self.object_scratch(object);
        self.emit(Instruction::LocalTee(scratch));
        self.emit(Instruction::RefIsNull);
        self.digest(I32);
        let fields = self.plan.composite(object).fields();
        self.emit(Instruction::LocalGet(scratch));
        self.emit(Instruction::RefIsNull);
        self.emit(Instruction::If(BlockType::Empty));
        self.emit(Instruction::Else);
        if let Composite::Array { .. } = self.plan.composite(object) {
            self.emit(Instruction::LocalGet(scratch));
            self.emit(Instruction::ArrayLen);
            self.digest(I32);
        } else {
            for (index, field) in fields.iter().enumerate() {
                let StorageType::Val(ty @ (I32 | I64 | F32 | F64)) = field.element_type else { continue };
                self.emit(Instruction::LocalGet(scratch));
                self.emit(Instruction::StructGet { struct_type_index: object, field_index: index as u32 });
                self.make_canonical(ty);
                self.digest(ty);
            }
        }
        self.emit(Instruction::End);
    }
}

fn index_of(ty: ValType) -> Option<u32> {
    match ty {
        ValType::Ref(RefType { heap_type: HeapType::Concrete(index), .. }) => Some(index),
        _ => None,
    }
}

fn reference_type(ty: ValType) -> RefType {
    match ty {
        ValType::Ref(ty) => ty,
        _ => RefType::EQREF,
    }
}
