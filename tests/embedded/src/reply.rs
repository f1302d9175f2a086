//! What the driver replies.

use crate::protocol;
use crate::value::{Value, list};
use abi::trap::TrapKind;
use std::fmt;

/// The reply to one command.
pub enum Reply {
    /// It was carried out and gave these values.
    Results(Vec<Value>),
    /// It trapped.
    Trap(TrapKind),
    /// It threw an exception that nothing caught.
    Exception,
    /// It could not be carried out, for this reason.
    Failure(String),
}

/// What a whole script came to.
pub struct Run {
    /// In the order of the commands; fewer when the process ended early.
    pub replies: Vec<Reply>,
    /// How the process ended, in words, with what it said.
    pub ending: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Results(values) => write!(f, "{}", list(values)),
            Reply::Trap(kind) => write!(f, "trap \"{}\"", kind.message()),
            Reply::Exception => write!(f, "an exception"),
            Reply::Failure(message) => write!(f, "{message}"),
        }
    }
}

/// Reads replies up to the first that is not whole.
pub fn decode(mut bytes: &[u8]) -> Vec<Reply> {
    std::iter::from_fn(|| {
        let mut rest = bytes;
        let reply = reply(&mut rest)?;
        bytes = rest;
        Some(reply)
    })
    .collect()
}

fn reply(bytes: &mut &[u8]) -> Option<Reply> {
    let [status] = take(bytes)?;
    Some(match status {
        protocol::DONE => {
            let count = u32::from_le_bytes(take(bytes)?);
            let value = |_| Some(Value { ty: take::<1>(bytes)?[0], bits: u128::from_le_bytes(take(bytes)?) });
            Reply::Results((0..count).map(value).collect::<Option<_>>()?)
        }
        protocol::EXCEPTION => Reply::Exception,
        protocol::NO_EXPORT => Reply::Failure("no such export".into()),
        protocol::WRONG_ARGUMENTS => Reply::Failure("the export has other parameters".into()),
        protocol::TOO_MANY_RESULTS => Reply::Failure("more results than the driver has room for".into()),
        kind => match TrapKind::from_u8(kind) {
            Some(kind) => Reply::Trap(kind),
            None => Reply::Failure(format!("unknown status {kind}")),
        },
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
