//! Measures one program: everyone builds and runs it once, answers are compared, and then all run in turn.

use std::fs;
use std::path::Path;
use std::time::Duration;

use object::{Object, ObjectSection, SectionKind};
use timing::process::{Finished, Usage};
use timing::race;

use super::invocation::{Invocation, complaint};
use super::peers::Plan;
use super::progress::Progress;
use super::results::{Compile, Failure, Measure, Outcome};

/// Somebody who may run the program.
pub struct Entrant {
    /// Name in the tables.
    pub name: String,
    /// Ways to do it, to be tried in turn; or why there are none.
    pub plans: Result<Vec<Plan>, String>,
}

/// What is measured, and how often.
pub struct Rules {
    /// What counts; a program that turns out to end at once is measured as one of start-up.
    pub measure: Measure,
    /// Interleaved runs.
    pub runs: usize,
    /// Seconds after which what somebody builds or runs is ended.
    pub time_limit: u32,
}

/// Runs of a program that just starts and ends, for each one that was asked for.
const START_UP_RUNS: usize = 40;

/// A program that takes less processor time than this just starts and ends.
const START_UP: Duration = Duration::from_millis(20);

/// Interleaved compilations, and how long one may take for there to be more than one.
const COMPILE_RUNS: usize = 3;
const LONG_COMPILATION: Duration = Duration::from_secs(2);

/// Somebody whose program ran.
struct Runner {
    plan: Plan,
    /// The first run.
    first: Finished,
    /// The longest that building took.
    built_in: Duration,
}

/// Holds the contest. The first entrant that runs says what the right answer is.
pub fn hold(entrants: Vec<Entrant>, rules: &Rules, progress: &Progress) -> (Measure, Vec<Outcome>) {
    let mut runners = Vec::new();
    let mut outcomes = Vec::new();
    for entrant in entrants {
        progress.step(&format!("{}: first run", entrant.name));
        let mut outcome = Outcome { contender: entrant.name, ..Outcome::default() };
        let runner = entrant.plans.map(|plans| limited(plans, rules.time_limit)).and_then(try_in_turn);
        match runner {
            Ok(runner) => {
                outcome.memory = Some(runner.first.usage.peak_memory);
                outcome.size = runner.plan.artifact.as_deref().and_then(size);
                outcome.code_size = runner.plan.artifact.as_deref().and_then(code_size);
                runners.push(Some(runner));
            }
            Err(reason) => {
                outcome.failure = Some(Failure::Failed(reason));
                runners.push(None);
            }
        }
        outcomes.push(outcome);
    }
    judge(&runners, &mut outcomes);
    let is_short = runners.iter().flatten().next().is_some_and(|runner| runner.first.usage.cpu < START_UP);
    let measure = if is_short { Measure::StartUp } else { rules.measure };
    let runs = if measure == Measure::StartUp { rules.runs * START_UP_RUNS } else { rules.runs };
    if measure == Measure::StartUp {
        // What ends at once needs no limit, and setting it takes time.
        for runner in runners.iter_mut().flatten() {
            runner.plan.run = runner.plan.run.clone().limit(None);
        }
    }
    race_runs(&runners, &mut outcomes, runs, progress);
    race_compilers(&runners, &mut outcomes, rules.runs.min(COMPILE_RUNS), progress);
    (measure, outcomes)
}

/// Ways in which nothing takes longer than this many seconds.
fn limited(mut plans: Vec<Plan>, seconds: u32) -> Vec<Plan> {
    for plan in &mut plans {
        let one_thread = plan.build_on_one_thread.iter_mut().flatten();
        for invocation in plan.build.iter_mut().chain(one_thread).chain([&mut plan.run]) {
            *invocation = invocation.clone().limit(Some(seconds));
        }
    }
    plans
}

/// The first way that succeeds; or else the first one whose program runs, however it ends. The error is that of the way that
/// came farthest.
fn try_in_turn(plans: Vec<Plan>) -> Result<Runner, String> {
    let mut ended_badly = None;
    let mut farthest: Option<(usize, String)> = None;
    for plan in plans {
        let built = build(&plan.build);
        let built_in = match built {
            Ok(usage) => usage.wall,
            Err((step, reason)) => {
                if farthest.as_ref().is_none_or(|(other, _)| step > *other) {
                    farthest = Some((step, reason));
                }
                continue;
            }
        };
        match plan.run.observe() {
            Ok(first) if first.status.success() => return Ok(Runner { plan, first, built_in }),
            Ok(first) => ended_badly = ended_badly.or(Some(Runner { plan, first, built_in })),
            Err(reason) => farthest = Some((usize::MAX, reason)),
        }
    }
    ended_badly.ok_or_else(|| farthest.map_or_else(|| "there is no way to run it".into(), |(_, reason)| reason))
}

/// Runs the steps of building; an error tells which one failed, and what it said.
fn build(steps: &[Invocation]) -> Result<Usage, (usize, String)> {
    let mut total = Usage::default();
    for (at, step) in steps.iter().enumerate() {
        let usage = step.succeed().map_err(|reason| (at, reason))?.usage;
        total.wall += usage.wall;
        total.cpu += usage.cpu;
        total.peak_memory = total.peak_memory.max(usage.peak_memory);
    }
    Ok(total)
}

