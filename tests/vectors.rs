//! Random vector programs give the same results whatever processor they are compiled for, optimised or not: the first x86 processor
//! has the most patterns of our own, this machine's the fewest.
//!
//! `WASM2EXE_SEED=n` chooses other programs.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const FUNCTIONS: usize = 400;
const CONFIGURATIONS: [[&str; 3]; 4] = [
    ["-O0", "--target-cpu", "native"],
    ["-O2", "--target-cpu", "native"],
    ["-O0", "--target-cpu", "baseline"],
    ["-O2", "--target-cpu", "baseline"],
];

#[test]
fn results_do_not_depend_on_the_processor() {
    let seed = std::env::var("WASM2EXE_SEED").map_or(1, |seed| seed.parse().expect("a number"));
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
    let functions: Vec<String> = (0..FUNCTIONS).map(|_| function(&mut random)).collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let module = directory.path().join("vectors.wat");
    std::fs::write(&module, program(&functions, &mut random)).expect("written");
    let expected = results(&module, CONFIGURATIONS[0]);
    assert_eq!(expected.len(), FUNCTIONS * 16 * INPUTS);
    for configuration in &CONFIGURATIONS[1..] {
        let results = results(&module, *configuration);
        let differs = results.chunks(16 * INPUTS).zip(expected.chunks(16 * INPUTS)).position(|(a, b)| a != b);
        let function = differs.map(|index| &functions[index]);
        assert!(results == expected, "seed {seed}: {configuration:?} and {:?} differ: {function:?}", CONFIGURATIONS[0]);
    }
}

/// What the compiled program writes.
fn results(module: &Path, configuration: [&str; 3]) -> Vec<u8> {
    let executable = module.with_extension("exe");
    let compiler = Command::new(wasm2exe_tests::wasm2exe())
        .args(configuration)
        .arg("-o")
        .args([&executable, module])
        .status()
        .expect("wasm2exe starts");
    assert!(compiler.success(), "{configuration:?}: does not compile");
    let output = Command::new(&executable).output().expect("the executable starts");
    assert!(output.status.success(), "{configuration:?}: {output:?}");
    output.stdout
}

/// How many times each function is called.
const INPUTS: usize = 12;

/// Calls every function with every input, whose four vectors begin at consecutive multiples of 16, and writes the results.
fn program(functions: &[String], random: &mut Random) -> String {
    let data: String = (0..INPUTS + 3).flat_map(|_| input(random)).map(|byte| format!("\\{byte:02x}")).collect();
    let mut text = format!(
        "(module
          (import \"wasi_snapshot_preview1\" \"fd_write\" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export \"memory\") 4)
          (data (i32.const 0) \"{data}\")
          (func $put (param $result v128) (local $at i32)
            (local.set $at (i32.load (i32.const 1024)))
            (v128.store offset=2048 (local.get $at) (local.get $result))
            (i32.store (i32.const 1024) (i32.add (local.get $at) (i32.const 16))))\n"
    );
    let mut calls = String::new();
    for (index, function) in functions.iter().enumerate() {
        writeln!(text, "(func $f{index} (param v128 v128 v128 v128) (result v128) (local v128 v128) {function})")
            .expect("text");
        for input in 0..INPUTS {
            let arguments = (0..4).map(|i| format!("(v128.load (i32.const {}))", (input + i) * 16)).collect::<String>();
            writeln!(calls, "(call $put (call $f{index} {arguments}))").expect("text");
        }
    }
    writeln!(
        text,
        "(func (export \"_start\") {calls}
          (i32.store (i32.const 1028) (i32.const 2048))
          (i32.store (i32.const 1032) (i32.load (i32.const 1024)))
          (drop (call $fd_write (i32.const 1) (i32.const 1028) (i32.const 1) (i32.const 1036)))))"
    )
    .expect("text");
    text
}

/// A vector of values at the edges of integers and floats, or of random ones.
fn input(random: &mut Random) -> [u8; 16] {
    const EDGES: [u64; 12] = [
        0,
        1,
        u64::MAX,
        1 << 63,
        0x7fff_ffff_8000_0000,
        0x3ff0_0000_0000_0000,
        0x4f00_0000_4f80_0000,
        0x41e0_0000_0000_0000,
        0x41f0_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0xff80_0000_7f80_0000,
        0x0102_0304_0506_0708,
    ];
    let mut half = || if random.below(2) == 0 { random.pick(&EDGES) } else { random.next() };
    let [low, high] = [half(), half()];
    ((u128::from(high) << 64) | u128::from(low)).to_le_bytes()
}

