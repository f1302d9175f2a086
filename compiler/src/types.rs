//! Types of the whole program: canonical, so that equal types of different modules have one number, with the supertypes that
//! casts look for and the layout that objects have in memory.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use wasmparser::types::{CoreTypeId, TypesRef};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, FuncType, HeapType, RefType, StorageType, SubType, UnpackedIndex, ValType,
};

/// Number of a canonical type; tags of exceptions are numbered after them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub u32);

/// Bytes of an object's header; the fields of a structure follow.
pub const HEADER_SIZE: u32 = 4;

/// More than the depth of any type that validation accepts.
const MAX_DEPTH: usize = 64;

/// A type as it is defined in a type section. References to other types in it are [`CoreTypeId`]s.
#[derive(Debug)]
pub struct DefinedType {
    /// Its number.
    pub id: TypeId,
    /// What it is a direct subtype of.
    pub supertype: Option<TypeId>,
    /// Number of its proper supertypes.
    pub depth: u32,
    /// Function, structure or array.
    pub composite: CompositeInnerType,
    /// Fields of a structure in memory.
    pub layout: Layout,
}

impl DefinedType {
    /// The function type, which validation has made sure of.
    pub fn function(&self) -> &FuncType {
        match &self.composite {
            CompositeInnerType::Func(ty) => ty,
            other => unreachable!("validated code uses {other} as a function type"),
        }
    }
}

/// The root of the tree of heap types that a reference belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hierarchy {
    /// `func`: pointers to [`abi::layout::FuncRef`], 64 bits.
    Func,
    /// `any`: 32 bits, traced by the collector, like the following.
    Any,
    /// `extern`
    Extern,
    /// `exn`
    Exn,
}

/// Where the fields of a structure or an exception are.
#[derive(Clone, Default, Debug)]
pub struct Layout {
    /// Offset of each field from the object's start, in bytes.
    pub offsets: Vec<u32>,
    /// Bytes of the object, header included; a multiple of 8.
    pub size: u32,
}

impl Layout {
    fn new(sizes: impl Iterator<Item = u32>) -> Self {
        let mut layout = Layout { offsets: Vec::new(), size: HEADER_SIZE };
        for size in sizes {
            let offset = layout.size.next_multiple_of(size.min(8));
            layout.offsets.push(offset);
            layout.size = offset + size;
        }
        layout.size = layout.size.next_multiple_of(8);
        layout
    }
}

/// All types of the program.
#[derive(Default)]
pub struct Types {
    ids: HashMap<CoreTypeId, TypeId>,
    defined: Vec<Arc<DefinedType>>,
    /// Types that have subtypes.
    extended: HashSet<TypeId>,
}

impl Types {
    /// Adds a type of a module that has just been validated, unless an equal one exists. Types are given in the order of
    /// their indices, so what it refers to is known or comes in the same recursion group.
    pub fn add(&mut self, types: TypesRef, id: CoreTypeId) -> Arc<DefinedType> {
        if let Some(id) = self.ids.get(&id) {
            return self.defined[id.0 as usize].clone();
        }
        self.number_group(types, id);
        self.defined[self.ids[&id].0 as usize].clone()
    }

    /// Numbers all types of a recursion group before the first is looked at: they refer to each other.
    fn number_group(&mut self, types: TypesRef, id: CoreTypeId) {
        let group: Vec<CoreTypeId> = types.rec_group_elements(types.rec_group_id_of(id)).collect();
        let first = self.defined.len() as u32;
        self.ids.extend(group.iter().copied().zip((first..).map(TypeId)));
        let kinds: Vec<&SubType> = group.iter().map(|id| &types[*id]).collect();
        for (at, id) in group.iter().enumerate() {
            let supertype = types.supertype_of(*id).map(|id| self.ids[&id]);
            let depth = supertype.map_or(0, |supertype| self.defined[supertype.0 as usize].depth + 1);
            let composite = kinds[at].composite_type.inner.clone();
            let layout = self.layout_of(&composite, (first, &kinds));
            let id = TypeId(first + at as u32);
            self.extended.extend(supertype);
            self.defined.push(Arc::new(DefinedType { id, supertype, depth, composite, layout }));
        }
    }

