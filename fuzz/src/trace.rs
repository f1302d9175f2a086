//! What an engine makes of a case, and how two of these differ.

use abi::trap::TrapKind;
use embedded::protocol::referent;
use embedded::{Value, list};
use std::fmt;

/// What came of instantiation or of a call.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// It returned.
    Results(Vec<Value>),
    /// It trapped.
    Trap(TrapKind),
    /// An exception left it.
    Exception,
    /// The engine gave up for a reason of its own: a limit of its stack, of memory. Nothing can be said from here on.
    Limit(String),
}

/// Everything that can be observed, in order.
#[derive(Default)]
pub struct Trace {
    /// Instantiation, then the calls; nothing follows an instantiation that failed.
    pub outcomes: Vec<Outcome>,
    /// Exported globals at the end; empty when instantiation failed.
    pub globals: Vec<Value>,
    /// Length and hash of each memory at the end; empty when instantiation failed.
    pub memories: Vec<[u64; 2]>,
}

/// A deviation that is permitted; counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Permitted {
    /// One of them ran out of stack: depths differ.
    Stack,
    /// One of them gave up, for this reason.
    Limit(String),
}

/// Compares what `ours` and `theirs` say of `names` (of the calls, of the globals).
///
/// # Errors
/// The first difference in words.
pub fn compare(
    ours: &Trace,
    theirs: &Trace,
    calls: &[String],
    globals: &[String],
) -> Result<Option<Permitted>, String> {
    let name = |step: usize| step.checked_sub(1).map_or("instantiation", |call| &calls[call]);
    for (step, (a, b)) in ours.outcomes.iter().zip(&theirs.outcomes).enumerate() {
        let exhausted = |outcome: &Outcome| matches!(outcome, Outcome::Trap(TrapKind::CallStackExhausted));
        if exhausted(a) || exhausted(b) {
            return Ok(Some(Permitted::Stack));
        }
        if let (Outcome::Limit(what), _) | (_, Outcome::Limit(what)) = (a, b) {
            return Ok(Some(Permitted::Limit(what.clone())));
        }
        if !same(a, b) {
            return Err(format!("{}: {a}, expected {b}", name(step)));
        }
    }
    if ours.outcomes.len() != theirs.outcomes.len() {
        return Err(format!("{} steps, expected {}", ours.outcomes.len(), theirs.outcomes.len()));
    }
    for (name, (a, b)) in globals.iter().zip(ours.globals.iter().zip(&theirs.globals)) {
        if !same_value(*a, *b) {
            return Err(format!("global {name} at the end: {a}, expected {b}"));
        }
    }
    if ours.globals.len() != theirs.globals.len() || ours.memories.len() != theirs.memories.len() {
        return Err("another number of globals or memories".into());
    }
    for (index, (a, b)) in ours.memories.iter().zip(&theirs.memories).enumerate() {
        if a != b {
            let [a, b] = [a, b].map(|[len, hash]| format!("{len} bytes with hash {hash:#x}"));
            return Err(format!("memory {index} at the end: {a}, expected {b}"));
        }
    }
    Ok(None)
}

fn same(a: &Outcome, b: &Outcome) -> bool {
    match (a, b) {
        (Outcome::Results(a), Outcome::Results(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(*a, *b))
        }
        (a, b) => a == b,
    }
}

/// References are the same when they refer to the same kind of thing: not every engine tells which one. Functions of the null
/// hierarchies and the like show as null either way.
fn same_value(a: Value, b: Value) -> bool {
    let nameless = |value: Value| !matches!(value.referent(), referent::I31 | referent::HOST);
    match a.is_reference() && nameless(a) {
        true => a.ty == b.ty && a.referent() == b.referent(),
        false => a == b,
    }
}

impl Outcome {
    /// What kind of end it is, for totals.
    pub fn kind(&self) -> &'static str {
        match self {
            Outcome::Results(_) => "returned",
            Outcome::Trap(kind) => kind.message(),
            Outcome::Exception => "exception",
            Outcome::Limit(_) => "limit",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Results(values) => write!(f, "{}", list(values)),
            Outcome::Trap(kind) => write!(f, "trap \"{}\"", kind.message()),
            Outcome::Exception => write!(f, "exception"),
            Outcome::Limit(what) => write!(f, "limit \"{what}\""),
        }
    }
}
