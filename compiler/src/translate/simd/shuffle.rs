//! i8x16.shuffle and i8x16.swizzle. Where one instruction permutes bytes, Cranelift's lowering serves; on x86 before SSSE3
//! it would call a function for each operand, so shuffles are put together here from the instructions there are.

use cranelift_codegen::ir::types::{I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{
    ConstantData, InstBuilder, MemFlagsData, Opcode, StackSlot, StackSlotData, StackSlotKind, Type, Value,
};
use target_lexicon::Architecture;

use super::{constant, emit_binary};
use crate::translate::state::Translator;

/// For each byte of the result its index in the concatenation of both operands, as the immediate of i8x16.shuffle has it.
type Lanes = [u8; 16];

/// The same for lanes of 16 bits of one operand; `None` where any value will do.
type HalfwordLanes = [Option<u8>; 8];

/// A shuffle of two i8x16.
pub(super) fn shuffle(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Value {
    if permutes_bytes(t) {
        return shuffle_at_once(t, x, y, lanes);
    }
    // An operand that does not matter would be in the way of the patterns below.
    if x == y || lanes.iter().all(|lane| *lane < 16) {
        shuffle_in_steps(t, x, x, lanes.map(|lane| lane % 16))
    } else if lanes.iter().all(|lane| *lane >= 16) {
        shuffle_in_steps(t, y, y, lanes.map(|lane| lane % 16))
    } else {
        shuffle_in_steps(t, x, y, lanes)
    }
}

/// A swizzle of an i8x16: indices from 16 give 0.
pub(super) fn swizzle(t: &mut Translator, x: Value, indices: Value) -> Value {
    if permutes_bytes(t) { t.ins().swizzle(x, indices) } else { swizzle_in_memory(t, x, indices) }
}

/// Whether the processor has an instruction for arbitrary byte permutations.
fn permutes_bytes(t: &Translator) -> bool {
    t.env.isa.triple().architecture != Architecture::X86_64 || t.env.isa.has_x86_pshufb_lowering()
}

fn shuffle_at_once(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Value {
    let mask = t.builder.func.dfg.immediates.push(ConstantData::from(&lanes[..]));
    t.ins().shuffle(x, y, mask)
}

/// Tries ever more expensive ways. When only `x` matters, `y` is `x` and all lanes are below 16.
fn shuffle_in_steps(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Value {
    if let Some(words) = wider_lanes(lanes) {
        return shuffle_words(t, x, y, words);
    }
    if let Some(result) = interleave(t, x, y, lanes) {
        return result;
    }
    if let Some(result) = pack(t, x, y, lanes) {
        return result;
    }
    if let Some(result) = permute(t, x, y, lanes) {
        return result;
    }
    if let Some(result) = shift_out_of_pair(t, x, y, lanes) {
        return result;
    }
    if let Some(result) = blend(t, x, y, lanes) {
        return result;
    }
    shuffle_in_memory(t, x, y, lanes)
}

/// The shuffle as one of lanes `16 / N` bytes wide, when it is.
fn wider_lanes<const N: usize>(lanes: Lanes) -> Option<[u8; N]> {
    let width = 16 / N;
    let mut wide = [0; N];
    for (wide, group) in wide.iter_mut().zip(lanes.chunks(width)) {
        let first = usize::from(group[0]);
        let consecutive = group.iter().enumerate().all(|(i, lane)| usize::from(*lane) == first + i);
        if !consecutive || first % width != 0 {
            return None;
        }
        *wide = (first / width) as u8;
    }
    Some(wide)
}

/// The shuffle of bytes that does the same as one of wider lanes.
fn byte_lanes<const N: usize>(wide: [u8; N]) -> Lanes {
    let width = 16 / N;
    std::array::from_fn(|i| wide[i / width] * width as u8 + (i % width) as u8)
}

/// Any shuffle of 32-bit lanes, in one or two instructions.
fn shuffle_words(t: &mut Translator, x: Value, y: Value, words: [u8; 4]) -> Value {
    if words == [0, 1, 2, 3] {
        return x;
    }
    if words == [4, 5, 6, 7] {
        return y;
    }
    let is_mixed = |pair: [u8; 2]| (pair[0] < 4) != (pair[1] < 4);
    let (low, high) = ([words[0], words[1]], [words[2], words[3]]);
    let is_interleaving = words == [0, 4, 1, 5] || words == [2, 6, 3, 7];
    if is_interleaving || !is_mixed(low) && !is_mixed(high) {
        return shuffle_at_once(t, x, y, byte_lanes(words));
    }
    // SHUFPS takes two lanes from each operand. The first one collects what the mixed pairs need.
    let from_x = |pair: [u8; 2]| pair[0].min(pair[1]);
    let from_y = |pair: [u8; 2]| pair[0].max(pair[1]);
    let (first, second) = match (is_mixed(low), is_mixed(high)) {
        (true, true) => (low, high),
        (true, false) => (low, low),
        _ => (high, high),
    };
    let gathered = [from_x(first), from_x(second), from_y(first), from_y(second)];
    let gathered_value = shuffle_at_once(t, x, y, byte_lanes(gathered));
    let place = |lane: u8| gathered.iter().position(|other| *other == lane).map_or(0, |at| at as u8);
    if is_mixed(low) && is_mixed(high) {
        return shuffle_at_once(t, gathered_value, gathered_value, byte_lanes(words.map(place)));
    }
    let (mixed, pure) = if is_mixed(low) { (low, high) } else { (high, low) };
    let source = if pure[0] < 4 { x } else { y };
    let mixed = mixed.map(place);
    let pure = pure.map(|lane| 4 + lane % 4);
    let words =
        if is_mixed(low) { [mixed[0], mixed[1], pure[0], pure[1]] } else { [pure[0], pure[1], mixed[0], mixed[1]] };
    shuffle_at_once(t, gathered_value, source, byte_lanes(words))
}

/// Alternate lanes of both operands' low or high halves: one instruction.
fn interleave(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Option<Value> {
    if is_interleaving(lanes) {
        return Some(shuffle_at_once(t, x, y, lanes));
    }
    let swapped = lanes.map(|lane| lane ^ 16);
    is_interleaving(swapped).then(|| shuffle_at_once(t, y, x, swapped))
}

fn is_interleaving(lanes: Lanes) -> bool {
    let halfwords: Option<[u8; 8]> = wider_lanes(lanes);
    (0..2).any(|half| lanes == interleaving(half) || halfwords == Some(interleaving(half)))
}

/// The interleaving of both operands' low (0) or high (1) halves.
fn interleaving<const N: usize>(half: usize) -> [u8; N] {
    std::array::from_fn(|i| (half * N / 2 + i / 2 + i % 2 * N) as u8)
}

/// The even or the odd lanes of both operands: saturating narrowing of lanes that fit.
fn pack(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Option<Value> {
    if let Some((low, high, odd)) = stride_two(lanes) {
        let (x, y) = (t.bitcast_v128(x, I16X8), t.bitcast_v128(y, I16X8));
        let [x, y] = [x, y].map(|value| {
            if odd {
                return shift(t, Opcode::Ushr, value, 8);
            }
            let mask = constant(t, I16X8, &std::array::from_fn(|i| if i % 2 == 0 { 0xff } else { 0 }));
            t.ins().band(value, mask)
        });
        return Some(t.ins().unarrow(if low { y } else { x }, if high { y } else { x }));
    }
    let (low, high, odd) = stride_two(wider_lanes::<8>(lanes)?)?;
    let (x, y) = (t.bitcast_v128(x, I32X4), t.bitcast_v128(y, I32X4));
    let [x, y] = [x, y].map(|value| {
        let value = if odd { value } else { shift(t, Opcode::Ishl, value, 16) };
        shift(t, Opcode::Sshr, value, 16)
    });
    let packed = t.ins().snarrow(if low { y } else { x }, if high { y } else { x });
    Some(t.bitcast_v128(packed, I8X16))
}

/// When each half of the result takes every other lane of one operand: whether that is the second operand for the low half, for
/// the high half, and whether the odd lanes are taken.
fn stride_two<const N: usize>(lanes: [u8; N]) -> Option<(bool, bool, bool)> {
    let (low, high) = (usize::from(lanes[0]) >= N, usize::from(lanes[N / 2]) >= N);
    let odd = lanes[0] % 2;
    let expected: [u8; N] = std::array::from_fn(|i| {
        let second = if i < N / 2 { low } else { high };
        (usize::from(second) * N + i % (N / 2) * 2) as u8 + odd
    });
    (lanes == expected).then_some((low, high, odd == 1))
}

/// Shuffles of 16-bit lanes that take three instructions for each operand, also with the bytes of each lane swapped or, for
/// bytes of one half of one operand, doubled.
fn permute(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Option<Value> {
    if let Some(halfwords) = wider_lanes(lanes) {
        return permute_halfwords(t, x, y, halfwords);
    }
    if let Some(halfwords) = wider_lanes(std::array::from_fn(|i| lanes[i ^ 1])) {
        let swapped = permute_halfwords(t, x, y, halfwords)?;
        let swapped = t.bitcast_v128(swapped, I16X8);
        let (high, low) = (shift(t, Opcode::Ishl, swapped, 8), shift(t, Opcode::Ushr, swapped, 8));
        let result = t.ins().bor(high, low);
        return Some(t.bitcast_v128(result, I8X16));
    }
    let half = lanes[0] / 8;
    let doubled = lanes.chunks(2).all(|pair| pair[0] == pair[1] && pair[0] / 8 == half);
    if x == y && doubled {
        let bytes = shuffle_at_once(t, x, x, interleaving(usize::from(half)));
        return permute_halfwords(t, bytes, bytes, std::array::from_fn(|i| lanes[2 * i] % 8));
    }
    None
}

fn permute_halfwords(t: &mut Translator, x: Value, y: Value, lanes: [u8; 8]) -> Option<Value> {
    let from_x = plan_permutation(lanes.map(|lane| (lane < 8).then_some(lane)))?;
    let from_y = plan_permutation(lanes.map(|lane| lane.checked_sub(8)))?;
    let x = emit_plan(t, x, from_x);
    if lanes.iter().all(|lane| *lane < 8) {
        return Some(x);
    }
    let y = emit_plan(t, y, from_y);
    Some(select_bytes(t, x, y, std::array::from_fn(|i| lanes[i / 2] < 8)))
}

/// Three single-instruction shuffles of one operand that bring its 16-bit lanes into this order.
fn plan_permutation(lanes: HalfwordLanes) -> Option<[Lanes; 3]> {
    plan_words_first(lanes).or_else(|| plan_words_last(lanes))
}

/// Works when each half of the result needs at most two of the four 32-bit lanes: PSHUFD, PSHUFLW, PSHUFHW.
fn plan_words_first(lanes: HalfwordLanes) -> Option<[Lanes; 3]> {
    let mut words = [0, 1, 2, 3];
    let mut halfwords = [0, 1, 2, 3, 4, 5, 6, 7];
    for half in 0..2 {
        let wanted = &lanes[4 * half..][..4];
        let needed = |word: u8| wanted.contains(&Some(2 * word)) || wanted.contains(&Some(2 * word + 1));
        let mut needed: Vec<u8> = (0..4).filter(|word| needed(*word)).collect();
        // A half that is taken as it is may make the first shuffle the identity.
        match needed[..] {
            [] => needed = vec![2 * half as u8, 2 * half as u8 + 1],
            [word] => needed = vec![word & 2, word | 1],
            _ => {}
        }
        let [first, second] = needed.try_into().ok()?;
        words[2 * half] = first;
        words[2 * half + 1] = second;
        for (i, lane) in wanted.iter().enumerate() {
            if let Some(lane) = lane {
                let place = if lane / 2 == first { 0 } else { 2 };
                halfwords[4 * half + i] = 4 * half as u8 + place + lane % 2;
            }
        }
    }
    let low = std::array::from_fn(|i| if i < 4 { halfwords[i] } else { i as u8 });
    let high = std::array::from_fn(|i| if i < 4 { i as u8 } else { halfwords[i] });
    Some([byte_lanes(words), byte_lanes::<8>(low), byte_lanes::<8>(high)])
}

/// Works when each 32-bit lane of the result is a pair from one half, of at most two different pairs from each half:
/// PSHUFLW, PSHUFHW, PSHUFD.
fn plan_words_last(lanes: HalfwordLanes) -> Option<[Lanes; 3]> {
    let mut words = [0, 1, 2, 3];
    let mut pairs: [Vec<[Option<u8>; 2]>; 2] = Default::default();
    for (word, pair) in words.iter_mut().zip(lanes.chunks(2)) {
        let mut halves = pair.iter().flatten().map(|lane| usize::from(lane / 4));
        let Some(half) = halves.next() else { continue };
        if halves.any(|other| other != half) {
            return None;
        }
        let place = pairs[half].iter().position(|known| *known == *pair).unwrap_or_else(|| {
            pairs[half].push([pair[0], pair[1]]);
            pairs[half].len() - 1
        });
        *word = (2 * half + place) as u8;
    }
    if pairs.iter().any(|pairs| pairs.len() > 2) {
        return None;
    }
    let halfword = |i: usize| pairs[i / 4].get(i % 4 / 2).and_then(|pair| pair[i % 2]).unwrap_or(i as u8);
    let low = std::array::from_fn(|i| if i < 4 { halfword(i) } else { i as u8 });
    let high = std::array::from_fn(|i| if i < 4 { i as u8 } else { halfword(i) });
    Some([byte_lanes::<8>(low), byte_lanes::<8>(high), byte_lanes(words)])
}

fn emit_plan(t: &mut Translator, x: Value, plan: [Lanes; 3]) -> Value {
    let identity = std::array::from_fn(|i| i as u8);
    plan.into_iter().filter(|step| *step != identity).fold(x, |x, step| shuffle_at_once(t, x, x, step))
}

/// Sixteen consecutive bytes of the concatenation, not at a multiple of four: shifts of 64-bit lanes.
fn shift_out_of_pair(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Option<Value> {
    let first = lanes[0];
    let count = if x == y { 16 } else { 32 };
    let consecutive = lanes.iter().zip(first..).all(|(lane, expected)| *lane == expected % count);
    if !consecutive || first >= 16 {
        return None;
    }
    let [low, high] = [0, 2].map(|skip| {
        let words = std::array::from_fn(|i| (first / 8 * 2 + skip + i as u8) % (count / 4));
        let value = shuffle_words(t, x, y, words);
        t.bitcast_v128(value, I64X2)
    });
    let bits = i64::from(first % 8 * 8);
    let (low, high) = (shift(t, Opcode::Ushr, low, bits), shift(t, Opcode::Ishl, high, 64 - bits));
    let result = t.ins().bor(low, high);
    Some(t.bitcast_v128(result, I8X16))
}

/// Each byte at its own place, from either operand.
fn blend(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Option<Value> {
    let in_place = lanes.iter().zip(0..).all(|(lane, i)| lane % 16 == i);
    in_place.then(|| select_bytes(t, x, y, lanes.map(|lane| lane < 16)))
}

fn select_bytes(t: &mut Translator, x: Value, y: Value, from_x: [bool; 16]) -> Value {
    let mask = constant(t, I8X16, &from_x.map(|yes| if yes { 0xff } else { 0 }));
    t.ins().bitselect(mask, x, y)
}

/// Shifts each lane of `x` by a constant.
fn shift(t: &mut Translator, opcode: Opcode, x: Value, bits: i64) -> Value {
    let bits = t.ins().iconst(I32, bits);
    emit_binary(t, opcode, x, bits)
}

/// Any shuffle: stores both operands and copies runs of consecutive bytes. Runs of one byte, which compilers write where they
/// do not care, are filled.
fn shuffle_in_memory(t: &mut Translator, x: Value, y: Value, lanes: Lanes) -> Value {
    let operands = stack_slot(t, 32);
    t.ins().stack_store(I64, x, operands, 0);
    if x != y {
        t.ins().stack_store(I64, y, operands, 16);
    }
    let result = stack_slot(t, 16);
    let mut at = 0;
    while at < 16 {
        let rest = &lanes[at..];
        let consecutive = rest.iter().zip(rest[0]..).take_while(|(lane, expected)| *lane == expected).count();
        let equal = rest.iter().take_while(|lane| **lane == rest[0]).count();
        let ty = match consecutive.max(equal) {
            8.. => I64,
            4.. => I32,
            2.. => I16,
            _ => I8,
        };
        let source = i32::from(rest[0]);
        let bytes = if equal > 1 {
            let byte = t.ins().stack_load(I64, I8, operands, source);
            fill(t, byte, ty)
        } else {
            t.ins().stack_load(I64, ty, operands, source)
        };
        t.ins().stack_store(I64, bytes, result, at as i32);
        at += ty.bytes() as usize;
    }
    t.ins().stack_load(I64, I8X16, result, 0)
}

/// `byte` in each byte of an integer.
fn fill(t: &mut Translator, byte: Value, ty: Type) -> Value {
    let wide = t.ins().uextend(I64, byte);
    let ones = t.ins().iconst(I64, 0x0101_0101_0101_0101);
    let filled = t.ins().imul(wide, ones);
    if ty == I64 { filled } else { t.ins().ireduce(ty, filled) }
}

/// Any swizzle: looks each byte up in a table that ends with a zero for the indices out of range.
fn swizzle_in_memory(t: &mut Translator, x: Value, indices: Value) -> Value {
    let table = stack_slot(t, 32);
    t.ins().stack_store(I64, x, table, 0);
    let zero = constant(t, I8X16, &[0; 16]);
    t.ins().stack_store(I64, zero, table, 16);
    let table = t.ins().stack_addr(I64, table, 0);

    // Each index is overwritten by its byte.
    let lanes = stack_slot(t, 16);
    let limit = constant(t, I8X16, &[16; 16]);
    let indices = t.ins().umin(indices, limit);
    t.ins().stack_store(I64, indices, lanes, 0);
    let lanes = t.ins().stack_addr(I64, lanes, 0);
    for lane in 0..16 {
        let index = t.ins().uload8(I64, MemFlagsData::trusted(), lanes, lane);
        let address = t.ins().iadd(table, index);
        let byte = t.ins().load(I8, MemFlagsData::trusted(), address, 0);
        t.ins().store(MemFlagsData::trusted(), byte, lanes, lane);
    }
    t.ins().load(I8X16, MemFlagsData::trusted(), lanes, 0)
}

fn stack_slot(t: &mut Translator, size: u32) -> StackSlot {
    t.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4))
}