/// A function body: instructions on a stack of vectors, which leave one. NaNs with payloads may differ, so there is no float
/// arithmetic.
fn function(random: &mut Random) -> String {
    let mut body = String::new();
    let mut depth = 0;
    for _ in 0..4 + random.below(14) {
        while depth < 1 || depth < 6 && random.below(3) == 0 {
            // The fifth local is never set: zero.
            write!(body, " local.get {}", random.below(5)).expect("text");
            depth += 1;
        }
        match random.below(10) {
            0 | 1 => body.push_str(random.pick(UNARY)),
            8 => body.push_str(&gathering(random)),
            9 => write!(body, " v128.const i32x4{} v128.and", format!(" {}", random.pick(&MASKS)).repeat(4))
                .expect("text"),
            2 if depth >= 3 => {
                body.push_str(random.pick(TERNARY));
                depth -= 2;
            }
            3 => write!(body, " i32.const {} {}", random.below(200), random.pick(SHIFTS)).expect("text"),
            4 => {
                body.push_str(" local.tee 3 local.get 3");
                depth += 1;
            }
            5 | 6 if depth >= 2 => {
                body.push_str(&shuffle(random));
                depth -= 1;
            }
            _ if depth >= 2 => {
                body.push_str(random.pick(BINARY));
                depth -= 1;
            }
            _ => {}
        }
    }
    body.push_str(&" i32x4.add".repeat(depth - 1));
    body
}

/// A shuffle of lanes of some width that may end with zeros, as compilers write what they do not care about.
fn shuffle(random: &mut Random) -> String {
    let width = random.pick(&[1, 1, 2, 4, 8]);
    let stride = random.pick(&[0, 1, 2, 4]);
    let first = random.below(32 / width);
    let mut lanes = [0; 16];
    for at in 0..16 / width {
        let lane = if stride == 0 { random.below(32 / width) } else { (first + at * stride) % (32 / width) };
        for byte in 0..width {
            lanes[(at * width + byte) as usize] = lane * width + byte;
        }
    }
    let end = random.pick(&[4, 8, 16, 16, 16]);
    let lanes: Vec<_> = (0..16).map(|at| if at < end { lanes[at].to_string() } else { "0".to_string() }).collect();
    format!(" i8x16.shuffle {}", lanes.join(" "))
}

/// Lanes of a vector put together in another order, one after the other, in zero, in one of them, or in the vector itself.
fn gathering(random: &mut Random) -> String {
    let (lanes, shape, extension) =
        random.pick(&[(16, "i8x16", "_u"), (16, "i8x16", "_s"), (8, "i16x8", "_u"), (4, "i32x4", "")]);
    let extract = |lane| format!(" local.get 5 {shape}.extract_lane{extension} {lane}");
    let mut text = String::from(" local.set 5");
    match random.below(4) {
        0 => text.push_str(" local.get 4"),
        1 => text.push_str(" local.get 5"),
        2 => text.push_str(" v128.const i32x4 0 0 0 0"),
        _ => write!(text, "{} {shape}.splat", extract(random.below(lanes))).expect("text"),
    }
    let (first, count) = (random.pick(&[0, 0, 1]) * random.below(lanes), 1 + random.below(lanes));
    for lane in first..lanes.min(first + count) {
        write!(text, "{} {shape}.replace_lane {lane}", extract(random.below(lanes))).expect("text");
    }
    text
}

/// Masks of the low or high parts of words.
const MASKS: [&str; 7] = ["1", "0xff", "0xffff", "0xff00", "0x00ff00ff", "0xff000000", "0x80000000"];

const SHIFTS: &[&str] = &[
    " i8x16.shl",
    " i8x16.shr_s",
    " i8x16.shr_u",
    " i16x8.shl",
    " i16x8.shr_s",
    " i32x4.shl",
    " i32x4.shr_u",
    " i64x2.shl",
    " i64x2.shr_s",
    " i64x2.shr_u",
];

