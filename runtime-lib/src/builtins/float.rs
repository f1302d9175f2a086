//! Roundings and fused multiply-add, for processors without the instructions.

macro_rules! roundings {
    ($($name:ident: $float:ty = $function:path;)*) => {
        $(
            /// See [`abi::symbols::builtin`].
            #[unsafe(no_mangle)]
            pub extern "C" fn $name(value: $float) -> $float {
                // The sum is a quiet NaN, which WebAssembly asks for even where the operand is a signalling one.
                if value.is_nan() { value + value } else { $function(value) }
            }
        )*
    };
}

roundings! {
    w2e_ceil_f32: f32 = libm::ceilf;
    w2e_ceil_f64: f64 = libm::ceil;
    w2e_floor_f32: f32 = libm::floorf;
    w2e_floor_f64: f64 = libm::floor;
    w2e_trunc_f32: f32 = libm::truncf;
    w2e_trunc_f64: f64 = libm::trunc;
    w2e_nearest_f32: f32 = libm::roundevenf;
    w2e_nearest_f64: f64 = libm::roundeven;
}

/// [`abi::symbols::builtin::FMA_F32`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_fma_f32(a: f32, b: f32, c: f32) -> f32 {
    libm::fmaf(a, b, c)
}

/// [`abi::symbols::builtin::FMA_F64`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_fma_f64(a: f64, b: f64, c: f64) -> f64 {
    libm::fma(a, b, c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundings_agree_with_std() {
        let two_to_52 = (1u64 << 52) as f64;
        let values = [
            0.0,
            0.25,
            0.5,
            0.75,
            1.0,
            1.5,
            2.5,
            3.5,
            1e-310,
            4_503_599_627_370_495.5,
            2_251_799_813_685_246.5,
            8_388_607.5,
            4_194_303.75,
            two_to_52,
            1e300,
            f64::INFINITY,
        ];
        for value in values.into_iter().flat_map(|value| [value, -value]) {
            let check = |actual: f64, expected: f64| assert_eq!(actual.to_bits(), expected.to_bits(), "{value}");
            check(w2e_ceil_f64(value), value.ceil());
            check(w2e_floor_f64(value), value.floor());
            check(w2e_trunc_f64(value), value.trunc());
            check(w2e_nearest_f64(value), value.round_ties_even());
            let value = value as f32;
            let check = |actual: f32, expected: f32| assert_eq!(actual.to_bits(), expected.to_bits(), "{value}");
            check(w2e_ceil_f32(value), value.ceil());
            check(w2e_floor_f32(value), value.floor());
            check(w2e_trunc_f32(value), value.trunc());
            check(w2e_nearest_f32(value), value.round_ties_even());
        }
    }

    #[test]
    fn nans_become_quiet() {
        let signalling = [0x7f80_0001u32, 0xffbf_ffff];
        for bits in signalling {
            for function in [w2e_ceil_f32, w2e_floor_f32, w2e_trunc_f32, w2e_nearest_f32] {
                assert_eq!(function(f32::from_bits(bits)).to_bits(), bits | 0x0040_0000);
            }
        }
        let signalling = [0x7ff0_0000_0000_0001u64, 0xfff7_ffff_ffff_ffff];
        for bits in signalling {
            for function in [w2e_ceil_f64, w2e_floor_f64, w2e_trunc_f64, w2e_nearest_f64] {
                assert_eq!(function(f64::from_bits(bits)).to_bits(), bits | 0x0008_0000_0000_0000);
            }
        }
    }

    #[test]
    fn multiply_add_rounds_once() {
        let a = 1.0 + f64::EPSILON;
        assert_eq!(w2e_fma_f64(a, a, -(1.0 + 2.0 * f64::EPSILON)), f64::EPSILON * f64::EPSILON);
        let a = 1.0 + f32::EPSILON;
        assert_eq!(w2e_fma_f32(a, a, -(1.0 + 2.0 * f32::EPSILON)), f32::EPSILON * f32::EPSILON);
        assert_eq!(w2e_fma_f64(f64::MAX, 2.0, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(w2e_fma_f64(0.0, -1.0, -0.0).to_bits(), (-0.0f64).to_bits());
        assert!(w2e_fma_f32(0.0, f32::INFINITY, 1.0).is_nan());
        let signalling = f32::from_bits(0x7f80_0001);
        assert_eq!(w2e_fma_f32(signalling, 1.0, 1.0).to_bits(), 0x7fc0_0001);
        assert_eq!(w2e_fma_f32(1.0, 1.0, signalling).to_bits(), 0x7fc0_0001);
    }
}
