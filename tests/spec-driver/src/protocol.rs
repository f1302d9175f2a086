//! What the harness and the driver say to each other. The harness includes this file too.
//!
//! A script is a sequence of commands: an opcode byte, the module's index as `u32`, then for [`INVOKE`] and [`GET`] the length of
//! the export's name as `u32` and the name, and for `INVOKE` the number of arguments as `u32` and the arguments.
//! Each command has one reply, in order: a status byte and, after [`DONE`], the number of results as `u32` and the results.
//! A value is its type (`abi::layout::value`) in one byte and its slot of 16. Numbers are little-endian.

/// Instantiate a module.
pub const INSTANTIATE: u8 = 1;
/// Call an exported function.
pub const INVOKE: u8 = 2;
/// Read an exported global.
pub const GET: u8 = 3;

/// The command was carried out.
pub const DONE: u8 = 0;
/// No export has this name and kind.
pub const NO_EXPORT: u8 = 0xfe;
/// The function has other parameters.
pub const WRONG_ARGUMENTS: u8 = 0xfd;
/// The function has more results than the driver has room for.
pub const TOO_MANY_RESULTS: u8 = 0xfc;
// Every other status is an `abi::trap::TrapKind`.
