//! Loops of many shapes give the same memory with the pass `vectorize` and without it: every element type, counters that go up and
//! down, two arrays at all distances from -32 to 32 bytes, up to 20 iterations.

use std::fmt::Write;

use compiler::{Emit, Input, Options};

/// How many loops.
const LOOPS: usize = 160;

#[test]
fn loops_do_the_same_as_without_vectors() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let loops: Vec<Shape> = (0..LOOPS).map(|_| Shape::random(&mut random)).collect();
    let module = module(&loops);
    let vectors = functions_with_vectors(&module);
    assert!(vectors > LOOPS / 3, "only {vectors} of {LOOPS} loops have vectors");

    let functions: Vec<String> = loops.iter().enumerate().map(|(at, shape)| shape.function(at)).collect();
    wasm2exe_tests::passes::assert_same_without("vectorize", &module, &functions);
    println!("{LOOPS} loops, {vectors} with vectors");
}

/// How many of the module's loops the pass changes.
fn functions_with_vectors(module: &str) -> usize {
    let options = Options { emit: Emit::Clif, ..Options::default() };
    let input = Input { name: "", file: "loops.wat", bytes: module.as_bytes() };
    let listing = compiler::compile(&[input], &options, &|_, _| ()).expect("compiles").listing;
    let has_vectors = |text: &&str| ["8x16", "16x8", "32x4", "64x2"].iter().any(|lanes| text.contains(lanes));
    listing.split("; function ").filter(has_vectors).count()
}

/// An element type.
#[derive(Clone, Copy)]
struct Element {
    size: i32,
    /// Its type on the operand stack.
    ty: &'static str,
    load: &'static str,
    store: &'static str,
    /// Operators of two operands.
    binary: &'static [&'static str],
    /// Comparisons whose result selects.
    compare: &'static [&'static str],
}

const ELEMENTS: [Element; 6] = [
    Element {
        size: 8,
        ty: "f64",
        load: "f64.load",
        store: "f64.store",
        binary: &["add", "sub", "mul", "div"],
        compare: &["lt", "gt", "le", "ge", "eq", "ne"],
    },
    Element {
        size: 4,
        ty: "f32",
        load: "f32.load",
        store: "f32.store",
        binary: &["add", "sub", "mul", "div"],
        compare: &["lt", "gt", "le", "ge", "eq", "ne"],
    },
    Element {
        size: 8,
        ty: "i64",
        load: "i64.load",
        store: "i64.store",
        binary: &["add", "sub", "and", "or", "xor"],
        compare: &[],
    },
    Element {
        size: 4,
        ty: "i32",
        load: "i32.load",
        store: "i32.store",
        binary: &["add", "sub", "and", "or", "xor", "mul"],
        compare: &["lt_s", "gt_s", "le_s", "ge_s", "eq", "ne"],
    },
    Element {
        size: 2,
        ty: "i32",
        load: "i32.load16_s",
        store: "i32.store16",
        binary: &["add", "sub", "and", "or", "xor", "mul"],
        compare: &[],
    },
    Element {
        size: 1,
        ty: "i32",
        load: "i32.load8_u",
        store: "i32.store8",
        binary: &["add", "sub", "and", "or", "xor"],
        compare: &[],
    },
];

/// How a loop counts, and when it goes on. `$i` grows by `step` bytes, `$c` falls from the number of iterations.
const COUNTERS: [&str; 8] = [
    "(i32.ne (local.get $i) (local.get $end))",
    "(i32.lt_u (local.get $i) (local.get $end))",
    "(i32.lt_s (local.get $i) (local.get $end))",
    "(i32.le_s (local.get $i) (i32.sub (local.get $end) (i32.const 1)))",
    "(i32.gt_u (local.get $end) (local.get $i))",
    "(local.tee $c (i32.sub (local.get $c) (i32.const 1)))",
    "(i32.gt_s (local.tee $c (i32.sub (local.get $c) (i32.const 1))) (i32.const 0))",
    "(i32.ge_s (local.tee $c (i32.sub (local.get $c) (i32.const 3))) (i32.const 3))",
];

