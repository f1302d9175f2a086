//! From the pattern of a shuffle to instructions of the first x86-64 processors, the cheapest ways first.

use cranelift_codegen::cursor::FuncCursor;
use cranelift_codegen::ir::types::{I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{
    ConstantData, Endianness, InstBuilder, MemFlagsData, Opcode, StackSlotData, StackSlotKind, Type, Value,
};

use super::lanes::{
    IDENTITY, Lanes, Shuffle, Wanted, byte_lanes, doubled_bytes, halfwords, interleaving, is_one_word_shuffle,
    plan_permutation,
};

/// Emits instructions at a place.
pub(super) struct Emitter<'f> {
    /// The place.
    pub(super) cursor: FuncCursor<'f>,
}

impl Emitter<'_> {
    /// The shuffle of `x` and `y`, if it takes one or two instructions.
    pub(super) fn simple(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        match shuffle.words() {
            Some(words) => Some(self.shuffle_words(x, y, words)),
            None => self.interleave(shuffle, x, y),
        }
    }

    /// The shuffle of `x` and `y`, in any case.
    pub(super) fn complex(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Value {
        self.extend(shuffle, x, y)
            .or_else(|| self.pack(shuffle, x, y))
            .or_else(|| self.permute(shuffle, x, y))
            .or_else(|| self.shift_out_of_pair(shuffle, x, y))
            .unwrap_or_else(|| self.shuffle_in_memory(shuffle, x, y))
    }

    /// A shuffle that Cranelift makes one instruction of.
    pub(super) fn shuffle_at_once(&mut self, x: Value, y: Value, lanes: Lanes) -> Value {
        let mask = self.cursor.func.dfg.immediates.push(ConstantData::from(&lanes[..]));
        self.cursor.ins().shuffle(x, y, mask)
    }

    /// Any shuffle of 32-bit lanes, in one or two instructions.
    fn shuffle_words(&mut self, x: Value, y: Value, words: [u8; 4]) -> Value {
        match words {
            [0, 1, 2, 3] => return x,
            [4, 5, 6, 7] => return y,
            _ if is_one_word_shuffle(words) => return self.shuffle_at_once(x, y, byte_lanes(words)),
            _ => {}
        }
        // SHUFPS takes two lanes from each operand. The first one collects what the mixed pairs need.
        let is_mixed = |pair: [u8; 2]| (pair[0] < 4) != (pair[1] < 4);
        let (low, high) = ([words[0], words[1]], [words[2], words[3]]);
        let (first, second) = match (is_mixed(low), is_mixed(high)) {
            (true, true) => (low, high),
            (true, false) => (low, low),
            _ => (high, high),
        };
        let from_x = |pair: [u8; 2]| pair[0].min(pair[1]);
        let from_y = |pair: [u8; 2]| pair[0].max(pair[1]);
        let gathered = [from_x(first), from_x(second), from_y(first), from_y(second)];
        let source = self.shuffle_at_once(x, y, byte_lanes(gathered));
        let place = |lane: u8| gathered.iter().position(|other| *other == lane).map_or(0, |at| at as u8);
        if is_mixed(low) && is_mixed(high) {
            return self.shuffle_at_once(source, source, byte_lanes(words.map(place)));
        }
        let (mixed, pure) = if is_mixed(low) { (low, high) } else { (high, low) };
        let other = if pure[0] < 4 { x } else { y };
        let (mixed, pure) = (mixed.map(place), pure.map(|lane| 4 + lane % 4));
        let [a, b] = if is_mixed(low) { [mixed, pure] } else { [pure, mixed] };
        self.shuffle_at_once(source, other, byte_lanes([a[0], a[1], b[0], b[1]]))
    }

    /// Alternate lanes of both operands' low or high halves: one instruction.
    fn interleave(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        for half in 0..2 {
            for lanes in [interleaving(half), byte_lanes::<8>(interleaving(half))] {
                if shuffle.fits(lanes) {
                    return Some(self.shuffle_at_once(x, y, lanes));
                }
                if shuffle.fits(lanes.map(|lane| lane ^ 16)) {
                    return Some(self.shuffle_at_once(y, x, lanes));
                }
            }
        }
        None
    }

    /// Lanes of the first operand, each followed by zeros or by what does not matter: interleaved with zero time and again.
    fn extend(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        let extensions = [(1, 4), (1, 8), (2, 8)];
        let found = extensions.into_iter().find_map(|(from, to)| Some((from, to, shuffle.extension(from, to)?)));
        let (from, to, first) = found?;
        // With something else than itself, so that it is used once, and what made it may be a part of that use.
        let zero = if shuffle.zero { y } else { self.constant(I8X16, [0; 16]) };
        Some(self.extend_lanes(x, zero, from, to, first))
    }

    fn extend_lanes(&mut self, x: Value, zero: Value, from: usize, to: usize, first: usize) -> Value {
        let (mut value, mut width, mut first) = (x, from, first);
        while width < to {
            let half = first / 8;
            let lanes = match width {
                1 => interleaving(half),
                2 => byte_lanes::<8>(interleaving(half)),
                _ => byte_lanes::<4>(interleaving(half)),
            };
            value = self.shuffle_at_once(value, zero, lanes);
            (width, first) = (2 * width, first % 8 * 2);
        }
        value
    }

    /// The even or the odd lanes of the operands: saturating narrowing of lanes that fit.
    fn pack(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        let operands = [x, y];
        for (low, high) in [(0, 1), (0, 0), (1, 0), (1, 1)] {
            for odd in [0, 1] {
                if shuffle.fits(stride_two::<16>(low, high, odd)) {
                    let (low, high) =
                        (self.every_second_byte(operands[low], odd), self.every_second_byte(operands[high], odd));
                    return Some(self.cursor.ins().unarrow(low, high));
                }
                if shuffle.fits(stride_two::<8>(low, high, odd)) {
                    let [low, high] = [low, high].map(|operand| {
                        let value = self.cast(operands[operand], I32X4);
                        let value = if odd == 1 { value } else { self.shift(Opcode::Ishl, value, 16) };
                        self.shift(Opcode::Sshr, value, 16)
                    });
                    let packed = self.cursor.ins().snarrow(low, high);
                    return Some(self.cast(packed, I8X16));
                }
            }
        }
        None
    }

    /// The even or odd bytes, zero-extended to 16 bits.
    fn every_second_byte(&mut self, x: Value, odd: u8) -> Value {
        let x = self.cast(x, I16X8);
        if odd == 1 {
            return self.shift(Opcode::Ushr, x, 8);
        }
        let mask = self.constant(I16X8, std::array::from_fn(|i| if i % 2 == 0 { 0xff } else { 0 }));
        self.cursor.ins().band(x, mask)
    }

    /// Every fourth byte of up to four operands, `skip` bytes into each group of four.
    pub(super) fn pack_fourths(&mut self, operands: [Value; 4], skip: u8) -> Value {
        let bytes = operands.map(|operand| {
            let x = self.cast(operand, I32X4);
            let x = if skip == 0 { x } else { self.shift(Opcode::Ushr, x, i64::from(skip) * 8) };
            let mask = self.constant(I32X4, std::array::from_fn(|i| if i % 4 == 0 { 0xff } else { 0 }));
            if skip == 3 { x } else { self.cursor.ins().band(x, mask) }
        });
        let low = self.cursor.ins().snarrow(bytes[0], bytes[1]);
        let high = self.cursor.ins().snarrow(bytes[2], bytes[3]);
        self.cursor.ins().unarrow(low, high)
    }

    /// Each operand's lanes brought into their places, then chosen from.
    fn permute(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        let (of_x, of_y) = (shuffle.of_first(), shuffle.of_second());
        let plan_x = Permutation::plan(of_x)?;
        if of_y.iter().all(Option::is_none) {
            return Some(self.permutation(x, plan_x));
        }
        let plan_y = if shuffle.zero { None } else { Some(Permutation::plan(of_y)?) };
        let x = self.permutation(x, plan_x);
        let mask = self.constant(I8X16, of_x.map(|lane| if lane.is_some() { 0xff } else { 0 }));
        let Some(plan_y) = plan_y else { return Some(self.cursor.ins().band(x, mask)) };
        let y = self.permutation(y, plan_y);
        Some(self.cursor.ins().bitselect(mask, x, y))
    }

    fn permutation(&mut self, x: Value, permutation: Permutation) -> Value {
        match permutation {
            Permutation::Halfwords(steps) => self.steps(x, steps),
            Permutation::Swapped(steps) => {
                let x = self.steps(x, steps);
                let x = self.cast(x, I16X8);
                let (high, low) = (self.shift(Opcode::Ishl, x, 8), self.shift(Opcode::Ushr, x, 8));
                let result = self.cursor.ins().bor(high, low);
                self.cast(result, I8X16)
            }
            Permutation::Doubled(half, steps) => {
                let doubled = self.shuffle_at_once(x, x, interleaving(half));
                self.steps(doubled, steps)
            }
        }
    }

    fn steps(&mut self, x: Value, steps: [Lanes; 3]) -> Value {
        steps.into_iter().filter(|step| *step != IDENTITY).fold(x, |x, step| self.shuffle_at_once(x, x, step))
    }

    /// Sixteen consecutive bytes of the concatenation, in either order, not at a multiple of four.
    fn shift_out_of_pair(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Option<Value> {
        let lanes = |first: u8| std::array::from_fn::<u8, 16, _>(|i| first + i as u8);
        (1..16).find_map(|first| {
            if shuffle.fits(lanes(first)) {
                return Some(self.shift_out_by(x, y, first));
            }
            shuffle.fits(lanes(first).map(|lane| lane ^ 16)).then(|| self.shift_out_by(y, x, first))
        })
    }

    /// From byte `first` on; by shifts of 64-bit lanes.
    fn shift_out_by(&mut self, x: Value, y: Value, first: u8) -> Value {
        let [low, high] = [0, 2].map(|skip| {
            let value = self.shuffle_words(x, y, std::array::from_fn(|i| (first / 8 * 2 + skip + i as u8) % 8));
            self.cast(value, I64X2)
        });
        let bits = i64::from(first % 8 * 8);
        let (low, high) = (self.shift(Opcode::Ushr, low, bits), self.shift(Opcode::Ishl, high, 64 - bits));
        let result = self.cursor.ins().bor(low, high);
        self.cast(result, I8X16)
    }

    /// Any shuffle: stores both operands and copies runs of consecutive bytes.
    fn shuffle_in_memory(&mut self, shuffle: &Shuffle, x: Value, y: Value) -> Value {
        let slot = |size| StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4);
        let operands = self.cursor.func.create_sized_stack_slot(slot(32));
        let result = self.cursor.func.create_sized_stack_slot(slot(16));
        self.cursor.ins().stack_store(I64, x, operands, 0);
        if !shuffle.same {
            self.cursor.ins().stack_store(I64, y, operands, 16);
        }
        let mut at = 0;
        while at < 16 {
            let Some(first) = shuffle.lanes[at] else {
                at += 1;
                continue;
            };
            let stored = if shuffle.same { 16 } else { 32 };
            let run = (at..16).zip(first..stored).take_while(|(at, index)| shuffle.allows(*at, *index)).count();
            let ty = match run {
                8.. => I64,
                4.. => I32,
                2.. => I16,
                _ => I8,
            };
            let bytes = self.cursor.ins().stack_load(I64, ty, operands, i32::from(first));
            self.cursor.ins().stack_store(I64, bytes, result, at as i32);
            at += ty.bytes() as usize;
        }
        self.cursor.ins().stack_load(I64, I8X16, result, 0)
    }

    /// The 128 bits of `x` as another vector type.
    pub(super) fn cast(&mut self, x: Value, ty: Type) -> Value {
        if self.cursor.func.dfg.value_type(x) == ty {
            return x;
        }
        self.cursor.ins().bitcast(ty, MemFlagsData::new().with_endianness(Endianness::Little), x)
    }

    pub(super) fn constant(&mut self, ty: Type, bytes: [u8; 16]) -> Value {
        let constant = self.cursor.func.dfg.constants.insert(bytes.to_vec().into());
        self.cursor.ins().vconst(ty, constant)
    }

    /// Shifts each lane of `x` by a constant.
    fn shift(&mut self, opcode: Opcode, x: Value, bits: i64) -> Value {
        let bits = self.cursor.ins().iconst(I32, bits);
        let ty = self.cursor.func.dfg.value_type(x);
        let (inst, dfg) = self.cursor.ins().Binary(opcode, ty, x, bits);
        dfg.first_result(inst)
    }
}

