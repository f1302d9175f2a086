//! `args_*`: the executable's own arguments, the name it was started by included, byte for byte.

use core::ffi::CStr;

use super::strings::{Sizes, Writer};
use super::types::Result;
use crate::guest::{Guest, GuestPtr};
use crate::process;

fn arguments() -> impl Iterator<Item = &'static [u8]> {
    // SAFETY: the kernel laid the arguments out as strings, and they stay as long as the process.
    process::arguments().iter().map(|argument| unsafe { CStr::from_ptr(*argument) }.to_bytes())
}

fn sizes() -> Sizes {
    let mut sizes = Sizes::default();
    arguments().for_each(|argument| sizes.add(&[argument]));
    sizes
}

/// Read command-line argument data.
pub fn args_get(guest: Guest, argv: GuestPtr, argv_buf: GuestPtr) -> Result<()> {
    let mut writer = Writer::new(guest, &sizes(), argv, argv_buf)?;
    arguments().try_for_each(|argument| writer.add(&[argument]))
}

/// Return command-line argument data sizes.
pub fn args_sizes_get(guest: Guest, argc: GuestPtr, argv_buf_size: GuestPtr) -> Result<()> {
    sizes().write(guest, argc, argv_buf_size)
}
