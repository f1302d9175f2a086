//! Prints figures, each beside its goal.

/// Counts what is printed and what misses its goal.
#[derive(Default)]
pub struct Report {
    figures: usize,
    missed: Vec<String>,
}

/// How a figure is written.
#[derive(Clone, Copy)]
pub enum Unit {
    /// A ratio.
    Times,
    /// An amount of memory or of storage.
    Bytes,
}

impl Report {
    /// Begins a group of figures.
    pub fn section(&self, title: &str) {
        println!("\n{title}");
    }

    /// Prints a figure, which reaches its goal when it is not larger; `detail` says what it was computed from.
    pub fn figure(&mut self, name: &str, value: f64, unit: Unit, goal: Option<f64>, detail: &str) {
        self.figures += 1;
        let judged = match goal {
            None => String::new(),
            Some(goal) if value <= goal => format!("goal {:>8}  met   ", unit.text(goal)),
            Some(goal) => {
                self.missed.push(name.to_string());
                format!("goal {:>8}  MISSED", unit.text(goal))
            }
        };
        println!("  {name:44} {:>9}  {judged:23}  {detail}", unit.text(value));
    }

    /// Prints what missed its goal.
    pub fn finish(&self) {
        println!("\n{} figures, {} miss their goals", self.figures, self.missed.len());
        for name in &self.missed {
            println!("  {name}");
        }
    }
}

impl Unit {
    /// The number with its unit.
    pub fn text(self, value: f64) -> String {
        match self {
            Unit::Times => format!("{value:.2}x"),
            Unit::Bytes if value < 1e6 => format!("{:.1} KiB", value / 1024.0),
            Unit::Bytes => format!("{:.1} MiB", value / 1048576.0),
        }
    }
}
