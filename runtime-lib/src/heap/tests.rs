//! Graphs of objects, built as generated code would, compared with a model in ordinary memory.

use std::cell::UnsafeCell;
use std::collections::HashMap;

use abi::heap::{
    ARRAY_ELEMENTS, ARRAY_LENGTH, HeapState, OBJECT_ARRAY, OBJECT_EXCEPTION, OBJECT_NONE, OBJECT_STRUCT, ObjectType,
    TYPE_SHIFT,
};

use super::*;

/// References outside the heap.
struct TestRoots(UnsafeCell<Vec<u32>>);

impl Roots for TestRoots {
    fn visit(&self, visit: &mut dyn FnMut(*mut u32)) {
        // SAFETY: a test has one thread, and nobody else has a reference to the vector during a collection.
        for root in unsafe { &mut *self.0.get() } {
            visit(root);
        }
    }
}

const fn ty(kind: u32, size: u32, references: u32, reference_count: u32) -> ObjectType {
    ObjectType { kind, size, references, reference_count }
}

/// Offsets of references of the structs below.
static OFFSETS: [u32; 5] = [4, 12, 8, 4, 16];
/// Two references and a number between.
const PAIR: u32 = 1;
/// A number and then a reference.
const LAST: u32 = 2;
/// Nothing.
const EMPTY: u32 = 3;
/// Arrays of references, bytes and v128.
const REFERENCES: u32 = 5;
const BYTES: u32 = 6;
const VECTORS: u32 = 7;
static TYPES: [ObjectType; 8] = [
    ty(OBJECT_NONE, 0, 0, 0),
    ty(OBJECT_STRUCT, 16, 0, 2),
    ty(OBJECT_STRUCT, 16, 2, 1),
    ty(OBJECT_STRUCT, 8, 0, 0),
    ty(OBJECT_EXCEPTION, 24, 3, 2),
    ty(OBJECT_ARRAY, 4, 0, 1),
    ty(OBJECT_ARRAY, 1, 0, 0),
    ty(OBJECT_ARRAY, 16, 0, 0),
];

/// A heap with its roots.
struct Guest {
    heap: Heap,
    roots: TestRoots,
    collections: u64,
}

impl Guest {
    fn new(max_bytes: u64, flags: u64) -> Guest {
        let state = HeapState {
            old_top: 0,
            old_end: 0,
            old_threshold: 0,
            entries: core::ptr::null_mut(),
            entry_count: 0,
            entry_capacity: 0,
            remembers_all: 0,
        };
        let mut heap = Heap {
            base: core::ptr::null_mut(),
            top: 0,
            limit: 0,
            max_bytes,
            flags,
            types: TYPES.as_ptr(),
            type_count: TYPES.len() as u64,
            reference_offsets: OFFSETS.as_ptr(),
            state,
        };
        // SAFETY: the heap is new.
        assert!(unsafe { set_up(&mut heap) }.is_ok());
        Guest { heap, roots: TestRoots(UnsafeCell::new(Vec::new())), collections: 0 }
    }

    fn roots(&mut self) -> &mut Vec<u32> {
        self.roots.0.get_mut()
    }

    fn word(&self, offset: u32) -> *mut u32 {
        assert!((NULL_GUARD as u32..u32::MAX).contains(&offset));
        // SAFETY: tests make offsets from objects.
        unsafe { self.heap.base.add(offset as usize).cast() }
    }

    fn get(&self, offset: u32) -> u32 {
        // SAFETY: as above.
        unsafe { self.word(offset).read() }
    }

    fn size(number: u32, len: u32) -> u64 {
        let ty = &TYPES[number as usize];
        match ty.kind {
            OBJECT_ARRAY => (ARRAY_ELEMENTS + u64::from(ty.size) * u64::from(len)).next_multiple_of(8),
            _ => ty.size.into(),
        }
    }

    /// A new object whose references are null and whose other bytes are `filler`; `None` when there is no room.
    fn make(&mut self, number: u32, len: u32, filler: u8) -> Option<u32> {
        let size = Self::size(number, len);
        let object = if self.heap.top + size <= self.heap.limit {
            self.heap.top += size;
            (self.heap.top - size) as u32
        } else {
            self.collections += 1;
            // SAFETY: the heap is set up, and the roots are all there are.
            unsafe { allocate_with(&mut self.heap, size, &self.roots) }
        };
        if object == OUT_OF_MEMORY {
            return None;
        }
        assert_eq!(object % 8, 0);
        // SAFETY: the object is new.
        unsafe {
            self.heap.base.add(object as usize).write_bytes(filler, size as usize);
            self.word(object).write(number << TYPE_SHIFT);
            if TYPES[number as usize].kind == OBJECT_ARRAY {
                self.word(object + ARRAY_LENGTH as u32).write(len);
            }
        }
        for slot in self.slots(object) {
            // SAFETY: as above.
            unsafe { self.word(slot).write(0) };
        }
        Some(object)
    }

