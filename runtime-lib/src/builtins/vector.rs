//! Vector operations, for processors without the instructions.

use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_storeu_si128};

/// [`abi::symbols::builtin::X86_PSHUFB`]: each byte of the result is the byte of `bytes` that the low four bits of the
/// selector's byte name, or 0 when its highest bit is set.
#[unsafe(no_mangle)]
#[expect(improper_ctypes_definitions, reason = "the type is passed in a register, as the psABI says of __m128i")]
pub extern "C" fn w2e_x86_pshufb(bytes: __m128i, selector: __m128i) -> __m128i {
    let (mut source, mut selection) = ([0u8; 16], [0u8; 16]);
    // SAFETY: the arrays have sixteen bytes.
    unsafe {
        _mm_storeu_si128(source.as_mut_ptr().cast(), bytes);
        _mm_storeu_si128(selection.as_mut_ptr().cast(), selector);
    }
    let result = selection.map(|index| if index & 0x80 != 0 { 0 } else { source[usize::from(index & 15)] });
    // SAFETY: as above.
    unsafe { _mm_loadu_si128(result.as_ptr().cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pshufb() {
        let source: [u8; 16] = core::array::from_fn(|index| 0x30 + index as u8);
        let selector = [0x80, 0, 15, 0x0f, 0x10, 0x7f, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 0x8f];
        let mut result = [0u8; 16];
        // SAFETY: all arrays have sixteen bytes.
        unsafe {
            let load = |bytes: &[u8; 16]| _mm_loadu_si128(bytes.as_ptr().cast());
            _mm_storeu_si128(result.as_mut_ptr().cast(), w2e_x86_pshufb(load(&source), load(&selector)));
        }
        let expected = [0, 0x30, 0x3f, 0x3f, 0x30, 0x3f, 0, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0];
        assert_eq!(result, expected);
    }
}
