//! The garbage-collected heap: its structure, the objects in it, and what tells the collector where references are.
//!
//! A reference of the `any`, `extern` and `exn` hierarchies has 32 bits:
//!
//! | bits | meaning |
//! |---|---|
//! | 0 | null |
//! | bit 0 set | an i31: its value shifted left by one |
//! | low bits 10 | a value of the host, shifted left by two |
//! | low bits 00 | an object: its distance in bytes from [`Heap::base`], a multiple of [`OBJECT_ALIGNMENT`] |
//!
//! An object begins with a header of four bytes, its type's number shifted left by [`TYPE_SHIFT`]; the low bits are the
//! collector's. A struct's or exception's fields follow with their natural alignment (v128: 8). An array has its length in the four bytes at
//! [`ARRAY_LENGTH`] and its elements from [`ARRAY_ELEMENTS`] on. Sizes are rounded up to [`OBJECT_ALIGNMENT`].
//!
//! Objects are made in the nursery, the lowest part of the heap, and move to the old space behind it when they survive a
//! collection; objects too large for the nursery are made in the old space. An object of the old space may refer to
//! the nursery only if the collector has been told ([`crate::symbols::builtin::HEAP_REMEMBER`]).
//!
//! The collector runs in [`crate::symbols::builtin::HEAP_ALLOCATE`] and nowhere else. From there to the last initialising store of the
//! new object, code must neither allocate again nor trap. The memory of a new object is not zeroed.

/// Low bit of an i31, see the table above.
pub const I31_TAG: u32 = 0b1;
/// How far the value of an i31 is shifted.
pub const I31_SHIFT: u32 = 1;
/// Low bits of a value of the host. Test scripts alone make them.
pub const HOST_TAG: u32 = 0b10;
/// The bits that are [`HOST_TAG`] for a value of the host, and 0 for an object or null.
pub const HOST_MASK: u32 = 0b11;
/// How far the number of a value of the host is shifted.
pub const HOST_SHIFT: u32 = 2;

/// Bytes at the low end of the heap that are never accessible, so that access through a null reference at a smaller offset
/// faults.
pub const NULL_GUARD: u64 = 64 << 10;

/// Bytes of the nursery.
pub const NURSERY_SIZE: u64 = 4 << 20;

/// Offset of the first object of the old space, and behind the last of the nursery: an object is in the nursery if and
/// only if its offset is smaller.
pub const NURSERY_END: u64 = NULL_GUARD + NURSERY_SIZE;

/// No object reaches past this offset.
pub const MAX_HEAP_END: u64 = 1 << 32;

/// The most that [`Heap::max_bytes`] can be.
pub const MAX_HEAP_BYTES: u64 = MAX_HEAP_END - NURSERY_END;

/// Alignment of objects, and what their sizes are multiples of.
pub const OBJECT_ALIGNMENT: u64 = 8;

/// How far a type's number is shifted in a header.
pub const TYPE_SHIFT: u32 = 3;

/// Header bit: the object has moved, and the other bits but the collector's are its new offset.
pub const HEADER_FORWARDED: u32 = 1;
/// Header bit of an object in the old space: the collector knows that it may refer to the nursery.
pub const HEADER_REMEMBERED: u32 = 2;

/// Offset of an array's length in elements, a `u32`.
pub const ARRAY_LENGTH: u64 = 4;
/// Offset of an array's first element.
pub const ARRAY_ELEMENTS: u64 = 8;

/// The heap must be at [`crate::layout::FIXED_MEMORY_BASE`].
pub const HEAP_FIXED: u64 = 1;
/// For tests: every call of [`crate::symbols::builtin::HEAP_ALLOCATE`] collects, every allocation makes one, and all objects move.
pub const HEAP_STRESS: u64 = 2;

/// The heap: what generated code reads and writes, its configuration, and the collector's own state.
#[repr(C)]
pub struct Heap {
    /// Host address of offset 0. Set by the runtime before guest code runs; never changes.
    pub base: *mut u8,
    /// Offset of the next object in the nursery, a multiple of [`OBJECT_ALIGNMENT`]. Generated code advances it by an object's size
    /// when the sum is not above `limit`; otherwise it calls [`crate::symbols::builtin::HEAP_ALLOCATE`].
    pub top: u64,
    /// Offset that objects made by generated code must not reach past.
    pub limit: u64,
    /// The most bytes of objects there may be, at most [`MAX_HEAP_BYTES`].
    pub max_bytes: u64,
    /// Bit set of `HEAP_*`.
    pub flags: u64,
    /// By type number.
    pub types: *const ObjectType,
    /// Number of `types`.
    pub type_count: u64,
    /// What [`ObjectType::references`] counts in: offsets of references from the start of an object.
    pub reference_offsets: *const u32,
    /// The collector's own, all zero in the executable.
    pub state: HeapState,
}

/// State of the collector that generated code does not look at.
#[repr(C)]
pub struct HeapState {
    /// Offset of the next object in the old space.
    pub old_top: u64,
    /// The old space is accessible up to this offset.
    pub old_end: u64,
    /// When the old space reaches up to here, it is time to collect it.
    pub old_threshold: u64,
    /// Entries of the remembered set; during a collection of the old space, objects to be visited.
    pub entries: *mut u32,
    /// Number of `entries`.
    pub entry_count: u64,
    /// Number of entries that there is room for.
    pub entry_capacity: u64,
    /// Not 0: the remembered set is incomplete, so every old object may refer to the nursery.
    pub remembers_all: u64,
}

/// How objects of a type look.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ObjectType {
    /// `OBJECT_*`.
    pub kind: u32,
    /// Of a struct or exception: the size of an object, a multiple of [`OBJECT_ALIGNMENT`]. Of an array: the size of an element.
    pub size: u32,
    /// Of a struct or exception: where the offsets of its references begin in [`Heap::reference_offsets`].
    pub references: u32,
    /// Of a struct or exception: how many references an object has. Of an array: 1 if the elements are references, else 0.
    pub reference_count: u32,
}

/// [`ObjectType::kind`] of a type that has no objects: a function's.
pub const OBJECT_NONE: u32 = 0;
/// [`ObjectType::kind`] of a struct.
pub const OBJECT_STRUCT: u32 = 1;
/// [`ObjectType::kind`] of an array.
pub const OBJECT_ARRAY: u32 = 2;
/// [`ObjectType::kind`] of an exception, whose type is its tag; laid out like a struct.
pub const OBJECT_EXCEPTION: u32 = 3;

/// References outside the heap that keep objects alive and change when these move: cells of globals, items of element segments.
/// (Tables are roots if they have the flag [`crate::layout::TABLE_TRACED`].)
#[repr(C)]
pub struct RootRange {
    /// The first reference; the bytes behind it up to the next are not touched.
    pub start: *mut u8,
    /// Number of references.
    pub count: u64,
    /// Bytes from one to the next, a multiple of 4.
    pub stride: u64,
}
