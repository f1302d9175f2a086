//! Loops that look for a difference or a value give the same with the pass `search` and without it: elements of all widths, both orders
//! of the exits, counters that go up and down, up to 70 elements, differences at all kinds of places, arrays up to the end of memory and
//! beyond it behind the difference.

use std::fmt::Write;

use compiler::{Emit, Input, Options, Pass};

/// Loads of elements, their sizes, and what the loops with a value look for, which has 0xc8 in all its bytes.
const ELEMENTS: [(&str, i32, i32); 5] = [
    ("i32.load8_u", 1, 0xc8),
    ("i32.load8_s", 1, -0x38),
    ("i32.load16_u", 2, 0xc8c8),
    ("i32.load16_s", 2, -0x3738),
    ("i32.load", 4, -0x3737_3738),
];

/// When a loop goes on, at its end, and when it does not, at its start.
const COUNTERS: [(&str, &str); 4] = [
    ("(local.tee $n (i32.sub (local.get $n) (i32.const 1)))", "(i32.eqz (local.get $n))"),
    ("(i32.ne (local.get $i) (local.get $end))", "(i32.eq (local.get $i) (local.get $end))"),
    ("(i32.lt_u (local.get $i) (local.get $end))", "(i32.ge_u (local.get $i) (local.get $end))"),
    ("(i32.gt_s (local.get $end) (local.get $i))", "(i32.le_s (local.get $end) (local.get $i))"),
];

#[test]
fn loops_find_the_same_as_without_vectors() {
    let functions = functions();
    let module = module(&functions);
    let vectors = functions_with_vectors(&module);
    assert_eq!(vectors, functions.len());
    verify_accesses(&module);

    wasm2exe_tests::passes::assert_same_without("search", &module, &functions);
    println!("{} loops", functions.len());
}

/// How many of the module's functions have vectors.
fn functions_with_vectors(module: &str) -> usize {
    let disabled_passes = [Pass::Inline].into_iter().collect();
    let options = Options { emit: Emit::Clif, disabled_passes, ..Options::default() };
    let input = Input { name: "", file: "search.wat", bytes: module.as_bytes() };
    let listing = compiler::compile(&[input], &options, &|_, _| ()).expect("compiles").listing;
    listing.split("; function ").filter(|text| text.contains("vany_true")).count()
}

/// No access of the code is out of bounds, whatever the sign of a count.
fn verify_accesses(module: &str) {
    let input = Input { name: "", file: "search.wat", bytes: module.as_bytes() };
    let object = compiler::compile(&[input], &Options::default(), &|_, _| ()).expect("compiles").objects.remove(0);
    let findings = verify::verify(&[&object.bytes]).expect("an object of the compiler").findings;
    assert_eq!(findings, Vec::new());
}

/// Every loop as a function `$f` of two arrays, a number of elements and a value, and `$size` and `$sought`, which say how to call it.
fn functions() -> Vec<String> {
    let mut functions = Vec::new();
    for (load, size, value) in ELEMENTS {
        for sought in [None, Some(format!("(i32.const {value})")), Some("(local.get $x)".to_string())] {
            for (at_end, at_start) in COUNTERS {
                for counts_first in [false, true] {
                    let ends = match &sought {
                        None => format!("(i32.ne ({load} (local.get $p)) ({load} (local.get $q)))"),
                        Some(value) => format!("(i32.eq ({load} (local.get $p)) {value})"),
                    };
                    let grow = format!(
                        "(local.set $p (i32.add (local.get $p) (i32.const {size})))
      (local.set $q (i32.add (local.get $q) (i32.const {size})))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))"
                    );
                    let body = if counts_first {
                        let less = if at_start.contains("$n") {
                            "(local.set $n (i32.sub (local.get $n) (i32.const 1)))"
                        } else {
                            ""
                        };
                        format!("(br_if $o {at_start})\n      (br_if $o {ends})\n      {grow} {less}\n      (br $l)")
                    } else {
                        format!("(br_if $o {ends})\n      {grow}\n      (br_if $l {at_end})")
                    };
                    functions.push(format!(
                        "(param $p i32) (param $q i32) (param $n i32) (param $x i32) (result i32) (local $i i32) (local $end i32)
    (local.set $end (local.get $n))
    (block $o (loop $l
      {body}))
    (i32.add (i32.mul (local.get $i) (i32.const 65599)) (i32.add (local.get $p) (i32.mul (local.get $n) (i32.const 31)))))
  (func $sizeINDEX (result i32) (i32.const {size}))
  (func $valueINDEX (result i32) (i32.const {value}))
  (func $isSoughtINDEX (result i32) (i32.const {}))",
                        i32::from(sought.is_some())
                    ));
                }
            }
        }
    }
    functions
}

