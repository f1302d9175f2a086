//! Damaged modules: every byte flipped, every length, bytes changed, removed and put in at random. The compiler must say what is wrong, or
//! compile them: no panic, and bounded time and memory. The numbers are seeded, so every run is the same; `WASM2EXE_DAMAGE=N` makes N times as many.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use compiler::{Error, Input, MemoryStrategy, OptLevel, Options};

/// One module takes no longer than this, on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Address space that all of this test gets, in bytes.
const MEMORY_LIMIT: u64 = 6 << 30;

/// What is damaged: names, memories and segments, tables, exceptions, objects, threads, vectors, several modules' worth of imports; and what is no
/// core module at all.
const CORPUS: &[&str] = &[
    r#"(module $named (type $t (func (param $p i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory $m (export "memory") 1 20) (data $d (i32.const 8) "some text") (data $passive "more")
      (table $table 3 5 funcref) (elem $e (i32.const 0) $f $g) (global $global (mut i64) (i64.const -1))
      (func $f (type $t) (param $p i32) (result i32) (local $l i64) (block $out (loop $again
        (br_table $again $out (local.get $p)))) (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 4))
        (call_indirect (type $t) (i32.load8_s offset=3 (local.get $p)) (local.get $p)))
      (func $g (type $t) (f64.store (i32.const 16) (f64.sqrt (f64.const 2))) (table.size $table))
      (func $start (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 4)))))"#,
    r#"(module (tag $t (param i32 f64)) (tag $u)
      (func $throws (param i32) (throw $t (local.get 0) (f64.const 1)))
      (func (export "_start") (block $h (result i32 f64) (try_table (catch $t $h) (catch_all 1) (call $throws (i32.const 3))) (return)) (drop) (drop))
      (func (export "old") (result i32) try (result i32) (call $throws (i32.const 1)) (i32.const 2) catch $t drop catch_all i32.const 4 end))"#,
    r#"(module (rec (type $node (sub (struct (field (mut i32)) (field (mut (ref null $node))))))
        (type $leaf (sub $node (struct (field (mut i32)) (field (mut (ref null $node))) (field f64)))))
      (type $array (array (mut i8))) (type $refs (array (mut (ref null $node))))
      (func (export "_start") (local $n (ref null $node)) (local $a (ref null $array))
        (local.set $n (struct.new $leaf (i32.const 1) (ref.null $node) (f64.const 3)))
        (local.set $a (array.new $array (i32.const 7) (i32.const 100)))
        (drop (array.get_u $array (local.get $a) (i32.const 5)))
        (drop (array.new_fixed $refs 2 (local.get $n) (ref.null $node)))
        (drop (ref.test (ref $leaf) (local.get $n)))
        (drop (block $l (result (ref $leaf)) (br_on_cast $l (ref null $node) (ref $leaf) (local.get $n)) (unreachable)))))"#,
    r#"(module (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32))) (import "env" "memory" (memory 1 4 shared))
      (export "memory" (memory 0))
      (func (export "wasi_thread_start") (param i32 i32) (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
      (func (export "_start") (drop (call $spawn (i32.const 0)))
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000)))))"#,
    r#"(module (memory i64 1 4) (memory $other 1)
      (func (export "_start") (local v128) (local.set 0 (i8x16.swizzle (v128.load (i64.const 0)) (v128.const i32x4 1 2 3 4)))
        (v128.store $other (i32.const 0) (i32x4.dot_i16x8_s (local.get 0) (local.get 0)))
        (memory.copy $other $other (i32.const 0) (i32.const 1) (i32.const 2))))"#,
    r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func $f (canon lift (core func $i "f"))) (export "run" (func $f)))"#,
];

/// A generator of numbers, always the same ones (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Custom sections that mean something, with contents that do not.
fn with_debug_sections(mut module: Vec<u8>) -> Vec<u8> {
    for name in [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"] {
        let contents: Vec<u8> = (0..60u8).map(|at| at.wrapping_mul(29)).collect();
        let body = [&[name.len() as u8][..], name.as_bytes(), &contents].concat();
        module.extend([&[0, body.len() as u8][..], &body].concat());
    }
    module
}

fn options(numbers: &mut Numbers) -> Options {
    Options {
        all_exports: true,
        threads: 1,
        opt_level: [OptLevel::Speed, OptLevel::Basic, OptLevel::None][numbers.below(3)],
        memory: [MemoryStrategy::Guard, MemoryStrategy::Checked][numbers.below(2)],
        debug_info: numbers.below(2) == 0,
        ..Options::default()
    }
}

/// Compiles what may be no module. Says whether it was one.
fn compile(bytes: &[u8], options: &Options) -> bool {
    let start = Instant::now();
    let input = Input { name: "", file: "damaged.wasm", bytes };
    let result = catch_unwind(AssertUnwindSafe(|| compiler::compile(&[input], options, &|_, _| ())));
    let spent = start.elapsed();
    assert!(spent < TIME_LIMIT, "{spent:?} for {bytes:02x?}");
    match result {
        Ok(Ok(_)) => true,
        Ok(Err(Error::Internal { message, .. })) => panic!("internal error: {message} for {bytes:02x?}"),
        Ok(Err(_)) => false,
        Err(_) => panic!("a panic for {bytes:02x?}"),
    }
}

fn damage(module: &[u8], others: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    const EDGES: [u8; 8] = [0x00, 0x01, 0x40, 0x7f, 0x80, 0xff, 0x0b, 0xfe];
    let mut bytes = module.to_vec();
    for _ in 0..1 + numbers.below(4) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at] = EDGES[numbers.below(EDGES.len())],
            2 => bytes.insert(at, numbers.next() as u8),
            3 => drop(bytes.remove(at)),
            // A number of five bytes in place of one of one byte.
            4 => drop(bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
            _ => {
                let other = &others[numbers.below(others.len())];
                let from = numbers.below(other.len());
                let len = numbers.below(16).min(other.len() - from).min(bytes.len() - at);
                bytes[at..at + len].copy_from_slice(&other[from..from + len]);
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn damaged_modules_compile_or_are_refused() {
    let limit = libc::rlimit { rlim_cur: MEMORY_LIMIT, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the structure is one, and limits are nobody else's business in this process.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
    let parsed = CORPUS.iter().map(|text| wat::parse_str(text).expect("the corpus is right"));
    let mut corpus: Vec<Vec<u8>> = parsed.collect();
    corpus.push(with_debug_sections(corpus[0].clone()));
    let times: usize = std::env::var("WASM2EXE_DAMAGE").ok().and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut numbers = Numbers(1);
    let (mut cases, mut compiled) = (0, 0);
    let mut check = |bytes: &[u8], numbers: &mut Numbers| {
        cases += 1;
        compiled += usize::from(compile(bytes, &options(numbers)));
    };
    for module in &corpus {
        (0..module.len()).for_each(|len| check(&module[..len], &mut numbers));
        for at in 0..module.len() {
            let mut bytes = module.clone();
            bytes[at] ^= [0x01, 0x40, 0x80, 0xff][numbers.below(4)];
            check(&bytes, &mut numbers);
        }
        for _ in 0..1500 * times {
            let bytes = damage(module, &corpus, &mut numbers);
            check(&bytes, &mut numbers);
        }
    }
    println!("{cases} damaged modules, {compiled} of them compiled");
    assert!(compiled > cases / 100, "{compiled} of {cases} compiled: the damage is too great to say anything");
}