    fn number(&self, object: u32) -> u32 {
        self.get(object) >> TYPE_SHIFT
    }

    fn len(&self, object: u32) -> u32 {
        self.get(object + ARRAY_LENGTH as u32)
    }

    /// Offsets in the heap of an object's references.
    fn slots(&self, object: u32) -> Vec<u32> {
        let ty = &TYPES[self.number(object) as usize];
        match (ty.kind, ty.reference_count) {
            (_, 0) => Vec::new(),
            (OBJECT_ARRAY, _) => (0..self.len(object)).map(|at| object + ARRAY_ELEMENTS as u32 + 4 * at).collect(),
            (_, count) => {
                let offsets = &OFFSETS[ty.references as usize..][..count as usize];
                offsets.iter().map(|offset| object + offset).collect()
            }
        }
    }

    /// A store with the barrier that generated code has; `precise` tells the slot.
    fn set(&mut self, object: u32, slot: u32, value: u32, precise: bool) {
        // SAFETY: the slot is one of the object's.
        unsafe {
            self.word(slot).write(value);
            if u64::from(object) >= NURSERY_END && u64::from(value) < NURSERY_END && value & 3 == 0 && value != 0 {
                w2e_heap_remember(&mut self.heap, object, if precise { slot } else { 0 });
            }
        }
    }

    /// Bytes of an object that are not references, header or padding of the collector.
    fn payload(&self, object: u32) -> Vec<u8> {
        let number = self.number(object);
        let is_array = TYPES[number as usize].kind == OBJECT_ARRAY;
        let size = Self::size(number, if is_array { self.len(object) } else { 0 }) as u32;
        let slots = self.slots(object);
        let is_payload = |at: &u32| !slots.contains(&(at & !3)) && *at >= object + 4;
        let bytes: Vec<u32> = if slots.len() > 8 { Vec::new() } else { (object..object + size).collect() };
        // SAFETY: the bytes are the object's.
        bytes.into_iter().filter(is_payload).map(|at| unsafe { self.heap.base.add(at as usize).read() }).collect()
    }

    fn used(&self) -> u64 {
        self.heap.state.old_top - NURSERY_END
    }
}

#[test]
fn objects_do_not_overlap() {
    let mut guest = Guest::new(16 << 20, 0);
    for (number, len) in [(EMPTY, 0), (PAIR, 0), (BYTES, 4096), (BYTES, 3 << 20), (LAST, 0), (VECTORS, 1 << 16)] {
        let object = guest.make(number, len, len as u8).unwrap();
        guest.roots().push(object);
    }
    for root in guest.roots().clone() {
        let payload = guest.payload(root);
        if TYPES[guest.number(root) as usize].kind == OBJECT_ARRAY {
            let len = guest.len(root);
            assert!(payload[4..].iter().all(|byte| *byte == len as u8));
        }
    }
}

#[test]
fn hostile_sizes() {
    let mut guest = Guest::new(2 << 20, 0);
    for size in [3 << 20, (1 << 32) - 8, 1 << 32, 16 * u64::from(u32::MAX) + 8, 1 << 40, u64::MAX - 8, u64::MAX] {
        // SAFETY: the heap is set up, and there are no roots.
        assert_eq!(unsafe { allocate_with(&mut guest.heap, size, &guest.roots) }, OUT_OF_MEMORY, "{size}");
    }
    assert!(guest.make(BYTES, (2 << 20) - 16, 0).is_some());
}

/// A list of `len` pairs, the last one first.
fn list(guest: &mut Guest, root: usize, len: u32) -> Option<()> {
    for _ in 0..len {
        let node = guest.make(PAIR, 0, 1)?;
        let next = guest.roots()[root];
        guest.set(node, node + 12, next, true);
        guest.roots()[root] = node;
    }
    Some(())
}

fn list_len(guest: &Guest, mut node: u32) -> u32 {
    let mut len = 0;
    while node != 0 {
        assert_eq!((guest.number(node), guest.get(node + 8)), (PAIR, 0x0101_0101));
        node = guest.get(node + 12);
        len += 1;
    }
    len
}

#[test]
fn gigabytes_pass_through_a_small_heap() {
    let mut guest = Guest::new(8 << 20, 0);
    guest.roots().push(0);
    for _ in 0..1 << 26 {
        let node = guest.make(PAIR, 0, 1).unwrap();
        guest.roots()[0] = node;
    }
    assert!(guest.used() < 1 << 20);
    assert!(guest.collections >= 250);
}

