#![doc = include_str!("../README.md")]

mod access;
mod call;
mod code;
mod condition;
mod counters;
mod derived;
mod division;
mod function;
mod image;
mod items;
mod machine;
mod state;
mod step;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use iced_x86::Mnemonic;

/// What was checked, and what was found.
#[derive(Clone, Default, Debug)]
pub struct Report {
    /// Functions checked.
    pub functions: usize,
    /// Instructions that can be reached.
    pub instructions: usize,
    /// Memory accesses, the stack's included.
    pub accesses: usize,
    /// What cannot be shown to be safe, or is not.
    pub findings: Vec<Finding>,
    /// What was taken as given, and how often.
    pub assumptions: BTreeMap<Assumption, usize>,
    /// Functions of the runtime that are called.
    pub runtime: std::collections::BTreeSet<String>,
}

impl Report {
    /// Adds what was found in another program.
    pub fn add(&mut self, other: &Report) {
        self.functions += other.functions;
        self.instructions += other.instructions;
        self.accesses += other.accesses;
        self.findings.extend_from_slice(&other.findings);
        self.runtime.extend(other.runtime.iter().cloned());
        for (assumption, count) in &other.assumptions {
            *self.assumptions.entry(*assumption).or_default() += count;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { functions, instructions, accesses, findings, assumptions, .. } = self;
        let findings = findings.len();
        write!(
            f,
            "{functions} functions, {instructions} instructions, {accesses} memory accesses, {findings} findings"
        )?;
        for (at, (assumption, count)) in assumptions.iter().enumerate() {
            let separator = if at == 0 { "; taken as given: " } else { ", " };
            write!(f, "{separator}{count} {}", assumption.name())?;
        }
        Ok(())
    }
}

impl Assumption {
    /// What it is about, in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Assumption::FunctionReference => "function references",
            Assumption::Object => "objects",
            Assumption::Element => "array elements",
            Assumption::Subtype => "subtypes",
            Assumption::ReturnArea => "places for results",
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Number of the object.
    pub unit: usize,
    /// Offset of the instruction in the object's code.
    pub offset: u64,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// Control runs off the end of the function.
    RunsOff,
    /// No instruction.
    Undecodable,
    /// An instruction begins inside another one.
    Overlap,
    /// An instruction that guest code has no business with.
    Forbidden(Mnemonic),
    /// A branch or call to what is no start of a function, nor an instruction of this one.
    Branch,
    /// An indirect call or jump to what is not known to be a function, or a target of a jump table.
    IndirectBranch(String),
    /// An access to what is not known to be in bounds.
    Access(String),
    /// A call of the runtime with what is not known to be right.
    Argument(String),
    /// The stack pointer, the return address or a register to be preserved is not as it should be.
    Frame(String),
    /// The function is too complex to analyse.
    TooComplex,
}

/// What the check takes from the validation of the module rather than from the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Assumption {
    /// A value that is called, or whose type is read, is a reference to a function: its type says so.
    FunctionReference,
    /// An object is of the type that its type says, so its fields and elements are where they are looked for.
    Object,
    /// An index is below the length of its array: they were compared, but before a loop, or the array is new.
    Element,
    /// A function whose type is compared through a display is of a subtype.
    Subtype,
    /// A function with more results than registers gets the address of a place for them from those who call it through a table.
    ReturnArea,
}

/// Objects that cannot be checked: they are not what the compiler makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot be verified: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object {}, code at {:#x}: ", self.unit, self.offset)?;
        match &self.problem {
            Problem::RunsOff => write!(f, "control runs off the end of the function"),
            Problem::Undecodable => write!(f, "no instruction"),
            Problem::Overlap => write!(f, "an instruction inside another one"),
            Problem::Forbidden(mnemonic) => write!(f, "the instruction {mnemonic:?}"),
            Problem::Branch => write!(f, "a branch to no instruction of this function, and no start of another one"),
            Problem::IndirectBranch(what) => write!(f, "an unchecked indirect branch: {what}"),
            Problem::Access(what) => write!(f, "an unchecked access: {what}"),
            Problem::Argument(what) => write!(f, "an unchecked argument: {what}"),
            Problem::Frame(what) => write!(f, "the frame: {what}"),
            Problem::TooComplex => write!(f, "too complex to analyse"),
        }
    }
}

/// Checks the objects of a whole program, for x86-64, as the compiler makes them.
///
/// # Errors
/// [`Malformed`] for what is no such program.
pub fn verify(objects: &[&[u8]]) -> Result<Report, Malformed> {
    let image = image::Image::read(objects)?;
    Ok(function::check_all(&image))
}
