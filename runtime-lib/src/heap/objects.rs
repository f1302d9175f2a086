//! Objects as the collector sees them: a size, and references at known places.

use abi::heap::{
    ARRAY_ELEMENTS, ARRAY_LENGTH, Heap, NULL_GUARD, NURSERY_SIZE, OBJECT_ALIGNMENT, OBJECT_ARRAY, OBJECT_NONE,
    ObjectType, TYPE_SHIFT,
};

/// Bits of a reference that are 0 when it stands for an object or for null.
const KIND_BITS: u32 = 3;

/// Bytes of a reference.
const REFERENCE: u64 = 4;

/// Objects up to this size are copied word by word.
pub const SMALL: u64 = 64;

/// Whether a reference stands for an object.
#[inline(always)]
pub fn is_object(reference: u32) -> bool {
    reference & KIND_BITS == 0 && reference != 0
}

/// Offsets in the heap from `start` on, `len` of them.
#[derive(Clone, Copy)]
pub struct Area {
    start: u32,
    len: u32,
}

impl Area {
    /// The nursery.
    pub const NURSERY: Area = Area { start: NULL_GUARD as u32, len: NURSERY_SIZE as u32 };

    /// From `start` up to `end`, which are offsets in the heap.
    pub fn new(start: u64, end: u64) -> Area {
        Area { start: start as u32, len: (end - start) as u32 }
    }

    /// Whether a reference stands for an object here.
    #[inline(always)]
    pub fn holds(self, reference: u32) -> bool {
        reference & KIND_BITS == 0 && reference.wrapping_sub(self.start) < self.len
    }
}

/// Where objects are and how they look.
#[derive(Clone, Copy)]
pub struct Objects {
    base: *mut u8,
    types: *const ObjectType,
    type_count: u64,
    reference_offsets: *const u32,
}

/// An object that has been looked at.
#[derive(Clone, Copy)]
pub struct Object {
    /// Its offset in the heap.
    pub offset: u32,
    /// Its type.
    ty: ObjectType,
    /// Elements of an array.
    len: u32,
}

impl Objects {
    /// The objects of a heap. What follows relies on the compiler's promise about its types, and on the base being set.
    pub fn of(heap: &Heap) -> Objects {
        let Heap { base, types, type_count, reference_offsets, .. } = *heap;
        Objects { base, types, type_count, reference_offsets }
    }

    /// The host address of an offset in the heap.
    ///
    /// # Safety
    /// The offset is within the heap's reservation.
    #[inline(always)]
    pub unsafe fn at(&self, offset: u64) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.base.add(offset as usize) }
    }

    /// The header of the object at `offset`.
    ///
    /// # Safety
    /// `offset` is within the accessible part of the heap.
    #[inline(always)]
    pub unsafe fn header(&self, offset: u32) -> *mut u32 {
        // SAFETY: the caller's promise.
        unsafe { self.at(offset.into()).cast() }
    }

    /// Looks at the object at `offset`, whose type the header tells.
    ///
    /// # Safety
    /// An object is there.
    #[inline(always)]
    pub unsafe fn object(&self, offset: u32, header: u32) -> Object {
        let number = (header >> TYPE_SHIFT) as usize;
        assert!((number as u64) < self.type_count, "an object has no type");
        // SAFETY: there is a type of that number; an array's length follows its header.
        unsafe {
            let ty = *self.types.add(number);
            assert!(ty.kind != OBJECT_NONE, "an object is a function");
            let len = if ty.kind == OBJECT_ARRAY {
                self.at(u64::from(offset) + ARRAY_LENGTH).cast::<u32>().read()
            } else {
                0
            };
            Object { offset, ty, len }
        }
    }

    /// Calls `visit` for every reference in an object.
    ///
    /// # Safety
    /// The object is where it was looked at.
    #[inline(always)]
    pub unsafe fn references(&self, object: Object, mut visit: impl FnMut(*mut u32)) {
        if object.ty.reference_count == 0 {
            return;
        }
        // SAFETY: the compiler emits offsets within the object, and the length of an array is that of its elements.
        unsafe {
            let start = self.at(object.offset.into());
            if object.ty.kind == OBJECT_ARRAY {
                let elements = start.add(ARRAY_ELEMENTS as usize).cast::<u32>();
                for index in 0..object.len as usize {
                    visit(elements.add(index));
                }
            } else {
                let offsets = self.reference_offsets.add(object.ty.references as usize);
                for index in 0..object.ty.reference_count as usize {
                    visit(start.add(*offsets.add(index) as usize).cast());
                }
            }
        }
    }
}

impl Object {
    /// Bytes that the object takes.
    #[inline(always)]
    pub fn size(&self) -> u64 {
        let size = u64::from(self.ty.size);
        if self.ty.kind == OBJECT_ARRAY {
            (ARRAY_ELEMENTS + size * u64::from(self.len)).next_multiple_of(OBJECT_ALIGNMENT)
        } else {
            size
        }
    }

    /// Whether it is an array of at least this many bytes of references.
    pub fn has_reference_bytes(&self, len: u64) -> bool {
        self.ty.kind == OBJECT_ARRAY && self.ty.reference_count != 0 && u64::from(self.len) * REFERENCE >= len
    }
}
