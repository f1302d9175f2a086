//! Numbers that a seed determines (SplitMix64).

/// A sequence of numbers.
#[derive(Clone)]
pub struct Random(u64);

/// Values at the edges of their types, as 64 bits that each type takes its part of.
const EDGES: [u64; 30] = [
    0,
    1,
    2,
    3,
    7,
    8,
    31,
    32,
    33,
    63,
    64,
    65,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
    u64::MAX - 1,
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_ff80,
];

/// The same for floats.
const FLOATS: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    0.1,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    1e-40,
    3.4e38,
    2147483647.0,
    2147483648.0,
    -2147483649.0,
    4294967295.5,
    9223372036854775807.0,
    -9223372036854775808.0,
    18446744073709551615.0,
    16777217.0,
];

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The sequence of a seed and a name.
    pub fn named(seed: u64, name: &str) -> Random {
        let mut random = Random(seed);
        for byte in name.bytes() {
            random.0 = random.next() ^ u64::from(byte);
        }
        random
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// True in `percent` of all cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, of which there is at least one.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Bits of an integer, often at an edge.
    pub fn integer(&mut self) -> u64 {
        match self.below(8) {
            0..=3 => self.pick(&EDGES),
            4 => self.pick(&EDGES).wrapping_neg(),
            5 => self.next() & 0xff,
            6 => 1 << self.below(64),
            _ => self.next(),
        }
    }

    /// Bits of an f32, often at an edge; NaN is canonical.
    pub fn f32(&mut self) -> u32 {
        let float = match self.below(4) {
            0..=1 => self.pick(&FLOATS) as f32,
            2 => f32::from_bits(self.next() as u32),
            _ => self.integer() as i64 as f32,
        };
        if float.is_nan() { 0x7fc0_0000 } else { float.to_bits() }
    }

    /// Bits of an f64, often at an edge; NaN is canonical.
    pub fn f64(&mut self) -> u64 {
        let float = match self.below(4) {
            0..=1 => self.pick(&FLOATS),
            2 => f64::from_bits(self.next()),
            _ => self.integer() as i64 as f64,
        };
        if float.is_nan() { 0x7ff8_0000_0000_0000 } else { float.to_bits() }
    }

    /// Bits of a vector: equal lanes, edges, or any.
    pub fn v128(&mut self) -> u128 {
        let wide = |low: u64, high: u64| u128::from(low) | u128::from(high) << 64;
        match self.below(4) {
            0 => {
                let byte = self.integer() as u8;
                u128::from_le_bytes([byte; 16])
            }
            1 => wide(self.integer(), self.integer()),
            2 => {
                let floats = [0; 4].map(|_: u32| u128::from(self.f32()));
                floats.iter().rev().fold(0, |bits, float| bits << 32 | float)
            }
            _ => wide(self.next(), self.next()),
        }
    }
}
