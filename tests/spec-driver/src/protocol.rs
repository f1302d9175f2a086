//! What the harness and the driver say to each other. The harness includes this file too.
//!
//! A script is a sequence of commands: an opcode byte, the module's index as `u32`, then for [`INVOKE`], [`GET`] and [`SET`] the
//! length of the export's name as `u32` and the name, and for `INVOKE` the number of arguments as `u32` and the arguments.
//! Each command has one reply, in order: a status byte and, after [`DONE`], the number of results as `u32` and the results.
//! A value is its type (`abi::layout::value`) in one byte and 16 bytes: of a number or vector its slot, of a reference what it
//! refers to ([`referent`]) and its number, 8 bytes each. Numbers are little-endian.

/// Instantiate a module.
pub const INSTANTIATE: u8 = 1;
/// Call an exported function.
pub const INVOKE: u8 = 2;
/// Read an exported global.
pub const GET: u8 = 3;
/// Write an exported global that holds a number: after the name comes the value.
pub const SET: u8 = 4;
/// Tell the length in bytes and the [`hash`] of each memory that the module defines: 8 bytes each of a v128.
pub const MEMORIES: u8 = 5;

/// The command was carried out.
pub const DONE: u8 = 0;
/// The command threw an exception that nothing caught.
pub const EXCEPTION: u8 = 0xff;
/// No export has this name and kind.
pub const NO_EXPORT: u8 = 0xfe;
/// The function has other parameters.
pub const WRONG_ARGUMENTS: u8 = 0xfd;
/// The function has more results than the driver has room for.
pub const TOO_MANY_RESULTS: u8 = 0xfc;
// Every other status is an `abi::trap::TrapKind`.

/// What a reference refers to.
pub mod referent {
    /// Nothing: the reference is null.
    pub const NULL: u64 = 0;
    /// A function; its number is 0.
    pub const FUNCTION: u64 = 1;
    /// A number of 31 bits.
    pub const I31: u64 = 2;
    /// A value of the host, by the number that the script gave it.
    pub const HOST: u64 = 3;
    /// A structure; its number is 0.
    pub const STRUCT: u64 = 4;
    /// An array; its number is 0.
    pub const ARRAY: u64 = 5;
    /// An exception; its number is 0.
    pub const EXCEPTION: u64 = 6;
    /// An object that is none of these.
    pub const UNKNOWN: u64 = u64::MAX;
}

/// A number for the contents of a memory that hardly any other contents have.
pub fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks::<8>();
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let hash = words.iter().fold(FACTOR, |hash, word| step(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte)))
}
