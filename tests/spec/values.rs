//! Values in scripts, and the patterns that scripts expect.

use abi::layout::value;
use embedded::protocol::referent;
use embedded::{Value, list, referent_name, type_name};
use std::fmt;
use wast::core::{HeapType, NanPattern, V128Const, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// From an argument in a script.
pub fn argument(argument: &WastArg<'_>) -> Result<Value, String> {
    let WastArg::Core(argument) = argument else { return Err(format!("unknown argument {argument:?}")) };
    let number = |ty, bits: u128| Ok(Value { ty, bits });
    let host = |ty, number: u32| Ok(Value::reference(ty, referent::HOST, number.into()));
    match argument {
        WastArgCore::I32(value) => number(value::I32, u128::from(*value as u32)),
        WastArgCore::I64(value) => number(value::I64, u128::from(*value as u64)),
        WastArgCore::F32(value) => number(value::F32, u128::from(value.bits)),
        WastArgCore::F64(value) => number(value::F64, u128::from(value.bits)),
        WastArgCore::V128(value) => number(value::V128, v128_bits(value)),
        WastArgCore::RefNull(heap) => Ok(Value::reference(hierarchy(heap)?, referent::NULL, 0)),
        WastArgCore::RefExtern(number) => host(value::EXTERNREF, *number),
        WastArgCore::RefHost(number) => host(value::ANYREF, *number),
    }
}

fn v128_bits(value: &V128Const) -> u128 {
    u128::from_le_bytes(value.to_le_bytes())
}

/// The type at the top of a heap type's hierarchy.
fn hierarchy(heap: &HeapType<'_>) -> Result<u8, String> {
    use wast::core::AbstractHeapType as Abstract;
    let HeapType::Abstract { shared: false, ty } = heap else { return Err(format!("unknown heap type {heap:?}")) };
    match ty {
        Abstract::Func | Abstract::NoFunc => Ok(value::FUNCREF),
        Abstract::Extern | Abstract::NoExtern => Ok(value::EXTERNREF),
        Abstract::Exn | Abstract::NoExn => Ok(value::EXNREF),
        Abstract::Any | Abstract::Eq | Abstract::I31 | Abstract::Struct | Abstract::Array | Abstract::None => {
            Ok(value::ANYREF)
        }
        Abstract::Cont | Abstract::NoCont => Err(format!("unknown heap type {heap:?}")),
    }
}

/// What a result must look like.
pub enum Pattern {
    /// A number or vector of this type, each lane of equal width as told, the first in the low bits.
    Lanes(u8, Vec<Lane>),
    /// A null reference, of this hierarchy if one is named.
    Null(Option<u8>),
    /// A reference of this hierarchy to one of these, with this number if the script says.
    Reference(u8, &'static [u64], Option<u64>),
    /// One of several.
    Either(Vec<Pattern>),
}

/// One lane of a [`Pattern::Lanes`].
#[derive(Clone, Copy)]
pub enum Lane {
    /// Exactly these bits.
    Bits(u64),
    /// A NaN with the top bit of the fraction set and no other; any sign.
    CanonicalNan,
    /// A NaN with the top bit of the fraction set.
    ArithmeticNan,
}

impl Pattern {
    /// From an expected result in a script.
    pub fn new(expected: &WastRet<'_>) -> Result<Pattern, String> {
        match expected {
            WastRet::Core(expected) => Pattern::core(expected),
            other => Err(format!("unknown result {other:?}")),
        }
    }

    fn core(expected: &WastRetCore<'_>) -> Result<Pattern, String> {
        /// What extern.convert_any and any.convert_extern convert.
        const ANY: &[u64] = &[referent::I31, referent::HOST, referent::STRUCT, referent::ARRAY];
        let one = |ty, lane| Ok(Pattern::Lanes(ty, vec![lane]));
        let refer = |ty, referents| Ok(Pattern::Reference(ty, referents, None));
        let host = |ty, number: u32| Ok(Pattern::Reference(ty, &[referent::HOST], Some(number.into())));
        match expected {
            WastRetCore::I32(value) => one(value::I32, Lane::Bits(u64::from(*value as u32))),
            WastRetCore::I64(value) => one(value::I64, Lane::Bits(*value as u64)),
            WastRetCore::F32(pattern) => one(value::F32, lane(pattern, |float| float.bits.into())),
            WastRetCore::F64(pattern) => one(value::F64, lane(pattern, |float| float.bits)),
            WastRetCore::V128(pattern) => Ok(Pattern::Lanes(value::V128, v128_lanes(pattern))),
            WastRetCore::RefNull(None) => Ok(Pattern::Null(None)),
            WastRetCore::RefNull(Some(heap)) => Ok(Pattern::Null(Some(hierarchy(heap)?))),
            WastRetCore::RefExtern(None) => refer(value::EXTERNREF, ANY),
            WastRetCore::RefExtern(Some(number)) => host(value::EXTERNREF, *number),
            WastRetCore::RefHost(number) => host(value::ANYREF, *number),
            WastRetCore::RefFunc(None) => refer(value::FUNCREF, &[referent::FUNCTION]),
            WastRetCore::RefAny => refer(value::ANYREF, ANY),
            WastRetCore::RefEq => refer(value::ANYREF, &[referent::I31, referent::STRUCT, referent::ARRAY]),
            WastRetCore::RefI31 => refer(value::ANYREF, &[referent::I31]),
            WastRetCore::RefStruct => refer(value::ANYREF, &[referent::STRUCT]),
            WastRetCore::RefArray => refer(value::ANYREF, &[referent::ARRAY]),
            WastRetCore::Either(cases) => {
                Ok(Pattern::Either(cases.iter().map(Pattern::core).collect::<Result<_, _>>()?))
            }
            other => Err(format!("unknown result {other:?}")),
        }
    }

    /// Whether `value` is as expected.
    pub fn accepts(&self, value: Value) -> bool {
        match self {
            Pattern::Lanes(ty, lanes) => *ty == value.ty && lanes_match(lanes, value),
            Pattern::Null(ty) => {
                value.is_reference() && value.referent() == referent::NULL && ty.is_none_or(|ty| ty == value.ty)
            }
            Pattern::Reference(ty, referents, number) => {
                *ty == value.ty
                    && referents.contains(&value.referent())
                    && number.is_none_or(|number| number == value.number())
            }
            Pattern::Either(cases) => cases.iter().any(|case| case.accepts(value)),
        }
    }
}

fn bit_width(ty: u8) -> usize {
    match ty {
        value::I32 | value::F32 => 32,
        value::I64 | value::F64 => 64,
        _ => 128,
    }
}

fn lanes_match(lanes: &[Lane], value: Value) -> bool {
    let total = bit_width(value.ty);
    let width = total / lanes.len();
    let mask = u128::MAX >> (128 - width);
    let upper_is_zero = total == 128 || value.bits >> total == 0;
    upper_is_zero
        && lanes.iter().enumerate().all(|(i, lane)| lane.accepts((value.bits >> (i * width) & mask) as u64, width))
}

impl Lane {
    fn accepts(self, bits: u64, width: usize) -> bool {
        let (magnitude, quiet_nan) = match width {
            32 => (bits & 0x7fff_ffff, 0x7fc0_0000),
            _ => (bits & (u64::MAX >> 1), 0x7ff8_0000_0000_0000),
        };
        match self {
            Lane::Bits(expected) => bits == expected,
            Lane::CanonicalNan => magnitude == quiet_nan,
            Lane::ArithmeticNan => magnitude & quiet_nan == quiet_nan,
        }
    }
}

fn lane<T>(pattern: &NanPattern<T>, bits: impl Fn(&T) -> u64) -> Lane {
    match pattern {
        NanPattern::CanonicalNan => Lane::CanonicalNan,
        NanPattern::ArithmeticNan => Lane::ArithmeticNan,
        NanPattern::Value(value) => Lane::Bits(bits(value)),
    }
}

fn v128_lanes(pattern: &V128Pattern) -> Vec<Lane> {
    match pattern {
        V128Pattern::I8x16(lanes) => lanes.iter().map(|lane| Lane::Bits(u64::from(*lane as u8))).collect(),
        V128Pattern::I16x8(lanes) => lanes.iter().map(|lane| Lane::Bits(u64::from(*lane as u16))).collect(),
        V128Pattern::I32x4(lanes) => lanes.iter().map(|lane| Lane::Bits(u64::from(*lane as u32))).collect(),
        V128Pattern::I64x2(lanes) => lanes.iter().map(|lane| Lane::Bits(*lane as u64)).collect(),
        V128Pattern::F32x4(lanes) => lanes.iter().map(|pattern| lane(pattern, |float| float.bits.into())).collect(),
        V128Pattern::F64x2(lanes) => lanes.iter().map(|pattern| lane(pattern, |float| float.bits)).collect(),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Lanes(ty, lanes) => {
                write!(f, "{}", type_name(*ty))?;
                let digits = bit_width(*ty) / lanes.len() / 4;
                lanes.iter().try_for_each(|lane| match lane {
                    Lane::Bits(bits) => write!(f, " 0x{bits:0digits$x}"),
                    Lane::CanonicalNan => write!(f, " nan:canonical"),
                    Lane::ArithmeticNan => write!(f, " nan:arithmetic"),
                })
            }
            Pattern::Null(ty) => write!(f, "null {}", ty.map_or("reference".to_string(), type_name)),
            Pattern::Reference(ty, referents, number) => {
                let names: Vec<String> = referents.iter().map(|it| referent_name(*it, *number)).collect();
                write!(f, "{} {}", type_name(*ty), names.join(" or "))
            }
            Pattern::Either(cases) => write!(f, "one of {}", list(cases)),
        }
    }
}