#[test]
fn long_lists_and_deep_trees() {
    let mut guest = Guest::new(64 << 20, 0);
    guest.roots().extend([0, 0]);
    for round in 0..3 {
        list(&mut guest, round % 2, 1_500_000).unwrap();
        let roots = guest.roots().clone();
        assert_eq!(list_len(&guest, roots[round % 2]), 1_500_000, "round {round}");
        guest.roots()[(round + 1) % 2] = 0;
    }
}

#[test]
fn the_whole_limit_can_be_live() {
    const MAX: u64 = 16 << 20;
    let mut guest = Guest::new(MAX, 0);
    guest.roots().push(0);
    let mut len = 0;
    while list(&mut guest, 0, 1).is_some() {
        len += 1;
    }
    assert!(u64::from(len) * 16 >= MAX - MAX / LEAST_FREE - 16, "{len}");
    assert!(u64::from(len) * 16 <= MAX);
    let root = guest.roots()[0];
    assert_eq!(list_len(&guest, root), len);
    // It stays exhausted until something is let go.
    assert_eq!(list(&mut guest, 0, 1), None);
    guest.roots()[0] = guest.get(root + 12);
    for _ in 0..1_000_000 / 16 {
        let root = guest.roots()[0];
        guest.roots()[0] = guest.get(root + 12);
    }
    // Nearly full, it goes on for long.
    for _ in 0..1_000_000 {
        guest.make(LAST, 0, 0).unwrap();
    }
    let root = guest.roots()[0];
    assert_eq!(list_len(&guest, root), len - 1 - 1_000_000 / 16);
}

#[test]
fn memory_is_given_back() {
    let mut guest = Guest::new(256 << 20, 0);
    guest.roots().push(0);
    list(&mut guest, 0, 4_000_000).unwrap();
    let high = guest.used();
    assert!(high >= 60 << 20);
    guest.roots()[0] = 0;
    // SAFETY: the roots are all there are.
    assert!(unsafe { collect(&mut guest.heap, 200 << 20, &guest.roots) });
    assert_eq!(guest.used(), 0);
    // Pages that were given back read as zero.
    assert_eq!(guest.get((NURSERY_END + high - 64) as u32 & !7), 0);
}

#[test]
fn wide_arrays_hold_young_objects() {
    const LEN: u32 = 1_200_000;
    for precise in [false, true] {
        let mut guest = Guest::new(64 << 20, 0);
        let array = guest.make(REFERENCES, LEN, 0).unwrap();
        assert!(u64::from(array) >= NURSERY_END);
        guest.roots().push(array);
        for index in (0..LEN).rev() {
            let object = guest.make(LAST, 0, index as u8).unwrap();
            let array = guest.roots()[0];
            guest.set(array, array + 8 + 4 * index, object, precise);
            guest.make(PAIR, 0, 0).unwrap();
        }
        // An array is initialised without barriers.
        let young = guest.make(PAIR, 0, 9).unwrap();
        guest.roots().push(young);
        let copy = guest.make(REFERENCES, LEN, 0).unwrap();
        let young = guest.roots()[1];
        for index in 0..LEN {
            // SAFETY: the slot is in the array.
            unsafe { guest.word(copy + 8 + 4 * index).write(young) };
        }
        guest.roots()[1] = copy;
        // SAFETY: the roots are all there are.
        assert!(!unsafe { collect(&mut guest.heap, 63 << 20, &guest.roots) });
        let (array, copy) = (guest.roots()[0], guest.roots()[1]);
        for index in 0..LEN {
            let object = guest.get(array + 8 + 4 * index);
            assert_eq!((guest.number(object), guest.payload(object)[0]), (LAST, index as u8));
            let object = guest.get(copy + 8 + 4 * index);
            assert_eq!((guest.number(object), guest.get(object + 8)), (PAIR, 0x0909_0909));
        }
    }
}

#[test]
fn other_references_stay_as_they_are() {
    let mut guest = Guest::new(4 << 20, HEAP_STRESS);
    let others = [0, 1, u32::MAX, 0x1_0003, 2, 0x1_0002, 0x20_0006];
    guest.roots().extend(others);
    let array = guest.make(REFERENCES, others.len() as u32, 0).unwrap();
    for (index, other) in others.into_iter().enumerate() {
        guest.set(array, array + 8 + 4 * index as u32, other, true);
    }
    guest.roots().push(array);
    for _ in 0..10 {
        guest.make(PAIR, 0, 0).unwrap();
    }
    assert_eq!(guest.roots()[..others.len()], others);
    let array = guest.roots()[others.len()];
    assert!(others.into_iter().zip(guest.slots(array)).all(|(other, slot)| guest.get(slot) == other));
}

/// An object of the model.
#[derive(Clone)]
struct Node {
    number: u32,
    filler: u8,
    references: Vec<Option<usize>>,
}