    fn layout_of(&self, composite: &CompositeInnerType, group: (u32, &[&SubType])) -> Layout {
        let CompositeInnerType::Struct(ty) = composite else { return Layout::default() };
        Layout::new(ty.fields.iter().map(|field| match field.element_type {
            StorageType::Val(ValType::Ref(reference)) => match self.concrete(reference, group) {
                true => 8,
                false => 4,
            },
            other => storage_size(other),
        }))
    }

    /// Whether a reference in a type of a group that is being added is one to a function.
    fn concrete(&self, reference: RefType, (first, group): (u32, &[&SubType])) -> bool {
        let composite = match reference.heap_type() {
            HeapType::Concrete(UnpackedIndex::Id(id)) | HeapType::Exact(UnpackedIndex::Id(id)) => {
                let id = self.ids[&id].0;
                match id.checked_sub(first) {
                    Some(at) => &group[at as usize].composite_type.inner,
                    None => &self.defined[id as usize].composite,
                }
            }
            _ => return self.hierarchy(reference, &[]) == Hierarchy::Func,
        };
        matches!(composite, CompositeInnerType::Func(_))
    }

    /// Layout of an exception with these values.
    pub fn exception_layout(&self, values: &[ValType]) -> Layout {
        Layout::new(values.iter().map(|ty| self.size(StorageType::Val(*ty))))
    }

    /// Bytes of a value in an object.
    pub fn size(&self, ty: StorageType) -> u32 {
        match ty {
            StorageType::Val(ValType::Ref(reference)) if self.hierarchy(reference, &[]) == Hierarchy::Func => 8,
            ty => storage_size(ty),
        }
    }

    /// Whether a value is a reference that the collector follows; of a type with canonical references.
    pub fn is_traced(&self, ty: StorageType) -> bool {
        matches!(ty, StorageType::Val(ValType::Ref(reference)) if self.hierarchy(reference, &[]) != Hierarchy::Func)
    }

    /// Every type, by number.
    pub fn all(&self) -> &[Arc<DefinedType>] {
        &self.defined
    }

    /// The type of a number.
    pub fn get(&self, id: TypeId) -> &DefinedType {
        &self.defined[id.0 as usize]
    }

    /// Number of the type that a reference names, if it names one. `module` are the types of the module that a function
    /// body belongs to, where references are indices into them.
    pub fn named(&self, reference: RefType, module: &[Arc<DefinedType>]) -> Option<TypeId> {
        match reference.heap_type() {
            HeapType::Concrete(index) | HeapType::Exact(index) => Some(self.resolve(index, module)),
            HeapType::Abstract { .. } => None,
        }
    }

    fn resolve(&self, index: UnpackedIndex, module: &[Arc<DefinedType>]) -> TypeId {
        match index {
            UnpackedIndex::Id(id) => self.ids[&id],
            UnpackedIndex::Module(index) => module[index as usize].id,
            UnpackedIndex::RecGroup(_) => unreachable!("canonical types have no indices into a recursion group"),
        }
    }

