//! Executables that call an export with arguments from the command line and print its results. The only part of the runtime
//! that uses `core::fmt`, and it is linked into such executables alone.

use core::ffi::CStr;
use core::fmt::{self, Write};

use abi::layout::{Export, Program, value};

use crate::message::Message;
use crate::start::{call, fail};
use crate::{process, program, sys};

/// A value as generated code sees it.
type Slot = [u64; 2];

/// The validator allows as many parameters, and as many results.
const MOST_VALUES: usize = 1000;

/// [`abi::symbols::run::INVOKE`].
///
/// # Safety
/// The program's modules are instantiated, and its entry is a function.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_run_invoke(program: &'static Program) {
    // SAFETY: the compiler emits a pointer to an export.
    let export = unsafe { &*program.entry };
    let (parameters, results) = program::signature(export);
    let mut slots = [Slot::default(); MOST_VALUES];
    let Some(values) = slots.get_mut(..parameters.len().max(results.len())) else {
        refuse(export, |message| {
            message.text(b"has too many parameters or results");
        });
    };
    let arguments = process::arguments().get(1..).unwrap_or_default();
    if arguments.len() != parameters.len() {
        refuse(export, |message| {
            message.text(b"takes ").decimal(parameters.len() as u64, 0).text(b" arguments, not ");
            message.decimal(arguments.len() as u64, 0);
        });
    }
    for ((kind, argument), slot) in parameters.iter().zip(arguments).zip(values.iter_mut()) {
        // SAFETY: the arguments of the process are NUL-terminated.
        let text = unsafe { CStr::from_ptr(*argument) }.to_bytes();
        match parse(*kind, text) {
            Some(value) => *slot = value,
            None => refuse(export, |message| {
                message.text(b"'").guest_text(text).text(b"' is no ").text(program::type_name(*kind));
            }),
        }
    }
    // SAFETY: the values are of the types that the export names.
    let _ = unsafe { call(export, values) };
    let mut output = Output { buffer: [0; 4096], len: 0 };
    for (kind, slot) in results.iter().zip(values) {
        let _ = write_value(&mut output, *kind, *slot);
        output.push(b"\n");
    }
    output.flush();
}

/// Ends the process with what is wrong and how the executable is called.
fn refuse(export: &Export, complain: impl FnOnce(&mut Message)) -> ! {
    let mut message = Message::new();
    message.text(b"wasm2exe: ").guest_text(program::export_name(export)).text(b": ");
    complain(&mut message);
    message.text(b"; usage: PROGRAM");
    for kind in program::signature(export).0 {
        message.text(b" ").text(program::type_name(*kind));
    }
    fail(&mut message)
}

/// The value that a text stands for; `None` when it is none of the type. References have only null.
fn parse(kind: u8, text: &[u8]) -> Option<Slot> {
    let float = || core::str::from_utf8(text).ok();
    match kind {
        value::I32 => Some([parse_integer(text, 32)?, 0]),
        value::I64 => Some([parse_integer(text, 64)?, 0]),
        value::F32 => Some([float()?.parse::<f32>().ok()?.to_bits().into(), 0]),
        value::F64 => Some([float()?.parse::<f64>().ok()?.to_bits(), 0]),
        value::V128 => {
            let number = parse_digits(text.strip_prefix(b"0x")?, 16)?;
            Some([number as u64, (number >> 64) as u64])
        }
        _ => (text == b"null").then_some([0, 0]),
    }
}

/// A decimal or hexadecimal integer of a number of bits, signed or not.
fn parse_integer(text: &[u8], bits: u32) -> Option<u64> {
    let (is_negative, digits) = match text.split_first()? {
        (b'-', digits) => (true, digits),
        (b'+', digits) => (false, digits),
        _ => (false, text),
    };
    let magnitude = match digits.strip_prefix(b"0x") {
        Some(digits) => parse_digits(digits, 16)?,
        None => parse_digits(digits, 10)?,
    };
    let limit = if is_negative { 1 << (bits - 1) } else { (1u128 << bits) - 1 };
    let number = if is_negative { magnitude.wrapping_neg() } else { magnitude };
    (magnitude <= limit).then_some(number as u64 & (u64::MAX >> (64 - bits)))
}

fn parse_digits(digits: &[u8], base: u32) -> Option<u128> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u128, |number, digit| {
        let digit = char::from(*digit).to_digit(base)?;
        number.checked_mul(base.into())?.checked_add(digit.into())
    })
}

