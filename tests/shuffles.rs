//! i8x16.shuffle is put together from many patterns on processors without a byte permutation: each is run here, on the first x86
//! processor and on this machine's.

use std::fmt::Write;
use std::process::Command;

type Lanes = [u8; 16];

#[test]
fn every_pattern_moves_the_right_bytes() {
    let patterns = patterns();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let module = directory.path().join("shuffles.wat");
    std::fs::write(&module, self_checking_module(&patterns)).expect("written");
    for cpu in ["baseline", "native"] {
        let executable = directory.path().join(cpu);
        let status = Command::new(wasm2exe_tests::wasm2exe())
            .args(["--target-cpu", cpu, "-o"])
            .args([&executable, &module])
            .status();
        assert!(status.expect("wasm2exe starts").success(), "{cpu}: does not compile");
        let output = Command::new(&executable).output().expect("the executable starts");
        let failed: Vec<_> = output.stdout.chunks(2).map(|index| u16::from_le_bytes([index[0], index[1]])).collect();
        let failed: Vec<_> = failed.iter().map(|index| patterns[usize::from(*index) / 2]).collect();
        assert!(output.status.success() && failed.is_empty(), "{cpu}: {} {failed:?}", output.status);
    }
    println!("{} patterns", patterns.len());
}

/// Writes the index of each function that gives a wrong result to standard output; of a pattern's two, the first has two
/// operands, the second has the same one twice.
fn self_checking_module(patterns: &[Lanes]) -> String {
    let x: Lanes = std::array::from_fn(|i| 0x80 + 7 * i as u8);
    let y: Lanes = std::array::from_fn(|i| 0x41 ^ (13 * i as u8));
    let mut functions = String::new();
    let mut start = String::new();
    for (index, lanes) in patterns.iter().enumerate() {
        for (second, name) in [(y, 1), (x, 0)] {
            let index = 2 * index + 1 - name;
            let source =
                lanes.map(|lane| if lane < 16 { x[usize::from(lane)] } else { second[usize::from(lane) - 16] });
            let (lanes, expected) = (text(lanes), text(&source));
            writeln!(
                functions,
                "(func $f{index} (param v128 v128) (result v128) (i8x16.shuffle {lanes} (local.get 0) (local.get {name})))"
            )
            .expect("text");
            writeln!(
                start,
                "(call $check (i32.const {index}) (call $f{index} (local.get 0) (local.get 1)) (v128.const i8x16 {expected}))"
            )
            .expect("text");
        }
    }
    format!(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export \"memory\") 1)
          (data (i32.const 0) \"\\10\\00\\00\\00\\02\\00\\00\\00\")
          {functions}
          (func $check (param i32 v128 v128)
            (if (i32.eqz (i8x16.all_true (i8x16.eq (local.get 1) (local.get 2))))
              (then
                (i32.store16 (i32.const 16) (local.get 0))
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))
          (func $all (param v128 v128) {start})
          (func (export \"_start\") (call $all (v128.const i8x16 {}) (v128.const i8x16 {}))))",
        text(&x),
        text(&y)
    )
}

fn text(bytes: &Lanes) -> String {
    bytes.map(|byte| byte.to_string()).join(" ")
}

fn patterns() -> Vec<Lanes> {
    let mut patterns = Vec::new();
    for first in 0..=16 {
        patterns.push(std::array::from_fn(|i| first + i as u8));
        patterns.push(std::array::from_fn(|i| (first + i as u8) % 16));
    }
    for byte in 0..32 {
        patterns.push([byte; 16]);
    }
    for width in [1, 2, 4] {
        let lane = |i: usize, from: usize| (from * width + i % width) as u8;
        let count = 16 / width;
        for swap in [0, 16] {
            for half in [0, count / 2] {
                patterns.push(std::array::from_fn(|i| swap ^ lane(i, half + i / width / 2 + i / width % 2 * count)));
            }
            for odd in 0..2 {
                patterns.push(std::array::from_fn(|i| swap ^ lane(i, i / width * 2 % (2 * count) + odd)));
                patterns.push(std::array::from_fn(|i| swap ^ lane(i, i / width * 2 % count + odd)));
            }
        }
    }
    patterns.extend(random_patterns());
    patterns
}

/// Random shuffles of lanes of each width, from one operand and from both, also with bytes swapped, doubled, in place, and with
/// ends that repeat the first byte.
fn random_patterns() -> Vec<Lanes> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut patterns = Vec::new();
    for width in [1, 2, 4, 8] {
        for bytes in [16, 32] {
            for _ in 0..150 {
                let lanes: Lanes = std::array::from_fn(|_| random.below(bytes / width) * width);
                let shuffle: Lanes = std::array::from_fn(|i| lanes[i / usize::from(width)] + i as u8 % width);
                patterns.push(shuffle);
                patterns.push(std::array::from_fn(|i| shuffle[i ^ 1]));
                patterns.push(std::array::from_fn(|i| if i < 8 { shuffle[i] } else { 0 }));
            }
        }
    }
    for _ in 0..100 {
        let half = random.below(4) * 8;
        let bytes: Lanes = std::array::from_fn(|_| half + random.below(8));
        patterns.push(std::array::from_fn(|i| bytes[i / 2]));
        patterns.push(std::array::from_fn(|i| i as u8 + 16 * random.below(2)));
    }
    patterns
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u8) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8 % limit
    }
}