    /// Where a reference belongs. `module` as for [`Types::named`].
    pub fn hierarchy(&self, reference: RefType, module: &[Arc<DefinedType>]) -> Hierarchy {
        let ty = match reference.heap_type() {
            HeapType::Abstract { ty, .. } => ty,
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let is_function =
                    matches!(self.get(self.resolve(index, module)).composite, CompositeInnerType::Func(_));
                return if is_function { Hierarchy::Func } else { Hierarchy::Any };
            }
        };
        match ty {
            AbstractHeapType::Func | AbstractHeapType::NoFunc => Hierarchy::Func,
            AbstractHeapType::Extern | AbstractHeapType::NoExtern => Hierarchy::Extern,
            AbstractHeapType::Exn | AbstractHeapType::NoExn => Hierarchy::Exn,
            _ => Hierarchy::Any,
        }
    }

    /// Whether every value of the first type is one of the second: both named by number.
    pub fn is_subtype(&self, mut sub: TypeId, wanted: TypeId) -> bool {
        loop {
            if sub == wanted {
                return true;
            }
            match self.get(sub).supertype {
                Some(supertype) => sub = supertype,
                None => return false,
            }
        }
    }

    /// Whether a type has subtypes in the program.
    pub fn has_subtypes(&self, id: TypeId) -> bool {
        self.extended.contains(&id)
    }

    /// Whether any type has subtypes.
    pub fn any_has_subtypes(&self) -> bool {
        !self.extended.is_empty()
    }

    /// The displays of all types, see [`crate::translate`]'s casts: for each type the offset in bytes of its display, then the
    /// displays, then room for reading past the end of the last one.
    pub fn displays(&self) -> Vec<u32> {
        let mut words = vec![0; self.defined.len()];
        for ty in &self.defined {
            words[ty.id.0 as usize] = words.len() as u32 * 4;
            let mut display = vec![ty.id.0];
            while let Some(supertype) = self.get(TypeId(display[display.len() - 1])).supertype {
                display.push(supertype.0);
            }
            words.extend(display.into_iter().rev());
        }
        words.resize(words.len() + MAX_DEPTH, u32::MAX);
        words
    }

    /// Whether every value of the first type is one of the second; both canonical.
    pub fn is_value_subtype(&self, sub: ValType, wanted: ValType) -> bool {
        match (sub, wanted) {
            (ValType::Ref(sub), ValType::Ref(wanted)) => self.is_reference_subtype(sub, wanted),
            _ => sub == wanted,
        }
    }

    fn is_reference_subtype(&self, sub: RefType, wanted: RefType) -> bool {
        if sub.is_nullable() && !wanted.is_nullable() {
            return false;
        }
        match (self.named(sub, &[]), self.named(wanted, &[]), wanted.heap_type()) {
            (Some(sub), Some(wanted), _) => self.is_subtype(sub, wanted),
            (None, Some(_), _) => {
                let bottom = [RefType::NONE.heap_type(), RefType::NOFUNC.heap_type()].contains(&sub.heap_type());
                bottom && self.hierarchy(sub, &[]) == self.hierarchy(wanted, &[])
            }
            (_, None, HeapType::Abstract { ty: wanted, .. }) => {
                let sub = self.least_abstract(sub);
                sub == wanted || proper_supertypes(sub).contains(&wanted)
            }
            (_, None, _) => false,
        }
    }

    /// The least abstract heap type that a reference belongs to.
    fn least_abstract(&self, reference: RefType) -> AbstractHeapType {
        if let HeapType::Abstract { ty, .. } = reference.heap_type() {
            return ty;
        }
        match self.named(reference, &[]).map(|id| &self.get(id).composite) {
            Some(CompositeInnerType::Func(_)) => AbstractHeapType::Func,
            Some(CompositeInnerType::Array(_)) => AbstractHeapType::Array,
            _ => AbstractHeapType::Struct,
        }
    }
}

fn proper_supertypes(ty: AbstractHeapType) -> &'static [AbstractHeapType] {
    use AbstractHeapType::{Any, Array, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
    match ty {
        Eq => &[Any],
        I31 | Struct | Array => &[Eq, Any],
        None => &[I31, Struct, Array, Eq, Any],
        NoFunc => &[Func],
        NoExtern => &[Extern],
        NoExn => &[Exn],
        _ => &[],
    }
}

fn storage_size(ty: StorageType) -> u32 {
    match ty {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::Val(ValType::I32 | ValType::F32 | ValType::Ref(_)) => 4,
        StorageType::Val(ValType::I64 | ValType::F64) => 8,
        StorageType::Val(ValType::V128) => 16,
    }
}
