//! Division by constants as compilers write it: a multiplication whose upper half is shifted. What is known of the quotient, of its product with
//! the divisor, and of the remainder.

use iced_x86::{Instruction, Mnemonic, Register};

use crate::machine::{Machine, operand_bits};
use crate::state::{Flags, Origin};
use crate::value::{Id, Value};

impl Machine<'_> {
    /// `mul`: the upper half of a product of two numbers without signs.
    pub fn multiply_wide(&mut self, instruction: &Instruction) {
        if operand_bits(instruction) != 64 {
            return self.other(instruction);
        }
        let (one, other) = (self.state.register(Register::RAX), self.operand(instruction, 0));
        self.state.flags = Flags::Unknown;
        let product = u128::from(most(&one)) * u128::from(most(&other));
        let bound = i64::try_from(product >> 64).unwrap_or(i64::MAX);
        let high = if product >> 64 <= i64::MAX as u128 { Value::between(0, bound) } else { Value::ANY };
        let high = self.named(high);
        self.state.set(Register::RDX, high);
        let low = i64::try_from(product).map_or(Value::ANY, |product| Value::between(0, product));
        let low = self.named(low);
        self.state.set(Register::RAX, low);
        for (number, factor) in [(&one, &other), (&other, &one)] {
            if let Some(factor) = factor.as_constant() {
                let origin = Origin::Quotient { of: number.id, factor: factor as u64, shift: 0 };
                self.state.set_origin(high.id, origin);
            }
        }
    }

    /// Notes what is known of a value that an instruction has made of another one and a constant.
    pub fn note_division(&mut self, mnemonic: Mnemonic, from: &Value, constant: i64, made: Id) {
        let origins: Vec<Origin> = self.state.origins(from.id).collect();
        for origin in origins {
            let Origin::Quotient { of, factor, shift } = origin else { continue };
            let follows = match (mnemonic, u8::try_from(constant)) {
                (Mnemonic::Shr, Ok(by)) if shift == 0 && by < 64 => Some(Origin::Quotient { of, factor, shift: by }),
                (Mnemonic::Imul, _) if divides(factor, shift, constant) => {
                    Some(Origin::Multiple { of, divisor: constant })
                }
                _ => None,
            };
            if let Some(origin) = follows {
                self.state.set_origin(made, origin);
            }
        }
    }

    /// What is left of a number when its quotient times the divisor is taken away: less than the divisor.
    pub fn remainder(&self, one: &Value, other: &Value) -> Option<Value> {
        let divisor = self.state.origins(other.id).find_map(|origin| match origin {
            Origin::Multiple { of, divisor } if of.is_some() && of == one.id => Some(divisor),
            _ => None,
        });
        divisor.map(|divisor| Value::between(0, divisor - 1))
    }
}

/// The most that a value is as a number without a sign.
fn most(value: &Value) -> u64 {
    match value.as_constant() {
        Some(constant) => constant as u64,
        None if value.is_positive() => value.hi as u64,
        None => u64::MAX,
    }
}

/// Whether `number * factor / 2^(64 + shift)`, rounded down, is `number / divisor`, rounded down, for every number of 64 bits. With
/// `factor * divisor = 2^(64 + shift) + excess` it is the quotient plus `(remainder + number * excess / 2^(64 + shift)) / divisor`,
/// and that stays below 1 if the second summand does, as the remainder is at most the divisor less 1: `excess <= 2^shift` suffices.
fn divides(factor: u64, shift: u8, divisor: i64) -> bool {
    let Ok(divisor) = u64::try_from(divisor) else { return false };
    if divisor == 0 || shift > 62 {
        return false;
    }
    let product = u128::from(factor) * u128::from(divisor);
    let excess = product.checked_sub(1 << (64 + u32::from(shift)));
    excess.is_some_and(|excess| excess <= 1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotient(number: u64, factor: u64, shift: u8) -> u64 {
        ((u128::from(number) * u128::from(factor)) >> (64 + shift)) as u64
    }

    #[test]
    fn factors_of_divisors() {
        let mut found = 0;
        for divisor in 2..3000u64 {
            for shift in 0..16 {
                let factor = (1u128 << (64 + u32::from(shift))).div_ceil(u128::from(divisor));
                let Ok(factor) = u64::try_from(factor) else { continue };
                let accepted = divides(factor, shift, divisor as i64);
                found += usize::from(accepted);
                for of in [divisor, divisor << 20, u64::MAX / divisor * divisor] {
                    for number in [of - 1, of, of.saturating_add(1), u64::MAX, 0] {
                        let right = quotient(number, factor, shift) == number / divisor;
                        assert!(right || !accepted, "{number} / {divisor}");
                    }
                }
            }
        }
        assert!(found > 2000, "{found}");
        // By 24, and by 2310 as is seen in code; not with a factor that is off by one, nor with another divisor.
        assert!(divides(0xaaaa_aaaa_aaaa_aaab, 4, 24));
        for factor in [0xaaaa_aaaa_aaaa_aaaa, 0xaaaa_aaaa_aaaa_aabd] {
            assert!(!divides(factor, 4, 24), "{factor:#x}");
        }
        assert!(!divides(0xaaaa_aaaa_aaaa_aaab, 4, 23) && !divides(0xaaaa_aaaa_aaaa_aaab, 4, 25));
        assert!(!divides(0xaaaa_aaaa_aaaa_aaab, 5, 24) && !divides(0xaaaa_aaaa_aaaa_aaab, 4, -24));
    }
}
