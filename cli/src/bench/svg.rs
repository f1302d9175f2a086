//! The run times as a chart: bars for the geometric means, and below them a row of points for each program.

use std::fmt::Write;

use super::figures::{Metric, is_input, mean};
use super::peers::NATIVE;
use super::results::{Input, Program, Results};

/// Colours of the contenders, in their order; those of the dark page are lighter.
const COLOURS: [(&str, &str); 8] = [
    ("#0b62d6", "#5aa2ff"),
    ("#c2410c", "#fb923c"),
    ("#15803d", "#4ade80"),
    ("#7e22ce", "#c084fc"),
    ("#a16207", "#facc15"),
    ("#0e7490", "#22d3ee"),
    ("#be185d", "#f472b6"),
    ("#475569", "#94a3b8"),
];

/// Where things are, in units of the drawing.
const WIDTH: f64 = 880.0;
const LEFT: f64 = 190.0;
const RIGHT: f64 = WIDTH - 70.0;
const BAR: f64 = 20.0;
const ROW: f64 = 17.0;

/// Marks of the axis that may be shown.
const TICKS: [f64; 13] = [0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0];

/// What is drawn.
struct Chart<'a> {
    /// Whom all are compared with.
    reference: &'a str,
    /// The others, wasm2exe first, with the index of their colour.
    contenders: Vec<(usize, &'a str)>,
    /// A row each: the builds of one program.
    rows: Vec<Vec<&'a Program>>,
    /// The least and the largest ratio that the axis shows.
    range: (f64, f64),
    /// Lines behind everything else.
    grid: String,
    drawing: String,
    /// Where the next thing is drawn.
    y: f64,
}

/// Draws the chart; it depends on nothing but the results.
pub fn svg(results: &Results) -> String {
    let present = results.present();
    let reference = present.iter().copied().find(|name| *name == NATIVE).or(present.get(1).copied());
    let reference = reference.unwrap_or(present.first().copied().unwrap_or(NATIVE));
    let others = present.iter().copied().filter(|name| *name != reference || present.len() == 1);
    let contenders: Vec<(usize, &str)> = others.enumerate().collect();
    let is_shown = |program: &&Program| contenders.iter().any(|(_, name)| ratio(program, name, reference).is_some());
    let shown: Vec<&Program> = results.running().filter(is_shown).collect();
    let rows: Vec<Vec<&Program>> = shown.chunk_by(|a, b| a.name == b.name).map(<[&Program]>::to_vec).collect();
    let range = range(&shown, &contenders, reference);
    let mut chart = Chart { reference, contenders, rows, range, grid: String::new(), drawing: String::new(), y: 70.0 };
    chart.means(&shown);
    chart.programs();
    chart.document()
}

fn ratio(program: &Program, name: &str, reference: &str) -> Option<f64> {
    Metric::Time.ratio(program, name, reference).map(|ratio| ratio.value)
}

/// The marks of the axis between which everything lies, 1 among them.
fn range(shown: &[&Program], contenders: &[(usize, &str)], reference: &str) -> (f64, f64) {
    let ratios =
        || shown.iter().flat_map(|program| contenders.iter().filter_map(|(_, name)| ratio(program, name, reference)));
    let (least, largest) = (ratios().fold(0.95, f64::min), ratios().fold(1.05, f64::max));
    let low = TICKS.iter().rev().find(|tick| **tick <= least).unwrap_or(&TICKS[0]);
    let high = TICKS.iter().find(|tick| **tick >= largest).unwrap_or(&TICKS[TICKS.len() - 1]);
    (*low, *high)
}