/// How one operand's bytes come into their places.
enum Permutation {
    /// 16-bit lanes move.
    Halfwords([Lanes; 3]),
    /// 16-bit lanes move, and the bytes of each are swapped.
    Swapped([Lanes; 3]),
    /// Each byte of a half is doubled, and the 16-bit lanes of that move.
    Doubled(usize, [Lanes; 3]),
}

impl Permutation {
    fn plan(bytes: Wanted<16>) -> Option<Self> {
        let plan = |bytes| halfwords(bytes).and_then(plan_permutation);
        let swapped = std::array::from_fn(|i| bytes[i ^ 1]);
        let doubled = || {
            let (lanes, half) = doubled_bytes(bytes)?;
            Some(Permutation::Doubled(half, plan_permutation(lanes)?))
        };
        let in_place = plan(bytes).map(Permutation::Halfwords);
        in_place.or_else(|| plan(swapped).map(Permutation::Swapped)).or_else(doubled)
    }
}

/// Every second lane of one operand (0 or 1) for the low half of the result, and of one for the high half.
fn stride_two<const N: usize>(low: usize, high: usize, odd: u8) -> [u8; N] {
    std::array::from_fn(|i| {
        let operand = if i < N / 2 { low } else { high };
        (operand * N + i % (N / 2) * 2) as u8 + odd
    })
}
