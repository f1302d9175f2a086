//! The results in tables, for the terminal and in Markdown.

use super::figures::{self, Metric, Summary, bytes, mean, seconds, total};
use super::results::{Failure, Input, Measure, Outcome, Processor, Program, Results};
use super::table::{Row, Table};
use timing::statistics::Ratio;

/// A program that runs for less is told to be too short, in seconds.
const SHORT: f64 = 0.3;

/// All tables, aligned.
pub fn text(results: &Results) -> String {
    let tables: Vec<String> = tables(results).iter().map(Table::text).collect();
    format!("{}\n{}\n{}", heading(results), tables.join("\n"), list("", &remarks(results)))
}

/// All tables in Markdown.
pub fn markdown(results: &Results) -> String {
    let tables: Vec<String> = tables(results).iter().map(Table::markdown).collect();
    // What is no markup must not become any.
    let heading = heading(results).replace('<', "&lt;");
    format!("{heading}\n{}\n{}", tables.join("\n"), list("- ", &remarks(results)).replace('<', "&lt;"))
}

/// Where it was measured, and with whom.
fn heading(results: &Results) -> String {
    let machine = &results.machine;
    let mut lines = vec![format!(
        "Measured on {}, {} threads, {}; medians of {} interleaved runs. {}",
        machine.processor,
        machine.threads,
        machine.system,
        results.runs,
        match results.target_cpu {
            Processor::Baseline => "All code is for the first processors of the architecture.",
            Processor::Native => "All code is for this machine's processor.",
        }
    )];
    lines.push(String::new());
    for contender in &results.contenders {
        let version = contender.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        lines.push(format!("- {}{version}: {}", contender.name, contender.how));
    }
    lines.join("\n") + "\n"
}

fn tables(results: &Results) -> Vec<Table> {
    let tables = [run_time(results), start_up(results), summary(results), details(results)];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// Everyone but wasm2exe, and wasm2exe.
fn sides(results: &Results) -> (&str, Vec<&str>) {
    let mut present = results.present().into_iter();
    (present.next().unwrap_or("wasm2exe"), present.collect())
}

fn words(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| cell.to_string()).collect()
}

/// A program a line, a geometric mean for each kind and for all.
fn run_time(results: &Results) -> Table {
    let (ours, others) = sides(results);
    let mut table = Table {
        title: "Run time".into(),
        note: format!(
            "The time of {ours}, and its ratio to that of each other contender: below 1, {ours} is faster. Processor time, \
             for threads wall time; \u{b1} is half the distance of the quartiles."
        ),
        header: [words(&["kind", "program", ours]), words(&others)].concat(),
        rows: Vec::new(),
        words: 2,
    };
    let running: Vec<&Program> = results.running().filter(|program| program.skipped.is_none()).collect();
    let mean_row = |title: &str, programs: &[&Program]| {
        let mean = |other: &&str| written(mean(programs.iter().copied(), Metric::Time, ours, other), programs.len());
        let cells = [words(&[title, "geometric mean", ""]), others.iter().map(mean).collect()].concat();
        Row { cells, is_summary: true }
    };
    for of_kind in running.chunk_by(|a, b| a.kind == b.kind) {
        table.rows.extend(of_kind.iter().map(|program| time_row(program, ours, &others)));
        if of_kind.len() > 1 {
            table.rows.push(mean_row(&of_kind[0].kind, of_kind));
        }
    }
    for (title, is_simd) in [("scalar", false), ("SIMD", true)] {
        let is_built = |program: &&Program| (program.input == Some(Input::Simd)) == is_simd;
        let built: Vec<&Program> = running.iter().copied().filter(is_built).collect();
        if built.len() > 1 && built.len() < running.len() {
            table.rows.push(mean_row(&format!("all, {title}"), &built));
        }
    }
    if running.len() > 1 && !others.is_empty() {
        table.rows.push(mean_row("all", &running));
    }
    table
}

/// A line of the tables of times.
fn time_row(program: &Program, ours: &str, others: &[&str]) -> Row {
    let time = match Metric::Time.median(program, ours) {
        Some(time) => seconds(time),
        None => without_figure(program, ours),
    };
    let ratio = |other: &&str| match Metric::Time.ratio(program, ours, other) {
        Some(ratio) => spread(&ratio),
        None => without_figure(program, other),
    };
    let cells = [words(&[&program.kind, &program.title(), &time]), others.iter().map(ratio).collect()].concat();
    Row { cells, is_summary: false }
}

/// A ratio with how far the single rounds scatter.
fn spread(ratio: &Ratio) -> String {
    let (low, high) = ratio.quartiles;
    format!("{} \u{b1}{:.2}", figures::ratio(ratio.value), (high - low) / 2.0)
}

/// What stands in place of a figure.
fn without_figure(program: &Program, contender: &str) -> String {
    let outcome = program.results.iter().find(|outcome| outcome.contender == contender);
    match outcome.and_then(|outcome| outcome.failure.as_ref()) {
        Some(Failure::Failed(_)) => "failed",
        Some(Failure::Wrong(_)) => "WRONG",
        None => "",
    }
    .to_string()
}