const TERNARY: &[&str] = &[
    " v128.bitselect",
    " v128.bitselect",
    " i8x16.relaxed_laneselect",
    " i64x2.relaxed_laneselect",
    " i32x4.relaxed_dot_i8x16_i7x16_add_s",
];

const UNARY: &[&str] = &[
    " i32x4.relaxed_trunc_f32x4_s",
    " i32x4.relaxed_trunc_f64x2_u_zero",
    " v128.not",
    " i8x16.abs",
    " i8x16.neg",
    " i8x16.popcnt",
    " i16x8.abs",
    " i32x4.neg",
    " i64x2.abs",
    " i64x2.neg",
    " i16x8.extend_low_i8x16_s",
    " i16x8.extend_high_i8x16_u",
    " i32x4.extend_low_i16x8_u",
    " i32x4.extend_high_i16x8_s",
    " i64x2.extend_low_i32x4_s",
    " i64x2.extend_high_i32x4_u",
    " i16x8.extadd_pairwise_i8x16_s",
    " i32x4.extadd_pairwise_i16x8_u",
    " f32x4.abs",
    " f32x4.floor",
    " f32x4.nearest",
    " f64x2.ceil",
    " f64x2.trunc",
    " f64x2.neg",
    " f32x4.convert_i32x4_s",
    " f32x4.convert_i32x4_u",
    " f64x2.convert_low_i32x4_s",
    " f64x2.convert_low_i32x4_u",
    " i32x4.trunc_sat_f32x4_s",
    " i32x4.trunc_sat_f32x4_u",
    " i32x4.trunc_sat_f64x2_s_zero",
    " i32x4.trunc_sat_f64x2_u_zero",
    " i8x16.all_true i32x4.splat",
    " i64x2.bitmask i16x8.splat",
    " i8x16.bitmask i16x8.splat",
    " v128.any_true i8x16.splat",
    " i32x4.all_true i64.extend_i32_u i64x2.splat",
    " i8x16.extract_lane_s 5 i8x16.splat",
    " i16x8.extract_lane_u 1 i16x8.splat",
    " i32x4.extract_lane 0 i32x4.splat",
    " i64x2.extract_lane 1 i64x2.splat",
    " f32x4.extract_lane 3 f32x4.splat",
    " f64x2.extract_lane 0 f64x2.splat",
    " v128.const i32x4 -1 -1 0 0 v128.xor",
];

const BINARY: &[&str] = &[
    " i8x16.relaxed_swizzle",
    " i16x8.relaxed_q15mulr_s",
    " i16x8.relaxed_dot_i8x16_i7x16_s",
    " v128.and",
    " v128.andnot",
    " v128.or",
    " v128.xor",
    " i8x16.swizzle",
    " i8x16.eq",
    " i8x16.lt_u",
    " i16x8.gt_s",
    " i32x4.ge_u",
    " i64x2.lt_s",
    " i64x2.ne",
    " f32x4.lt",
    " f64x2.ge",
    " i8x16.add",
    " i16x8.sub",
    " i32x4.add",
    " i64x2.sub",
    " i16x8.mul",
    " i32x4.mul",
    " i64x2.mul",
    " i8x16.min_s",
    " i8x16.max_u",
    " i16x8.min_u",
    " i32x4.max_s",
    " i32x4.min_u",
    " i8x16.add_sat_s",
    " i16x8.sub_sat_u",
    " i8x16.avgr_u",
    " i16x8.q15mulr_sat_s",
    " i32x4.dot_i16x8_s",
    " i8x16.narrow_i16x8_s",
    " i16x8.narrow_i32x4_u",
    " i16x8.extmul_low_i8x16_s",
    " i32x4.extmul_high_i16x8_u",
    " i64x2.extmul_low_i32x4_u",
    " f32x4.pmin",
    " f64x2.pmax",
    " i64x2.extract_lane 0 i64x2.replace_lane 1",
    " i32x4.extract_lane 3 i32x4.replace_lane 2",
    " i32x4.extract_lane 1 i16x8.replace_lane 6",
    " i32x4.extract_lane 1 i8x16.replace_lane 11",
    " f32x4.extract_lane 1 f32x4.replace_lane 3",
    " f64x2.extract_lane 1 f64x2.replace_lane 0",
];

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 32) as u32 % limit
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}
