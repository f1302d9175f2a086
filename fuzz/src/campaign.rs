//! Many cases: seeds are shared out among workers, what comes of them is counted.

use crate::archive;
use crate::case::Case;
use crate::engines;
use crate::engines::native::Variant;
use crate::finding::{self, Bench, Verdict};
use crate::source::Source;
use crate::trace::Permitted;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After this many findings something is so wrong that more say nothing.
const MOST_FINDINGS: u64 = 10;

/// What to do.
pub struct Campaign {
    /// Determines all cases.
    pub seed: u64,
    /// Their number.
    pub cases: u64,
    /// They take turns.
    pub sources: Vec<Source>,
    /// Workers.
    pub jobs: u64,
}

/// What came of it.
#[derive(Default)]
struct Totals {
    cases: u64,
    findings: u64,
    /// Modules that use what the compiler does not accept.
    beyond: u64,
    /// Modules that no engine takes.
    unknown: u64,
    engines: [u64; 2],
    calls: BTreeMap<&'static str, u64>,
    permitted: BTreeMap<Permitted, u64>,
    uncallable: usize,
}

impl Campaign {
    /// Runs all cases; whether there is no finding.
    ///
    /// # Errors
    /// When it cannot begin, or a generator fails.
    pub fn run(&self) -> Result<bool, String> {
        let archive = archive::build()?;
        let (next, totals, start) = (AtomicU64::new(0), Mutex::new(Totals::default()), Instant::now());
        let worker = || self.work(&Bench::new(&archive)?, &next, &totals, start);
        let done: Result<Vec<()>, String> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs).map(|_| worker_thread(scope, &worker)).collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".into())))
                .collect()
        });
        let totals = totals.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        totals.print(start.elapsed());
        done.map(|_| totals.findings == 0)
    }

    fn work(&self, bench: &Bench, next: &AtomicU64, totals: &Mutex<Totals>, start: Instant) -> Result<(), String> {
        let others: Vec<Variant> = Variant::others().collect();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.cases {
                return Ok(());
            }
            let source = self.sources[(number % self.sources.len() as u64) as usize];
            let seed = (self.seed << 32) + number;
            let turn = number / self.sources.len() as u64;
            let variant = others[(turn % others.len() as u64) as usize];
            let case = source.case(seed)?.for_variant(variant);
            let checked = check(bench, source, &case, variant);
            let mut totals = totals.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            totals.add(&case, checked);
            if totals.findings >= MOST_FINDINGS {
                next.store(self.cases, Ordering::Relaxed);
            }
            if totals.cases.is_multiple_of(1000) {
                totals.print(start.elapsed());
            }
        }
    }
}

/// Checks a case that the compiler accepts, and saves and prints the first finding.
fn check(bench: &Bench, source: Source, case: &Case, variant: Variant) -> Option<Verdict> {
    let accepted = compiler::accepted_features();
    wasmparser::Validator::new_with_features(accepted).validate_all(&case.wasm).ok()?;
    let verdict = bench.check(case, &case.wasm, &[Variant::Default, variant]);
    if let Some(finding) = verdict.findings.first() {
        let (name, seed) = (source.name(), case.seed);
        let how = finding.variant.map_or_else(|| "the engines contradict each other".to_string(), Variant::name);
        println!("{name}:{seed}: {how}: {}", finding.message);
        match finding::save(bench, &format!("{name}-{seed}"), case, finding) {
            Ok(command) => println!("    {command}"),
            Err(error) => println!("    it cannot be saved: {error}"),
        }
    }
    Some(verdict)
}

/// A thread with a stack that the engines' recursion fits on.
fn worker_thread<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    work: &'scope (impl Fn() -> Result<(), String> + Sync),
) -> std::thread::ScopedJoinHandle<'scope, Result<(), String>> {
    std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).expect("a thread starts")
}

impl Totals {
    fn add(&mut self, case: &Case, verdict: Option<Verdict>) {
        self.cases += 1;
        let Some(verdict) = verdict else {
            self.beyond += 1;
            return;
        };
        self.uncallable += case.interface.uncallable;
        self.unknown += u64::from(verdict.engines == 0);
        for (at, count) in self.engines.iter_mut().enumerate() {
            *count += u64::from(verdict.engines >> at & 1);
        }
        for (kind, count) in verdict.calls {
            *self.calls.entry(kind).or_default() += count;
        }
        self.findings += u64::from(!verdict.findings.is_empty());
        for permitted in verdict.permitted {
            *self.permitted.entry(permitted).or_default() += 1;
        }
    }

    fn print(&self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        println!(
            "{} cases, {} with findings; {:.0} s, {:.1} cases/s; calls {:?}",
            self.cases,
            self.findings,
            seconds,
            self.cases as f64 / seconds,
            self.calls,
        );
        let ran: Vec<String> = engines::all()
            .iter()
            .zip(self.engines)
            .map(|(engine, count)| format!("{} ran {count}", engine.name()))
            .collect();
        println!(
            "    {}; no engine {}; beyond the accepted features {}; exports that cannot be called {}; permitted {:?}",
            ran.join(", "),
            self.unknown,
            self.beyond,
            self.uncallable,
            self.permitted
        );
    }
}
