//! Values as the driver carries them.

use crate::protocol::referent;
use abi::layout::value;
use std::fmt;

/// A value as the driver carries it, see [`crate::protocol`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    /// One of `abi::layout::value`.
    pub ty: u8,
    /// Its 16 bytes. Of a number those beyond its width are zero.
    pub bits: u128,
}

impl Value {
    /// A reference of a hierarchy to one of [`crate::protocol::referent`], with its number.
    pub fn reference(hierarchy: u8, referent: u64, number: u64) -> Value {
        Value { ty: hierarchy, bits: u128::from(referent) | u128::from(number) << 64 }
    }

    /// Whether it is a reference.
    pub fn is_reference(&self) -> bool {
        matches!(self.ty, value::FUNCREF | value::EXTERNREF | value::ANYREF | value::EXNREF)
    }

    /// What a reference refers to.
    pub fn referent(&self) -> u64 {
        self.bits as u64
    }

    /// The number of what a reference refers to.
    pub fn number(&self) -> u64 {
        (self.bits >> 64) as u64
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ty {
            value::I32 => write!(f, "i32 {0} ({0:#x})", self.bits),
            value::I64 => write!(f, "i64 {0} ({0:#x})", self.bits),
            value::F32 => write!(f, "f32 {:e} ({:#010x})", f32::from_bits(self.bits as u32), self.bits),
            value::F64 => write!(f, "f64 {:e} ({:#018x})", f64::from_bits(self.bits as u64), self.bits),
            value::V128 => write!(f, "v128 {:#034x}", self.bits),
            ty => write!(f, "{} {}", type_name(ty), referent_name(self.referent(), Some(self.number()))),
        }
    }
}

/// The name of a type of `abi::layout::value`.
pub fn type_name(ty: u8) -> String {
    const NAMES: [&str; 9] = ["i32", "i64", "f32", "f64", "v128", "funcref", "externref", "anyref", "exnref"];
    NAMES.get(usize::from(ty)).map_or_else(|| format!("type {ty}"), |name| name.to_string())
}

/// What a reference refers to, in words.
pub fn referent_name(referent: u64, number: Option<u64>) -> String {
    let number = number.map(|number| format!(" {number}")).unwrap_or_default();
    match referent {
        referent::NULL => "null".into(),
        referent::FUNCTION => "function".into(),
        referent::I31 => format!("i31{number}"),
        referent::HOST => format!("host value{number}"),
        referent::STRUCT => "struct".into(),
        referent::ARRAY => "array".into(),
        referent::EXCEPTION => "exception".into(),
        referent::UNKNOWN => "unknown object".into(),
        other => format!("unknown referent {other}"),
    }
}

/// `[a, b]`, for reports.
pub fn list<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    format!("[{}]", items.join(", "))
}
