//! Figures out of the results: ratios of programs, and what sums them up.

use timing::statistics::{Ratio, geometric_mean, median};

use super::results::{Input, Measure, Outcome, Program, Results};

/// What can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Metric {
    /// Run time, or start-up of programs that do nothing else.
    Time,
    /// Peak memory of a run.
    Memory,
    /// Size of what is run.
    Size,
    /// Size of its machine code.
    Code,
    /// Time to compile on one thread.
    CompileOneThread,
    /// Time to compile on all threads.
    Compile,
    /// Peak memory of that.
    CompileMemory,
}

impl Metric {
    /// What a contender took, run by run.
    pub fn values(self, program: &Program, outcome: &Outcome) -> Vec<f64> {
        // Who has no choice of threads was measured once.
        let compile = || outcome.compile.as_ref().or(outcome.compile_one_thread.as_ref());
        let one = |value: Option<u64>| value.map(|value| value as f64).into_iter().collect();
        match self {
            Metric::Time => program.times(outcome).to_vec(),
            Metric::Memory => one(outcome.memory),
            Metric::Size => one(outcome.size),
            Metric::Code => one(outcome.code_size),
            Metric::CompileOneThread => outcome.compile_one_thread.iter().flat_map(|it| it.wall.clone()).collect(),
            Metric::Compile => compile().iter().flat_map(|it| it.wall.clone()).collect(),
            Metric::CompileMemory => one(compile().map(|it| it.memory)),
        }
    }

    /// The median of what a contender took, if it took part.
    pub fn median(self, program: &Program, contender: &str) -> Option<f64> {
        let values = self.values(program, program.valid(contender)?);
        (!values.is_empty()).then(|| median(&values))
    }

    /// One contender compared with another, where both took part.
    pub fn ratio(self, program: &Program, ours: &str, theirs: &str) -> Option<Ratio> {
        let ours = self.values(program, program.valid(ours)?);
        let theirs = self.values(program, program.valid(theirs)?);
        let is_there = !ours.is_empty() && !theirs.is_empty() && median(&theirs) > 0.0 && median(&ours) > 0.0;
        is_there.then(|| Ratio::of(&ours, &theirs))
    }
}

/// A ratio that stands for several programs.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Geometric mean, or ratio of the totals.
    pub value: f64,
    /// Programs it was computed from.
    pub count: usize,
}

/// The geometric mean over the programs in which both took part.
pub fn mean<'a>(
    programs: impl IntoIterator<Item = &'a Program>,
    metric: Metric,
    ours: &str,
    theirs: &str,
) -> Option<Summary> {
    let ratios = programs.into_iter().filter_map(|program| metric.ratio(program, ours, theirs));
    let ratios: Vec<f64> = ratios.map(|ratio| ratio.value).collect();
    (!ratios.is_empty()).then(|| Summary { value: geometric_mean(&ratios), count: ratios.len() })
}

/// The ratio of the sums over the programs in which both took part: large ones count for more.
pub fn total<'a>(
    programs: impl IntoIterator<Item = &'a Program>,
    metric: Metric,
    ours: &str,
    theirs: &str,
) -> Option<Summary> {
    let ratios = programs.into_iter().filter_map(|program| metric.ratio(program, ours, theirs));
    let medians: Vec<(f64, f64)> = ratios.map(|ratio| ratio.medians).collect();
    let (ours, theirs) = medians.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    (!medians.is_empty()).then(|| Summary { value: ours / theirs, count: medians.len() })
}

impl Results {
    /// Whoever took part in some program, wasm2exe first.
    pub fn present(&self) -> Vec<&str> {
        let took_part = |name: &str| {
            self.programs.iter().flat_map(|program| &program.results).any(|outcome| outcome.contender == name)
        };
        let names = self.contenders.iter().map(|contender| contender.name.as_str());
        names.filter(|name| took_part(name)).collect()
    }

    /// Programs that run for some time.
    pub fn running(&self) -> impl Iterator<Item = &Program> + Clone {
        self.programs.iter().filter(|program| program.measure != Measure::StartUp)
    }

    /// Programs that just start and end.
    pub fn starting(&self) -> impl Iterator<Item = &Program> + Clone {
        self.programs.iter().filter(|program| program.measure == Measure::StartUp)
    }
}

/// Whether a program's module was built in this way, where there was a choice.
pub fn is_input(input: Input) -> impl Fn(&&Program) -> bool {
    move |program| program.input == Some(input)
}

/// A ratio for people: small ones with two digits that count.
pub fn ratio(value: f64) -> String {
    match value {
        _ if value < 0.000_95 => format!("{value:.5}"),
        _ if value < 0.009_5 => format!("{value:.4}"),
        _ if value < 0.095 => format!("{value:.3}"),
        _ if value < 99.5 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

/// A time for people.
pub fn seconds(value: f64) -> String {
    match value {
        _ if value < 0.000_999_5 => format!("{:.0} \u{b5}s", value * 1e6),
        _ if value < 0.009_995 => format!("{:.2} ms", value * 1e3),
        _ if value < 0.099_95 => format!("{:.1} ms", value * 1e3),
        _ if value < 9.995 => format!("{value:.3} s"),
        _ => format!("{value:.1} s"),
    }
}

/// An amount of storage for people.
pub fn bytes(value: f64) -> String {
    match value / 1024.0 {
        kibibytes if kibibytes < 100.0 => format!("{kibibytes:.1} KiB"),
        kibibytes if kibibytes < 1024.0 => format!("{kibibytes:.0} KiB"),
        kibibytes => format!("{:.1} MiB", kibibytes / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_with_three_digits() {
        let ratios = [0.000_12, 0.001_2, 0.012, 0.12, 1.2, 1234.0].map(ratio);
        assert_eq!(ratios, ["0.00012", "0.0012", "0.012", "0.12", "1.20", "1234"]);
        let times = [0.000_42, 0.001_234, 0.0512, 0.5123, 51.23].map(seconds);
        assert_eq!(times, ["420 \u{b5}s", "1.23 ms", "51.2 ms", "0.512 s", "51.2 s"]);
        let sizes = [65536.0, 300.0 * 1024.0, 3.25 * 1048576.0].map(bytes);
        assert_eq!(sizes, ["64.0 KiB", "300 KiB", "3.2 MiB"]);
    }
}
