//! Exceptions as they were before references to them: `try`, `catch`, `catch_all`, `delegate`, `rethrow`.
//!
//! What catches comes after the body here, and calls in the body must know it. So the tries of a function are read ahead ([`tries`]).

use cranelift_codegen::ir::Value;
use wasmparser::{BlockType, FunctionBody, Operator};

use super::control::FrameKind;
use super::exception::{Action, Clause, Clauses};
use super::state::Translator;
use crate::program::Location;
use crate::scan::Use;

/// What follows the body of a `try`.
#[derive(Default)]
pub struct TryEnd {
    /// Tags of the clauses; `None` for `catch_all`.
    catches: Vec<Option<u32>>,
    /// Label of `delegate`.
    delegate: Option<u32>,
}

/// An open `try` behind the first `catch`.
pub struct Catching {
    /// Position of its frame in the control stack.
    frame: usize,
    /// The clauses that have not been reached, in order.
    clauses: std::vec::IntoIter<Clause>,
    /// What the current one has caught, and its tag; `None` when nothing is thrown to it.
    caught: Option<(Value, Option<Location>)>,
}

/// The tries of a function body in the order in which they are opened.
fn tries(body: &FunctionBody) -> wasmparser::Result<Vec<TryEnd>> {
    let mut tries: Vec<TryEnd> = Vec::new();
    // Open frames; for each try its position.
    let mut open: Vec<Option<usize>> = Vec::new();
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let innermost = open.last().copied().flatten();
        match (&operator, innermost.map(|at| &mut tries[at])) {
            (Operator::Try { .. }, _) => {
                open.push(Some(tries.len()));
                tries.push(TryEnd::default());
            }
            (Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. }, _) => {
                open.push(None)
            }
            (Operator::Catch { tag_index }, Some(innermost)) => innermost.catches.push(Some(*tag_index)),
            (Operator::CatchAll, Some(innermost)) => innermost.catches.push(None),
            (Operator::Delegate { relative_depth }, Some(innermost)) => {
                innermost.delegate = Some(*relative_depth);
                open.pop();
            }
            (Operator::End, _) => drop(open.pop()),
            _ => {}
        }
    }
    Ok(tries)
}

impl Translator<'_, '_> {
    /// The tries of a function's body in the order in which they are opened.
    ///
    /// # Errors
    /// A malformed body; cannot happen after validation.
    pub fn tries_of(&self, function: Location, body: &FunctionBody) -> wasmparser::Result<Vec<TryEnd>> {
        let program = self.env.program;
        let at = program.modules[function.module].body_index(function.index);
        let has_any = at.is_some_and(|at| program.uses[function.module][at].binary_search(&Use::Try).is_ok());
        if has_any { tries(body) } else { Ok(Vec::new()) }
    }

    /// What follows the body of the next `try` of the function that is being translated.
    fn next_try(&mut self) -> TryEnd {
        self.activations.last_mut().and_then(|activation| activation.tries.next()).unwrap_or_default()
    }

    /// `try`
    pub fn try_(&mut self, ty: BlockType) {
        let end = self.next_try();
        let outer = self.control.len();
        self.block(ty);
        if !self.reachable {
            return;
        }
        if let Some(label) = end.delegate {
            self.open_try(Clauses::Delegate(outer - 1 - label as usize));
        } else if !end.catches.is_empty() {
            let clauses = end.catches.into_iter().map(|tag| self.clause(tag, Action::Enter)).collect();
            self.open_try(Clauses::Catch(clauses));
        }
    }

    /// `catch`, `catch_all`
    pub fn catch(&mut self) {
        let at = self.control.len() - 1;
        if !self.control[at].reachable_at_start {
            return;
        }
        self.jump_to_end(at);
        if self.control[at].kind == FrameKind::Try {
            let clauses = self.close_try(at).into_iter();
            self.control[at].kind = FrameKind::Catch;
            self.catching.push(Catching { frame: at, clauses, caught: None });
        }
        let height = self.control[at].height;
        self.stack.truncate(height);
        let clause = self.catching.last_mut().and_then(|catching| catching.clauses.next());
        let thrown_to = clause.and_then(|clause| Some((clause.block?, clause.tag)));
        self.reachable = thrown_to.is_some();
        let caught = thrown_to.map(|(block, tag)| {
            let (exception, address) = self.enter_handler(block);
            let payload = tag.map_or_else(Vec::new, |tag| self.payload(tag, address));
            self.stack.extend(payload);
            (exception, tag)
        });
        if let Some(catching) = self.catching.last_mut() {
            catching.caught = caught;
        }
    }

    /// Ends the clauses of the frame at `frame`, if it has any.
    pub(super) fn close_catch(&mut self, frame: usize) {
        if self.control[frame].kind == FrameKind::Catch {
            self.catching.pop();
        }
    }

    /// `rethrow`
    pub fn rethrow(&mut self, depth: u32) {
        let frame = self.control.len() - 1 - depth as usize;
        // Outer frames come first.
        let at = self.catching.binary_search_by_key(&frame, |catching| catching.frame);
        let caught = at.ok().and_then(|at| self.catching[at].caught);
        let Some((exception, tag)) = caught else { unreachable!("reachable code of a clause follows what it caught") };
        match tag {
            Some(tag) => self.throw_tagged_again(exception, tag),
            None => {
                let header = self.load_exception_header(exception);
                self.throw_again(exception, header);
            }
        }
    }
}