/// A loop.
struct Shape {
    element: Element,
    step: i32,
    counter: &'static str,
    /// Whether the exit is in the middle.
    exit_inside: bool,
    /// Whether `$i` grows to zero; the arrays' addresses are then those of their ends.
    to_zero: bool,
    statements: Vec<String>,
    carried: Option<String>,
}

impl Shape {
    fn random(random: &mut Random) -> Self {
        let element = ELEMENTS[random.below(ELEMENTS.len())];
        let unrolled = [1, 1, 2, 3, 4, 5][random.below(6)];
        let carries = element.size >= 4 && random.below(4) == 0;
        let mut shape = Shape {
            element,
            step: unrolled * element.size,
            counter: COUNTERS[random.below(COUNTERS.len())],
            exit_inside: random.below(5) == 0,
            to_zero: false,
            statements: Vec::new(),
            carried: None,
        };
        // Without a sign, a number below zero is above all others.
        shape.to_zero = !shape.counter.contains("_u") && random.below(4) == 0;
        let form = random.below(3);
        let same = random.below(4) > 0;
        let seed = *random;
        for lane in 0..unrolled {
            if same {
                *random = seed;
            }
            let target = if random.below(8) == 0 { "$q" } else { "$p" };
            let value = shape.expression(random, lane, form, 3, carries && lane == 0);
            let address = shape.address(target, lane, form);
            shape.statements.push(format!("({} {address} {value})", element.store));
        }
        if carries {
            let address = shape.address("$q", unrolled - 1 + random.below(2) as i32, form);
            shape.carried = Some(format!("(local.set $carried ({} {address}))", element.load));
        }
        shape
    }

    /// The operands of an access to an array at a lane, relative to the iteration's first.
    fn address(&self, array: &str, lane: i32, form: usize) -> String {
        let offset = lane * self.element.size;
        let index = format!("(i32.add (local.get {array}) (local.get $i))");
        match form {
            0 if offset >= 0 => format!("offset={offset} {index}"),
            1 => format!("(i32.add (local.get $i) (i32.add (local.get {array}) (i32.const {offset})))"),
            _ => format!("(i32.add {index} (i32.const {offset}))"),
        }
    }

    fn expression(&self, random: &mut Random, lane: i32, form: usize, depth: usize, carries: bool) -> String {
        let element = self.element;
        let ty = element.ty;
        let operand = |random: &mut Random| self.expression(random, lane, form, depth - 1, carries);
        match if depth == 0 { random.below(6) } else { random.below(12) } {
            0 if carries => "(local.get $carried)".into(),
            0 | 1 => "(local.get $x)".into(),
            2 => format!("({ty}.const {})", 1 + random.below(100)),
            3..=5 => {
                let array = if random.below(2) == 0 { "$p" } else { "$q" };
                let lane = lane + [0, 0, 0, 1, -1, 2][random.below(6)];
                format!("({} {})", element.load, self.address(array, lane, form))
            }
            6 if !element.compare.is_empty() => {
                let compare = element.compare[random.below(element.compare.len())];
                let [x, y, z, w] = std::array::from_fn(|_| operand(random));
                format!("(select {x} {y} ({ty}.{compare} {z} {w}))")
            }
            7 if ty.starts_with('f') => {
                format!("({ty}.{} {})", ["neg", "abs", "sqrt"][random.below(3)], operand(random))
            }
            7 if element.size > 1 => {
                let shift = ["shl", "shr_s", "shr_u"][random.below(3)];
                format!("({ty}.{shift} {} ({ty}.const {}))", operand(random), random.below(40))
            }
            _ => {
                let operator = element.binary[random.below(element.binary.len())];
                let (x, y) = (operand(random), operand(random));
                format!("({ty}.{operator} {x} {y})")
            }
        }
    }