/// Integers are printed signed, floats in the shortest form that reads back as the same number.
fn write_value(output: &mut impl Write, kind: u8, slot: Slot) -> fmt::Result {
    let [low, high] = slot;
    match kind {
        value::I32 => write!(output, "{}", low as i32),
        value::I64 => write!(output, "{}", low as i64),
        value::F32 => write!(output, "{}", f32::from_bits(low as u32)),
        value::F64 => write!(output, "{}", f64::from_bits(low)),
        value::V128 => write!(output, "0x{high:016x}{low:016x}"),
        _ if low == 0 => output.write_str("null"),
        _ => output.write_str(core::str::from_utf8(program::type_name(kind)).unwrap_or_default()),
    }
}

/// Standard output.
struct Output {
    buffer: [u8; 4096],
    len: usize,
}

impl Output {
    fn push(&mut self, text: &[u8]) {
        for byte in text {
            if self.len == self.buffer.len() {
                self.flush();
            }
            if let Some(place) = self.buffer.get_mut(self.len) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    fn flush(&mut self) {
        if !sys::write_output(self.buffer.get(..self.len).unwrap_or_default()) {
            fail(Message::new().text(b"wasm2exe: the results cannot be written to standard output"));
        }
        self.len = 0;
    }
}

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let parse = |kind, text: &str| parse(kind, text.as_bytes()).map(|slot| slot[0]);
        for (text, i32, i64) in [
            ("0", Some(0), Some(0)),
            ("+7", Some(7), Some(7)),
            ("-1", Some(0xffff_ffff), Some(u64::MAX)),
            ("0xFf", Some(255), Some(255)),
            ("4294967295", Some(0xffff_ffff), Some(0xffff_ffff)),
            ("4294967296", None, Some(1 << 32)),
            ("-2147483648", Some(0x8000_0000), Some(0xffff_ffff_8000_0000)),
            ("-0x80000001", None, Some(0xffff_ffff_7fff_ffff)),
            ("-9223372036854775808", None, Some(1 << 63)),
            ("18446744073709551615", None, Some(u64::MAX)),
            ("18446744073709551616", None, None),
            ("340282366920938463463374607431768211456", None, None),
        ] {
            assert_eq!((parse(value::I32, text), parse(value::I64, text)), (i32, i64), "{text}");
        }
        for text in ["", "-", "+", "0x", "- 1", "1 ", "--1", "1.0", "a", "\u{661}"] {
            assert_eq!(parse(value::I64, text), None, "{text}");
        }
    }

    #[test]
    fn floats_and_vectors() {
        assert_eq!(parse(value::F32, b"0.1"), Some([0x3dcc_cccd, 0]));
        assert_eq!(parse(value::F64, b"-inf"), Some([0xfff0 << 48, 0]));
        assert_eq!(parse(value::F64, b"nan"), Some([0x7ff8 << 48, 0]));
        assert_eq!(parse(value::F64, b"1e-400"), Some([0, 0]));
        assert_eq!(parse(value::F64, b"\xff"), None);
        assert_eq!(parse(value::F64, b""), None);
        assert_eq!(parse(value::V128, b"0x10000000000000002"), Some([2, 1]));
        assert_eq!(parse(value::V128, b"1"), None);
        assert_eq!(parse(value::EXTERNREF, b"null"), Some([0, 0]));
        assert_eq!(parse(value::FUNCREF, b"1"), None);
    }

    #[test]
    fn results() {
        let print = |kind, low, high| {
            let mut text = String::new();
            write_value(&mut text, kind, [low, high]).unwrap();
            text
        };
        assert_eq!(print(value::I32, 0xffff_ffff, 0), "-1");
        assert_eq!(print(value::I64, 1 << 63, 0), "-9223372036854775808");
        assert_eq!(print(value::F32, 0x3dcc_cccd, 0), "0.1");
        assert_eq!(print(value::F64, (-0.0f64).to_bits(), 0), "-0");
        assert_eq!(print(value::F64, f64::INFINITY.to_bits(), 0), "inf");
        assert_eq!(print(value::F64, 5e-324f64.to_bits(), 0).parse(), Ok(5e-324));
        assert_eq!(print(value::V128, 2, 1), "0x00000000000000010000000000000002");
        assert_eq!(print(value::FUNCREF, 0, 0), "null");
        assert_eq!(print(value::FUNCREF, 8, 0), "funcref");
    }
}