impl Chart<'_> {
    /// Where a ratio is on the axis, which is logarithmic.
    fn x(&self, ratio: f64) -> f64 {
        let (low, high) = self.range;
        let part = (ratio.clamp(low, high) / low).ln() / (high / low).ln();
        LEFT + part * (RIGHT - LEFT)
    }

    /// A bar for each contender and build of the modules.
    fn means(&mut self, shown: &[&Program]) {
        let top = self.y;
        let one = self.x(1.0);
        for (colour, name) in self.contenders.clone() {
            let builds: [(&str, Vec<&Program>); 2] = [
                ("", shown.iter().copied().filter(|program| program.input != Some(Input::Simd)).collect()),
                (", SIMD", shown.iter().copied().filter(is_input(Input::Simd)).collect()),
            ];
            for (suffix, programs) in builds {
                let Some(mean) = mean(programs.iter().copied(), Metric::Time, name, self.reference) else { continue };
                let x = self.x(mean.value);
                let count = if mean.count < programs.len() { format!(" (of {})", mean.count) } else { String::new() };
                let middle = self.y + BAR * 0.62;
                let label = escape(&format!("{name}{suffix}"));
                let faint = if suffix.is_empty() { "" } else { " faint" };
                let (from, width) = (x.min(one), (x - one).abs().max(1.0));
                let _ = writeln!(
                    self.drawing,
                    r#"<text class="name" x="{:.1}" y="{middle:.1}">{label}</text>"#,
                    LEFT - 10.0
                );
                let _ = writeln!(
                    self.drawing,
                    r#"<rect class="c{colour}{faint}" x="{from:.1}" y="{:.1}" width="{width:.1}" height="{:.1}" rx="2"/>"#,
                    self.y,
                    BAR - 6.0
                );
                let _ = writeln!(
                    self.drawing,
                    r#"<text class="value" x="{:.1}" y="{middle:.1}">{:.2}{count}</text>"#,
                    x.max(one) + 6.0,
                    mean.value
                );
                self.y += BAR;
            }
        }
        self.axis(top);
        self.y += 42.0;
    }

    /// A row of points for each program: full ones for modules without vector instructions, rings for those with them.
    fn programs(&mut self) {
        let top = self.y;
        let mut kind = "";
        for row in self.rows.clone() {
            if row[0].kind != kind {
                kind = &row[0].kind;
                self.y += if self.y > top { 8.0 } else { 0.0 };
                let _ = writeln!(
                    self.drawing,
                    r#"<text class="kind" x="8" y="{:.1}">{}</text>"#,
                    self.y + 4.0,
                    escape(kind)
                );
            }
            let y = self.y;
            let _ = writeln!(
                self.drawing,
                r#"<text class="name" x="{:.1}" y="{:.1}">{}</text><line class="row" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1}" y2="{y:.1}"/>"#,
                LEFT - 10.0,
                y + 4.0,
                escape(&row[0].name)
            );
            // wasm2exe comes last, on top of the others.
            for (colour, name) in self.contenders.clone().into_iter().rev() {
                for program in &row {
                    let Some(ratio) = ratio(program, name, self.reference) else { continue };
                    let ring = if program.input == Some(Input::Simd) { " ring" } else { "" };
                    let title = escape(&format!("{}: {name} {ratio:.2}", program.title()));
                    let _ = writeln!(
                        self.drawing,
                        r#"<circle class="c{colour}{ring}" cx="{:.1}" cy="{y:.1}" r="{}"><title>{title}</title></circle>"#,
                        self.x(ratio),
                        if colour == 0 { "5" } else { "3.5" }
                    );
                }
            }
            self.y += ROW;
        }
        self.axis(top - 8.0);
        self.y += 34.0;
    }

    /// Marks and lines of the axis, from `top` to here.
    fn axis(&mut self, top: f64) {
        let bottom = self.y;
        let (low, high) = self.range;
        for tick in TICKS.iter().filter(|tick| (low..=high).contains(*tick)) {
            let x = self.x(*tick);
            let class = if *tick == 1.0 { "one" } else { "grid" };
            let _ = writeln!(
                self.grid,
                r#"<line class="{class}" x1="{x:.1}" x2="{x:.1}" y1="{top:.1}" y2="{bottom:.1}"/>"#
            );
            let _ = writeln!(self.grid, r#"<text class="tick" x="{x:.1}" y="{:.1}">{tick}</text>"#, bottom + 14.0);
        }
    }

    /// The whole file.
    fn document(&self) -> String {
        let height = self.y;
        let programs = self.rows.len();
        let with_simd = self.rows.iter().flatten().filter(|program| program.input == Some(Input::Simd)).count();
        let mut style = STYLE.to_string();
        let mut dark = DARK.to_string();
        for (at, (light, on_dark)) in COLOURS.iter().enumerate() {
            let _ = write!(style, ".c{at}{{fill:{light};stroke:{light}}}");
            let _ = write!(dark, ".c{at}{{fill:{on_dark};stroke:{on_dark}}}");
        }
        let reference = escape(self.reference);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-label="Run time relative to {reference}">
<style>{style}{RING}@media (prefers-color-scheme:dark){{{dark}{RING_DARK}}}</style>
<rect class="page" width="{WIDTH}" height="{height:.0}" rx="8"/>
<text class="title" x="8" y="26">Run time relative to {reference}: left of 1 is faster</text>
<text class="note" x="8" y="46">Geometric means of {programs} programs, {with_simd} of them also built with SIMD; then each one: &#9679; scalar, &#9675; SIMD</text>
{}{}</svg>
"#,
            self.grid, self.drawing
        )
    }
}

const STYLE: &str = "text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}\
.title{font-size:16px;font-weight:600}.note,.tick{fill:#59636e}.tick{text-anchor:middle;font-size:11px}\
.name{text-anchor:end}.value{font-weight:600}.kind{font-weight:600;font-size:11px;fill:#59636e}\
.page{fill:#fff}.grid{stroke:#d1d9e0}.row{stroke:#eff2f5}.one{stroke:#1f2328;stroke-width:1.5}.faint{fill-opacity:.45}";

const DARK: &str = "text{fill:#e6edf3}.note,.tick,.kind{fill:#9198a1}.page{fill:#0d1117}.grid{stroke:#2f3742}\
.row{stroke:#1c222b}.one{stroke:#e6edf3}";

/// After the colours, which they take back.
const RING: &str = ".ring{fill:#fff;stroke-width:1.8}";
const RING_DARK: &str = ".ring{fill:#0d1117}";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
