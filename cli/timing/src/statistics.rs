//! What to make of figures that scatter.

/// The value below which a part of the values lies, from 0 (the least) to 1 (the largest); not a number when there are
/// no values.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}

/// The value in the middle.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Geometric mean; not a number when there are no values.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// A ratio of what two contenders took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ratio {
    /// Of the medians.
    pub value: f64,
    /// First and third quartile of the ratios of the single rounds.
    pub quartiles: (f64, f64),
    /// The two medians.
    pub medians: (f64, f64),
}

impl Ratio {
    /// Compares two contenders, round by round.
    pub fn of(ours: &[f64], theirs: &[f64]) -> Ratio {
        let singles: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
        let medians = (median(ours), median(theirs));
        let quartiles = (quantile(&singles, 0.25), quantile(&singles, 0.75));
        Ratio { value: medians.0 / medians.1, quartiles, medians }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_medians() {
        let ratio = Ratio::of(&[10.0, 900.0, 20.0, 30.0, 40.0], &[60.0, 60.0, 60.0, 1.0, 60.0]);
        assert!((ratio.value - 0.5).abs() < 1e-9);
        assert!((ratio.quartiles.0 - 1.0 / 3.0).abs() < 1e-9 && (ratio.quartiles.1 - 15.0).abs() < 1e-9);
        assert!((geometric_mean(&[0.5, 2.0, 8.0]) - 2.0).abs() < 1e-9);
        assert!(median(&[]).is_nan() && geometric_mean(&[]).is_nan());
    }
}