    /// The function, which takes both arrays, the number of iterations and a scalar.
    fn function(&self, index: usize) -> String {
        let Shape { element: Element { ty, load, .. }, step, counter, .. } = self;
        let statements = self.statements.join("\n    ");
        let carried = self.carried.as_deref().unwrap_or("");
        let start = match self.to_zero {
            false => "",
            true => {
                "(local.set $p (i32.add (local.get $p) (local.get $end)))
  (local.set $q (i32.add (local.get $q) (local.get $end)))
  (local.set $i (i32.sub (i32.const 0) (local.get $end)))
  (local.set $end (i32.const 0))"
            }
        };
        let grow = format!("(local.set $i (i32.add (local.get $i) (i32.const {step})))");
        let body = match self.exit_inside {
            false => format!("(loop $l\n    {statements}\n    {carried}\n    {grow}\n    (br_if $l {counter}))"),
            true => {
                format!(
                    "(block $o (loop $l\n    {statements}\n    {grow}\n    (br_if $o (i32.eqz {counter}))\n    {carried}\n    (br $l)))"
                )
            }
        };
        format!(
            "(func $f{index} (param $p i32) (param $q i32) (param $c i32) (param $x {ty}) (local $i i32) (local $end i32) (local $carried {ty})
  (local.set $end (i32.mul (local.get $c) (i32.const {step})))
  (local.set $carried ({load} (local.get $q)))
  {start}
  {body})\n"
        )
    }

    /// Calls the function at all distances and for all numbers of iterations.
    fn calls(&self, index: usize) -> String {
        let ty = self.element.ty;
        let fill = if ty.starts_with('f') { ty } else { "bytes" };
        format!(
            "(func $all{index} (local $distance i32) (local $count i32)
  (local.set $distance (i32.const -32))
  (loop $distances
    (local.set $count (i32.const 1))
    (loop $counts
      (call $fill_{fill})
      (call $f{index} (i32.const 4096) (i32.add (i32.const 4096) (local.get $distance)) (local.get $count) ({ty}.const 7))
      (call $hash (i32.const {}))
      (br_if $counts (i32.le_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 20))))
    (br_if $distances (i32.le_s (local.tee $distance (i32.add (local.get $distance) (i32.const 1))) (i32.const 32)))))\n",
            8 * index
        )
    }
}

/// Fills memory, runs every loop and writes a hash for each to standard output.
fn module(loops: &[Shape]) -> String {
    let mut text = String::from(
        "(module
(import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(memory (export \"memory\") 1)
(func $random (param i32) (result i32)
  (local.set 0 (i32.mul (i32.add (local.get 0) (i32.const 77)) (i32.const 0x9e3779b1)))
  (i32.mul (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 15))) (i32.const 0x85ebca6b)))
(func $fill_bytes (local $i i32)
  (loop $l
    (i32.store offset=3584 (local.get $i) (call $random (local.get $i)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2048)))))
(func $fill_f64 (local $i i32)
  (loop $l
    (f64.store offset=3584 (local.get $i) (f64.convert_i32_s (i32.shr_s (call $random (local.get $i)) (i32.const 20))))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 2048)))))
(func $fill_f32 (local $i i32)
  (loop $l
    (f32.store offset=3584 (local.get $i) (f32.convert_i32_s (i32.shr_s (call $random (local.get $i)) (i32.const 20))))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2048)))))
(func $hash (param $result i32) (local $i i32) (local $hash i64)
  (local.set $hash (i64.load offset=16384 (local.get $result)))
  (loop $l
    (local.set $hash (i64.rotl
      (i64.mul (i64.xor (local.get $hash) (i64.load offset=3584 (local.get $i))) (i64.const 0x9e3779b97f4a7c15))
      (i64.const 29)))
    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 2048))))
  (i64.store offset=16384 (local.get $result) (local.get $hash)))\n",
    );
    let mut start = String::new();
    for (index, shape) in loops.iter().enumerate() {
        text.push_str(&shape.function(index));
        text.push_str(&shape.calls(index));
        writeln!(start, "  (call $all{index})").expect("text");
    }
    let length = 8 * loops.len();
    write!(
        text,
        "(func (export \"_start\")
{start}
  (i32.store (i32.const 0) (i32.const 16384))
  (i32.store (i32.const 4) (i32.const {length}))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"
    )
    .expect("text");
    text
}

/// A linear congruential generator.
#[derive(Clone, Copy)]
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }
}