/// Calls every function in many ways and writes a hash for each to standard output.
fn module(functions: &[String]) -> String {
    let mut text = String::from(
        "(module
(import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
(memory (export \"memory\") 1 1)
(global $hash (mut i64) (i64.const 0))
(func $add (param i32)
  (global.set $hash (i64.rotl
    (i64.mul (i64.xor (global.get $hash) (i64.extend_i32_u (local.get 0))) (i64.const 0x9e3779b97f4a7c15))
    (i64.const 29))))\n",
    );
    let mut start = String::new();
    for (index, function) in functions.iter().enumerate() {
        let function = function.replace("INDEX", &index.to_string());
        writeln!(text, "(func $f{index} {function}\n{}", calls(index)).expect("text");
        writeln!(
            start,
            "  (global.set $hash (i64.const 0)) (call $all{index}) (i64.store offset=128 (i32.const {}) (global.get $hash))",
            8 * index
        )
        .expect("text");
    }
    write!(
        text,
        "(func (export \"_start\")
{start}
  (i32.store (i32.const 0) (i32.const 128))
  (i32.store (i32.const 4) (i32.const {}))
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))",
        8 * functions.len()
    )
    .expect("text");
    text
}

/// Calls a function for numbers of elements `$n` and differences at `$d`, with the second array at three places: in the middle, up to the
/// end of memory, and so that it ends there with the difference.
fn calls(index: usize) -> String {
    let function = format!(
        "(func $call{index} (param $there i32) (param $n i32) (param $d i32) (local $here i32)
  (local.set $here (i32.const 3000))
  (memory.fill (local.get $here) (i32.const 0x11) (i32.const 1000))
  (memory.fill (local.get $there) (i32.const 0x11)
    (select (i32.const 1000) (i32.sub (i32.const 65536) (local.get $there)) (i32.lt_u (local.get $there) (i32.const 64536))))
  (if (i32.lt_u (local.get $d) (local.get $n)) (then
    (memory.fill (i32.add (local.get $there) (i32.mul (local.get $d) (call $size{index}))) (i32.const 0xc8) (call $size{index}))))
  (call $add
    (if (result i32) (call $isSought{index})
      (then (call $f{index} (local.get $there) (local.get $here) (local.get $n) (call $value{index})))
      (else (call $f{index} (local.get $here) (local.get $there) (local.get $n) (call $value{index}))))))"
    );
    format!(
        "{function}
(func $all{index} (local $n i32) (local $d i32)
  (local.set $n (i32.const 1))
  (loop $numbers
    (local.set $d (i32.const 0))
    (loop $differences
      (call $call{index} (i32.const 4001) (local.get $n) (local.get $d))
      (call $call{index} (i32.sub (i32.const 65536) (i32.mul (local.get $n) (call $size{index}))) (local.get $n) (local.get $d))
      (if (i32.lt_u (local.get $d) (local.get $n)) (then
        (call $call{index} (i32.sub (i32.const 65536) (i32.mul (i32.add (local.get $d) (i32.const 1)) (call $size{index})))
          (local.get $n) (local.get $d))))
      (br_if $differences (i32.le_u (local.tee $d (i32.add (local.get $d) (i32.const 3))) (local.get $n))))
    (br_if $numbers (i32.le_u (local.tee $n (i32.add (local.get $n) (i32.const 5))) (i32.const 70)))))\n"
    )
}
