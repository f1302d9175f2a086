//! What a script asks for, as plain data: programs to run, modules to reject, and the outcome of each directive.

use crate::values::Pattern;
use embedded::Value;
use std::sync::Arc;

/// Kind of directive; totals are counted by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `(module ...)`: compiles and instantiates.
    Module,
    /// `(module definition ...)`: is valid.
    Definition,
    /// `(register ...)`.
    Register,
    /// `(invoke ...)` outside an assertion.
    Invoke,
    /// `(assert_return ...)`.
    Return,
    /// `(assert_trap ...)`.
    Trap,
    /// `(assert_exhaustion ...)`.
    Exhaustion,
    /// `(assert_exception ...)`.
    Exception,
    /// `(assert_invalid ...)`.
    Invalid,
    /// `(assert_malformed ...)`.
    Malformed,
    /// `(assert_unlinkable ...)`.
    Unlinkable,
    /// Any other directive: not supported, so it fails.
    Other,
}

impl Kind {
    /// Every kind with its name in reports.
    pub const ALL: [(Kind, &'static str); 12] = [
        (Kind::Module, "module"),
        (Kind::Definition, "definition"),
        (Kind::Register, "register"),
        (Kind::Invoke, "invoke"),
        (Kind::Return, "return"),
        (Kind::Trap, "trap"),
        (Kind::Exhaustion, "exhaustion"),
        (Kind::Exception, "exception"),
        (Kind::Invalid, "invalid"),
        (Kind::Malformed, "malformed"),
        (Kind::Unlinkable, "unlinkable"),
        (Kind::Other, "other"),
    ];
}

/// Everything in one script, to be carried out in any order.
#[derive(Default)]
pub struct Plan {
    /// Executables to build and run.
    pub programs: Vec<Program>,
    /// Inputs to give to the compiler alone.
    pub checks: Vec<Check>,
    /// Directives that failed already.
    pub outcomes: Vec<Outcome>,
}

/// Modules that see each other, and all that happens to them: one executable and one process.
pub struct Program {
    /// In order of instantiation.
    pub modules: Vec<Module>,
    /// Whether module 0 is `spectest`, which no step instantiates.
    pub spectest: bool,
    /// In the order of the script.
    pub steps: Vec<Step>,
}

/// One module as the compiler gets it.
#[derive(Clone)]
pub struct Module {
    /// Name that later modules import it by; unique in the program.
    pub name: String,
    /// Line in the script.
    pub line: usize,
    /// Binary, or text of a quoted module.
    pub bytes: Arc<[u8]>,
}

/// A directive that happens at run time.
pub struct Step {
    /// Line in the script.
    pub line: usize,
    /// For the totals.
    pub kind: Kind,
    /// Index in [`Program::modules`].
    pub module: usize,
    /// What to do with it.
    pub action: Action,
    /// What must come of it.
    pub expected: Expected,
}

/// What a step does to its module.
pub enum Action {
    /// Instantiate it.
    Instantiate,
    /// Nothing: the name is known to the compiler. The module must have been instantiated.
    Register,
    /// Call an exported function.
    Invoke(String, Vec<Value>),
    /// Read an exported global.
    Get(String),
}

/// What must come of a step.
pub enum Expected {
    /// It ends without a trap.
    Success,
    /// It gives these results.
    Values(Vec<Pattern>),
    /// It traps; the text of the assertion.
    Trap(String),
    /// It throws an exception that nothing catches.
    Exception,
}

/// A directive that the compiler alone decides.
pub struct Check {
    /// Line in the script.
    pub line: usize,
    /// [`Kind::Definition`], [`Kind::Invalid`], [`Kind::Malformed`] or [`Kind::Unlinkable`].
    pub kind: Kind,
    /// The text of the assertion, if it is one.
    pub message: String,
    /// The module last, after those it imports from.
    pub modules: Vec<Module>,
}

/// What came of one directive.
#[derive(Clone)]
pub struct Outcome {
    /// Line in the script.
    pub line: usize,
    /// For the totals.
    pub kind: Kind,
    /// Expectation and fact, when they differ.
    pub result: Result<(), String>,
}