/// A figure that sums up, with the number of programs when some are missing.
fn written(summary: Option<Summary>, programs: usize) -> String {
    match summary {
        None => String::new(),
        Some(summary) if summary.count == programs => figures::ratio(summary.value),
        Some(summary) => format!("{} (of {})", figures::ratio(summary.value), summary.count),
    }
}

/// Programs that just start and end.
fn start_up(results: &Results) -> Table {
    let (ours, others) = sides(results);
    Table {
        title: "Start-up".into(),
        note: format!(
            "Wall time of whole runs of {ours}, and its ratio to that of each other contender. Native programs are linked statically."
        ),
        header: [words(&["kind", "program", ours]), words(&others)].concat(),
        rows: results
            .starting()
            .filter(|program| program.skipped.is_none())
            .map(|program| time_row(program, ours, &others))
            .collect(),
        words: 2,
    }
}

/// Everything that is measured, a line each.
fn summary(results: &Results) -> Table {
    let (ours, others) = sides(results);
    let all = || results.programs.iter();
    let lines: [(&str, Metric, bool); 8] = [
        ("run time", Metric::Time, false),
        ("start-up", Metric::Time, false),
        ("compile time, one thread", Metric::CompileOneThread, false),
        ("compile time, all threads", Metric::Compile, false),
        ("peak memory to compile", Metric::CompileMemory, false),
        ("size of the executables", Metric::Size, true),
        ("machine code in them", Metric::Code, true),
        ("peak memory to run", Metric::Memory, false),
    ];
    let row = |(title, metric, is_total): (&str, Metric, bool)| {
        let programs: Vec<&Program> = match title {
            "run time" => results.running().collect(),
            "start-up" => results.starting().collect(),
            _ => all().collect(),
        };
        let summarise = |other: &&str| {
            let programs = programs.iter().copied();
            if is_total { total(programs, metric, ours, other) } else { mean(programs, metric, ours, other) }
        };
        let cell = |other: &&str| summarise(other).map(|summary| figures::ratio(summary.value));
        let cells: Vec<String> = others.iter().map(|other| cell(other).unwrap_or_default()).collect();
        (cells.iter().any(|cell| !cell.is_empty()))
            .then(|| Row { cells: [words(&[title]), cells].concat(), is_summary: false })
    };
    Table {
        title: format!("{ours} against the others"),
        note: "Ratios, below 1 where it takes less: of sizes those of all programs together, else geometric means. Native sizes are \
               of static builds with -O2, with their C library, as those of wasm2exe are."
            .into(),
        header: [words(&["figure"]), words(&others)].concat(),
        rows: lines.into_iter().filter_map(row).collect(),
        words: 1,
    }
}

/// What wasm2exe takes for each program.
fn details(results: &Results) -> Table {
    let (ours, _) = sides(results);
    type Column = (&'static str, Metric, fn(f64) -> String);
    let columns: [Column; 6] = [
        ("compile, 1 thread", Metric::CompileOneThread, seconds),
        ("all threads", Metric::Compile, seconds),
        ("memory", Metric::CompileMemory, bytes),
        ("executable", Metric::Size, bytes),
        ("code", Metric::Code, bytes),
        ("memory to run", Metric::Memory, bytes),
    ];
    let row = |program: &Program| {
        let cell = |(_, metric, write): &Column| metric.median(program, ours).map_or(String::new(), write);
        let cells =
            [words(&[&program.title()]), vec![bytes(program.module_size as f64)], columns.iter().map(cell).collect()];
        Row { cells: cells.concat(), is_summary: false }
    };
    Table {
        title: format!("What {ours} takes for each program"),
        note: "Wall time and peak memory to compile the module, sizes, and peak memory of a run.".into(),
        header: [words(&["program", "module"]), columns.iter().map(|(name, ..)| name.to_string()).collect()].concat(),
        rows: results.programs.iter().filter(|program| program.valid(ours).is_some()).map(row).collect(),
        words: 1,
    }
}

/// What went wrong, and what to know about the figures.
fn remarks(results: &Results) -> Vec<String> {
    let mut remarks = Vec::new();
    for program in &results.programs {
        let title = program.title();
        remarks.extend(program.skipped.iter().map(|reason| format!("{title}: skipped: {reason}")));
        for Outcome { contender, failure, .. } in &program.results {
            match failure {
                Some(Failure::Failed(reason)) => remarks.push(format!("{title}: {contender} failed: {reason}")),
                Some(Failure::Wrong(reason)) => remarks.push(format!("{title}: {contender} is WRONG: {reason}")),
                None => {}
            }
        }
        let times = program.results.iter().filter_map(|outcome| Metric::Time.median(program, &outcome.contender));
        let shortest = times.fold(f64::INFINITY, f64::min);
        if program.measure != Measure::StartUp && shortest < SHORT {
            remarks
                .push(format!("{title}: some runs take just {}; more work in it would tell more", seconds(shortest)));
        }
    }
    remarks
}

fn list(bullet: &str, lines: &[String]) -> String {
    lines.iter().map(|line| format!("{bullet}{line}\n")).collect()
}