/// Compares everyone's answer with that of the first who has one.
fn judge(runners: &[Option<Runner>], outcomes: &mut [Outcome]) {
    let Some(at) = runners.iter().position(Option::is_some) else { return };
    let name = outcomes[at].contender.clone();
    let Some(right) = &runners[at].as_ref().map(|runner| &runner.first) else { return };
    if right.status.code().is_none() {
        outcomes[at].failure = Some(Failure::Failed(complaint(right)));
    }
    for (runner, outcome) in runners.iter().zip(outcomes.iter_mut()).skip(at + 1) {
        let Some(answer) = runner.as_ref().map(|runner| &runner.first) else { continue };
        outcome.failure = if answer.status != right.status {
            match answer.status.success() {
                true => Some(Failure::Wrong(format!("{}, but {} in {name}", answer.status, right.status))),
                false => Some(Failure::Failed(complaint(answer))),
            }
        } else if answer.stdout != right.stdout {
            Some(Failure::Wrong(format!("its output {}, of {name}", difference(&answer.stdout, &right.stdout))))
        } else {
            None
        };
    }
}

/// Where two outputs part, in words.
fn difference(found: &[u8], expected: &[u8]) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes)
            .split('\n')
            .map(|line| format!("{:.60}", line.escape_debug().to_string()))
            .collect()
    };
    let (found, expected) = (lines(found), lines(expected));
    let at = found.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(found.len().min(expected.len()));
    let line = |lines: &[String]| lines.get(at).map_or("nothing".to_string(), |line| format!("\"{line}\""));
    format!("has {} in line {}, not {}", line(&found), at + 1, line(&expected))
}

/// Runs everyone in turn.
fn race_runs(runners: &[Option<Runner>], outcomes: &mut [Outcome], rounds: usize, progress: &Progress) {
    for (count, at) in race::order(runners.len(), rounds).enumerate() {
        let (Some(runner), outcome) = (&runners[at], &mut outcomes[at]) else { continue };
        if outcome.failure.is_some() {
            continue;
        }
        progress.step(&format!("{}: run {} of {rounds}", outcome.contender, count / runners.len() + 1));
        match runner.plan.run.time() {
            Ok((status, usage)) if status == runner.first.status => {
                outcome.cpu.push(seconds(usage.cpu));
                outcome.wall.push(seconds(usage.wall));
            }
            Ok((status, _)) => outcome.failure = Some(Failure::Failed(format!("another run ended with {status}"))),
            Err(reason) => outcome.failure = Some(Failure::Failed(reason)),
        }
    }
}

/// Lets everyone compile in turn, on one thread and then on all.
fn race_compilers(runners: &[Option<Runner>], outcomes: &mut [Outcome], rounds: usize, progress: &Progress) {
    type Steps = fn(&Plan) -> &[Invocation];
    let on_one: Steps = |plan| plan.build_on_one_thread.as_ref().unwrap_or(&plan.build);
    let on_all: Steps = |plan| if plan.build_on_one_thread.is_some() { &plan.build } else { &[] };
    for (steps, threads) in [(on_one, "one thread"), (on_all, "all threads")] {
        let mut results: Vec<Vec<Usage>> = vec![Vec::new(); runners.len()];
        for (count, at) in race::order(runners.len(), rounds).enumerate() {
            let (Some(runner), outcome) = (&runners[at], &outcomes[at]) else { continue };
            let is_enough = count >= runners.len() && runner.built_in > LONG_COMPILATION;
            if outcome.failure.is_some() || !runner.plan.compiles || is_enough {
                continue;
            }
            progress.step(&format!("{}: compiling on {threads}", outcome.contender));
            let steps = steps(&runner.plan);
            // It was built before: when it cannot be again, its runs still count.
            results[at].extend(if steps.is_empty() { None } else { build(steps).ok() });
        }
        for (usages, outcome) in results.iter().zip(outcomes.iter_mut()).filter(|(usages, _)| !usages.is_empty()) {
            let compile = Compile {
                wall: usages.iter().map(|usage| seconds(usage.wall)).collect(),
                cpu: usages.iter().map(|usage| seconds(usage.cpu)).collect(),
                memory: usages.iter().map(|usage| usage.peak_memory).max().unwrap_or_default(),
            };
            let place = if threads == "one thread" { &mut outcome.compile_one_thread } else { &mut outcome.compile };
            *place = Some(compile);
        }
    }
}

/// To the microsecond, which is what the system tells.
fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}

fn size(file: &Path) -> Option<u64> {
    file.metadata().ok().map(|data| data.len())
}

/// Bytes of machine code in an ELF file.
fn code_size(file: &Path) -> Option<u64> {
    let bytes = fs::read(file).ok()?;
    let file = object::File::parse(&*bytes).ok()?;
    let is_code = |section: &object::Section<'_, '_>| section.kind() == SectionKind::Text;
    Some(file.sections().filter(is_code).map(|section| section.size()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(difference(b"1\n2\n", b"1\n3\n"), "has \"2\" in line 2, not \"3\"");
        assert_eq!(difference(b"1", b"1\n"), "has nothing in line 2, not \"\"");
        assert_eq!(difference(b"\xff\x07", b""), "has \"\u{fffd}\\u{7}\" in line 1, not \"\"");
    }
}