/// Compares everything that is reachable.
fn compare(guest: &mut Guest, nodes: &[Node], model: &[Option<usize>]) {
    let roots = guest.roots().clone();
    let mut known: HashMap<u32, usize> = HashMap::new();
    let mut work: Vec<(u32, Option<usize>)> = roots.into_iter().zip(model.iter().copied()).collect();
    while let Some((reference, node)) = work.pop() {
        assert_eq!(reference == 0, node.is_none());
        let Some(id) = node else { continue };
        if let Some(other) = known.insert(reference, id) {
            assert_eq!(other, id, "two objects became one");
            continue;
        }
        let node = &nodes[id];
        assert_eq!(guest.number(reference), node.number);
        let slots = guest.slots(reference);
        assert_eq!(slots.len(), node.references.len());
        let is_array = TYPES[node.number as usize].kind == OBJECT_ARRAY;
        let payload = guest.payload(reference);
        let payload = payload.get(if is_array { 4 } else { 0 }..).unwrap_or_default();
        assert!(payload.iter().all(|byte| *byte == node.filler));
        work.extend(slots.iter().map(|slot| guest.get(*slot)).zip(node.references.iter().copied()));
    }
    let mut ids: Vec<usize> = known.into_values().collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "one object became two");
}

/// Random graphs, cyclic ones among them. `spoil` is called now and then.
fn random_graph(seed: u64, max_bytes: u64, flags: u64, steps: u32, spoil: impl Fn(&mut Heap)) {
    const ROOTS: usize = 40;
    let mut state = seed;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut guest = Guest::new(max_bytes, flags);
    guest.roots().resize(ROOTS, 0);
    let (mut nodes, mut model): (Vec<Node>, Vec<Option<usize>>) = (Vec::new(), vec![None; ROOTS]);
    for step in 0..steps {
        match random(8) {
            0..4 => {
                let number = 1 + random(7) as u32;
                let len = match random(400) {
                    0 => random(60_000),
                    1..20 => random(700),
                    _ => random(6),
                };
                let Some(object) = guest.make(number, len as u32, step as u8) else {
                    model[..ROOTS / 2].fill(None);
                    guest.roots()[..ROOTS / 2].fill(0);
                    continue;
                };
                let root = random(ROOTS);
                let references = vec![None; guest.slots(object).len()];
                nodes.push(Node { number, filler: step as u8, references });
                (model[root], guest.roots()[root]) = (Some(nodes.len() - 1), object);
            }
            4..7 => {
                let (from, to) = (random(ROOTS), random(ROOTS));
                let Some(id) = model[from] else { continue };
                let object = guest.roots()[from];
                let slots = guest.slots(object);
                if !slots.is_empty() {
                    let at = random(slots.len());
                    let value = guest.roots()[to];
                    guest.set(object, slots[at], value, random(2) == 0);
                    nodes[id].references[at] = model[to];
                }
            }
            _ => {
                let (from, to) = (random(ROOTS), random(ROOTS));
                let Some(id) = model[from] else { continue };
                let object = guest.roots()[from];
                let slots = guest.slots(object);
                if !slots.is_empty() {
                    let at = random(slots.len());
                    guest.roots()[to] = guest.get(slots[at]);
                    model[to] = nodes[id].references[at];
                }
            }
        }
        if random(steps as usize / 8) == 0 {
            compare(&mut guest, &nodes, &model);
        }
        if random(500) == 0 {
            spoil(&mut guest.heap);
        }
        if random(4000) == 0 {
            // The nursery is full.
            guest.heap.limit = guest.heap.top;
        }
    }
    compare(&mut guest, &nodes, &model);
    assert!(guest.collections > 1);
}

#[test]
fn random_graphs() {
    for seed in 0..8 {
        random_graph(seed, 64 << 20, 0, 60_000, |_| {});
        random_graph(seed, 1 << 20, 0, 60_000, |_| {});
        random_graph(seed, 200 << 10, 0, 20_000, |_| {});
    }
}

#[test]
fn random_graphs_that_always_move() {
    for seed in 0..4 {
        random_graph(seed, 16 << 20, HEAP_STRESS, 2_000, |_| {});
        random_graph(seed, 300 << 10, HEAP_STRESS, 2_000, |_| {});
    }
}

#[test]
fn an_incomplete_remembered_set() {
    for seed in 0..4 {
        random_graph(seed, 4 << 20, 0, 60_000, |heap| heap.state.remembers_all = 1);
    }
}

#[test]
fn no_memory_for_lists() {
    entries::tests::LIMIT.set(0);
    for seed in 0..4 {
        random_graph(seed, 1 << 20, 0, 60_000, |_| {});
        random_graph(seed, 1 << 20, HEAP_STRESS, 1_000, |_| {});
    }
    let mut guest = Guest::new(16 << 20, 0);
    guest.roots().push(0);
    list(&mut guest, 0, 900_000).unwrap();
    let root = guest.roots()[0];
    assert_eq!(list_len(&guest, root), 900_000);
}
