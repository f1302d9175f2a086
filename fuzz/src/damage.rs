//! Damaged modules: what generators make, with bytes changed, removed, put in or taken from another module. The compiler must refuse
//! them or compile them, in time and without a panic; and what it compiles must stay in its sandbox.

use crate::campaign::Campaign;
use crate::panics;
use crate::random::Random;
use crate::source::Source;
use compiler::{Error, Input, MemoryStrategy, OptLevel, Options};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Copies of each module that are damaged.
const COPIES: u64 = 8;

/// One module takes no longer than this.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Bytes that mean something to the format: ends, sizes, types, opcodes.
const EDGES: [u8; 10] = [0x00, 0x01, 0x0b, 0x40, 0x5e, 0x60, 0x7f, 0x80, 0xfe, 0xff];

/// What came of it.
#[derive(Default)]
struct Totals {
    modules: u64,
    compiled: u64,
    instructions: u64,
    unproved: u64,
    findings: u64,
}

/// Damages and compiles as many modules as the campaign has cases; whether there is no finding.
///
/// # Errors
/// When a generator fails, or a worker panics.
pub fn run(campaign: &Campaign) -> Result<bool, String> {
    let (next, totals) = (AtomicU64::new(0), Mutex::new(Totals::default()));
    let work = || -> Result<(), String> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= campaign.cases {
                return Ok(());
            }
            let source = campaign.sources[(number % campaign.sources.len() as u64) as usize];
            let seed = (campaign.seed << 32) + number;
            let counted = check_all(source, seed, &source.case(seed)?.wasm);
            let mut totals = totals.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            totals.modules += counted.modules;
            totals.compiled += counted.compiled;
            totals.instructions += counted.instructions;
            totals.unproved += counted.unproved;
            totals.findings += counted.findings;
        }
    };
    let done: Result<Vec<()>, String> = std::thread::scope(|scope| {
        let thread = |_| std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).expect("it starts");
        let workers: Vec<_> = (0..campaign.jobs).map(thread).collect();
        let join =
            |worker: std::thread::ScopedJoinHandle<'_, _>| worker.join().unwrap_or(Err("a worker panicked".into()));
        workers.into_iter().map(join).collect()
    });
    let totals = totals.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    println!(
        "{} modules as they are or damaged, {} with findings; {} compiled, {} instructions verified, {} modules not shown to be safe",
        totals.modules, totals.findings, totals.compiled, totals.instructions, totals.unproved
    );
    done.map(|_| totals.findings == 0)
}

/// Checks the module of a seed as it is, and damaged.
fn check_all(source: Source, seed: u64, module: &[u8]) -> Totals {
    let mut totals = Totals::default();
    let mut random = Random::new(seed ^ 0xdead);
    for copy in 0..=COPIES {
        let bytes = if copy == 0 { module.to_vec() } else { damaged(module, &mut random) };
        totals.modules += 1;
        match check(&bytes, copy, seed.is_multiple_of(2)) {
            Ok(Some(Compiled { instructions, unproved })) => {
                totals.compiled += 1;
                totals.instructions += instructions;
                if let Some(message) = unproved {
                    totals.unproved += 1;
                    println!("{}:{seed}, copy {copy}: {message}", source.name());
                }
            }
            Ok(None) => {}
            Err(message) => {
                totals.findings += 1;
                let file = format!("fuzz/artifacts/damage-{}-{seed}-{copy}.wasm", source.name());
                let saved = std::fs::create_dir_all("fuzz/artifacts").and_then(|()| std::fs::write(&file, &bytes));
                println!(
                    "{file}: {message}{}",
                    saved.map_or_else(|error| format!(" (not saved: {error})"), |()| String::new())
                );
            }
        }
    }
    totals
}

fn damaged(module: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = module.to_vec();
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.pick(&EDGES),
            2 => bytes.insert(at, random.below(256) as u8),
            3 => drop(bytes.remove(at)),
            4 => drop(bytes.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
            5 => bytes.truncate(at),
            _ => {
                let from = random.below(module.len());
                let len = random.below(24).min(module.len() - from).min(bytes.len() - at);
                bytes[at..at + len].copy_from_slice(&module[from..from + len]);
            }
        }
    }
    bytes
}

/// What was compiled.
pub struct Compiled {
    /// Instructions that were verified.
    pub instructions: u64,
    /// What the verifier does not see to be safe, which is no defect by itself.
    pub unproved: Option<String>,
}

/// [`check`] as libFuzzer has it: the variant follows from the bytes, and what is wrong ends the process.
///
/// # Panics
/// When the compiler does, or something else is wrong with it.
pub fn judge(bytes: &[u8]) {
    let sum = bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    if let Err(message) = check(bytes, sum, sum & 4 == 0) {
        panic!("{message}");
    }
}

/// Compiles what may be no module, in one of four variants.
///
/// # Errors
/// What is wrong with the compiler: a panic, an internal error, too long a time.
pub fn check(bytes: &[u8], variant: u64, debug_info: bool) -> Result<Option<Compiled>, String> {
    let mut options = Options { all_exports: true, threads: 1, debug_info, ..Options::default() };
    match variant % 4 {
        1 => options.opt_level = OptLevel::Basic,
        2 => options.memory = MemoryStrategy::Checked,
        3 => options.opt_level = OptLevel::None,
        _ => {}
    }
    let verified = options.target == compiler::Target::X86_64Linux && options.opt_level != OptLevel::None;
    let start = Instant::now();
    let input = Input { name: "", file: "damaged.wasm", bytes };
    let compiled = panics::catch(|| compiler::compile(&[input], &options, &|_, _| ()));
    if start.elapsed() > TIME_LIMIT {
        return Err(format!("compiling took {:.0?}", start.elapsed()));
    }
    let output = match compiled.map_err(|message| format!("the compiler panics: {message}"))? {
        Ok(output) => output,
        Err(Error::Internal { message, .. }) => return Err(format!("internal error: {message}")),
        Err(_) => return Ok(None),
    };
    if !verified {
        return Ok(Some(Compiled { instructions: 0, unproved: None }));
    }
    let objects: Vec<&[u8]> = output.objects.iter().map(|object| &*object.bytes).collect();
    let report =
        panics::catch(|| verify::verify(&objects)).map_err(|message| format!("the verifier panics: {message}"))?;
    let report = report.map_err(|error| error.to_string())?;
    let unproved = report.findings.first().map(|finding| format!("{} findings; {finding}", report.findings.len()));
    Ok(Some(Compiled { instructions: report.instructions as u64, unproved }))
}
