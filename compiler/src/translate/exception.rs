//! Exceptions: `try_table`, `throw`, `throw_ref`, and calls that what is thrown leaves on another way than by returning. The older
//! instructions are in [`super::exception_legacy`].
//!
//! Trying costs nothing: a call inside becomes one that has other successors besides the next instruction, and a table tells the runtime
//! where their code is ([`abi::exception`]). What is thrown to a handler of the same function is a jump.

use std::collections::HashSet;
use std::ops::ControlFlow;

use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, ExceptionTag, InstBuilder, Signature,
    Value, types,
};
use wasmparser::{Catch, TryTable};

use super::call::Callee;
use super::control::{FrameKind, block_args};
use super::state::{GUEST_CALL_CONV, Translator, trap_code};
use crate::program::Location;

/// Handlers of the calls of one function, counted for each call; more would take too long.
const HANDLER_LIMIT: usize = 1 << 19;
/// Frames and clauses of one function that are looked at to find where exceptions go.
const SEARCH_LIMIT: usize = 1 << 26;

/// What finding handlers has taken in a function so far.
#[derive(Clone, Copy, Default)]
pub struct Effort {
    /// Handlers of calls.
    handlers: usize,
    /// Frames and clauses that were looked at.
    searched: usize,
}

impl Effort {
    /// Whether it is more than is accepted, so that some handlers have been left out.
    pub fn is_too_much(self) -> bool {
        self.handlers > HANDLER_LIMIT || self.searched > SEARCH_LIMIT
    }
}

/// An open `try_table` or `try` whose body is being translated.
pub struct Try {
    /// Position of its frame in the control stack.
    pub frame: usize,
    /// What becomes of exceptions.
    pub clauses: Clauses,
}

/// What becomes of exceptions that a body throws.
pub enum Clauses {
    /// The first clause that fits handles it, if there is one.
    Catch(Vec<Clause>),
    /// `delegate`: they are thrown as if from the frame at this position of the control stack.
    Delegate(usize),
}

/// A clause that catches.
#[derive(Clone, Copy)]
pub struct Clause {
    /// The tag of what it catches; all exceptions when there is none.
    pub tag: Option<Location>,
    /// What it does.
    pub action: Action,
    /// Where its exceptions arrive, as two parameters, see [`abi::exception`]; `None` as long as nothing throws any.
    pub block: Option<Block>,
}

/// What a clause does with an exception.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Branches with what the exception carries.
    Branch {
        /// Position of the target's frame in the control stack.
        frame: usize,
        /// Whether the exception itself comes last.
        keeps: bool,
    },
    /// Goes on behind the clause, which is part of the frame (`catch` of `try`).
    Enter,
}

/// A clause of [`Translator::tries`]: position there, position in it.
type ClauseAt = (usize, usize);

impl Translator<'_, '_> {
    fn tag(&self, index: u32) -> Location {
        self.env.program.links[self.env.module].tags[index as usize]
    }

    /// The clause of a tag, or of all exceptions.
    pub(super) fn clause(&self, tag: Option<u32>, action: Action) -> Clause {
        Clause { tag: tag.map(|tag| self.tag(tag)), action, block: None }
    }

    /// `try_table`
    pub fn try_table(&mut self, try_table: &TryTable) {
        let outer = self.control.len();
        self.block(try_table.ty);
        if !self.reachable || try_table.catches.is_empty() {
            return;
        }
        let branch = |tag: Option<u32>, label: u32, keeps: bool| {
            self.clause(tag, Action::Branch { frame: outer - 1 - label as usize, keeps })
        };
        let clauses = try_table.catches.iter().map(|catch| match *catch {
            Catch::One { tag, label } => branch(Some(tag), label, false),
            Catch::OneRef { tag, label } => branch(Some(tag), label, true),
            Catch::All { label } => branch(None, label, false),
            Catch::AllRef { label } => branch(None, label, true),
        });
        let clauses = Clauses::Catch(clauses.collect());
        self.open_try(clauses);
    }

    /// Makes the frame that was just opened one with handlers.
    pub(super) fn open_try(&mut self, clauses: Clauses) {
        let frame = self.control.len() - 1;
        self.control[frame].kind = FrameKind::Try;
        self.tries.push(Try { frame, clauses });
    }

    /// Ends the body of the frame at `frame`; gives its clauses that something is thrown to.
    pub(super) fn close_try(&mut self, frame: usize) -> Vec<Clause> {
        if self.control[frame].kind != FrameKind::Try {
            return Vec::new();
        }
        match self.tries.pop() {
            Some(Try { clauses: Clauses::Catch(clauses), .. }) => clauses,
            _ => Vec::new(),
        }
    }

    /// Emits the branches of clauses that something is thrown to. The current block is complete.
    pub(super) fn branch_from_clauses(&mut self, clauses: &[Clause]) {
        for clause in clauses {
            let (Some(block), Action::Branch { frame, keeps }) = (clause.block, clause.action) else { continue };
            let (exception, address) = self.enter_handler(block);
            let mut values = clause.tag.map_or_else(Vec::new, |tag| self.payload(tag, address));
            values.extend(keeps.then_some(exception));
            let target = self.reach_frame(frame);
            self.ins().jump(target, &block_args(&values));
        }
    }

    /// Starts the block of a clause; gives the exception and its address.
    pub(super) fn enter_handler(&mut self, block: Block) -> (Value, Value) {
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
        let params = self.builder.block_params(block);
        let (payload, address) = (params[0], params[1]);
        (self.exception_from_payload(payload), address)
    }

    /// Shows `visit` the clauses that an exception thrown in the frame at position `within` passes, innermost first, until one ends the
    /// search; those of all open tries when `within` is larger.
    fn search(&mut self, within: usize, mut visit: impl FnMut(ClauseAt, Option<Location>) -> ControlFlow<()>) {
        let mut outermost = within;
        for (at, open) in self.tries.iter().enumerate().rev() {
            self.effort.searched += 1;
            match &open.clauses {
                _ if self.effort.is_too_much() => return,
                _ if open.frame > outermost => {}
                Clauses::Delegate(frame) => outermost = *frame,
                Clauses::Catch(clauses) => {
                    for (position, clause) in clauses.iter().enumerate() {
                        self.effort.searched += 1;
                        if visit((at, position), clause.tag).is_break() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// The clause that catches exceptions of a tag thrown here.
    fn catching_clause(&mut self, tag: Location) -> Option<ClauseAt> {
        let mut found = None;
        self.search(usize::MAX, |clause, caught| {
            if caught.is_some_and(|caught| caught != tag) {
                return ControlFlow::Continue(());
            }
            found = Some(clause);
            ControlFlow::Break(())
        });
        found
    }

    /// The clauses that can catch exceptions of any tag thrown in the frame at position `within`, in order.
    fn catching_clauses(&mut self, within: usize) -> Vec<ClauseAt> {
        let mut caught = HashSet::new();
        let mut found = Vec::new();
        self.search(within, |clause, tag| {
            if tag.is_none_or(|tag| caught.insert(tag)) {
                found.push(clause);
            }
            if tag.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.effort.handlers += found.len();
        found
    }

    fn clause_at(&mut self, (at, position): ClauseAt) -> &mut Clause {
        match &mut self.tries[at].clauses {
            Clauses::Catch(clauses) => &mut clauses[position],
            Clauses::Delegate(_) => unreachable!("positions of clauses come from clauses"),
        }
    }

    /// Where the exceptions of a clause arrive.
    fn clause_block(&mut self, clause: ClauseAt) -> Block {
        if let Some(block) = self.clause_at(clause).block {
            return block;
        }
        let block = self.builder.create_block();
        self.builder.append_block_param(block, types::I64);
        self.builder.append_block_param(block, types::I64);
        self.builder.set_cold_block(block);
        self.clause_at(clause).block = Some(block);
        block
    }

    /// Calls and gives the results. What is thrown goes to the handlers that are open here, those of the function's caller when the call
    /// is its last.
    pub fn call_in_try(&mut self, callee: Callee, args: &[Value], is_tail: bool) -> Vec<Value> {
        let within =
            if is_tail { self.activations.last().map_or(0, |activation| activation.frame) } else { usize::MAX };
        let throws = match callee {
            Callee::Function(_, throws) => throws,
            Callee::Code(..) => self.env.facts.throws.by_reference(),
        };
        let clauses = if throws { self.catching_clauses(within) } else { Vec::new() };
        if clauses.is_empty() {
            let call = match callee {
                Callee::Function(function, _) => self.ins().call(function, args),
                Callee::Code(signature, address) => self.ins().call_indirect(signature, address, args),
            };
            return self.builder.func.dfg.inst_results(call).to_vec();
        }
        let signature = match callee {
            Callee::Function(function, _) => self.builder.func.dfg.ext_funcs[function].signature,
            Callee::Code(signature, _) => signature,
        };
        let next = self.builder.create_block();
        let returns = self.builder.func.dfg.signatures[signature].returns.clone();
        for result in &returns {
            self.builder.append_block_param(next, result.value_type);
        }
        let handlers: Vec<ExceptionTableItem> = clauses.into_iter().map(|clause| self.handler(clause)).collect();
        let results: Vec<BlockArg> = (0..returns.len() as u32).map(BlockArg::TryCallRet).collect();
        let normal = self.block_call(next, &results);
        let table = ExceptionTableData::new(signature, normal, handlers);
        let table = self.builder.func.dfg.exception_tables.push(table);
        match callee {
            Callee::Function(function, _) => self.ins().try_call(function, args, table),
            Callee::Code(_, address) => self.ins().try_call_indirect(address, args, table),
        };
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        self.builder.block_params(next).to_vec()
    }

    fn handler(&mut self, clause: ClauseAt) -> ExceptionTableItem {
        let block = self.clause_block(clause);
        let call = self.block_call(block, &[BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)]);
        match self.clause_at(clause).tag {
            Some(tag) => ExceptionTableItem::Tag(ExceptionTag::from_u32(self.exception_header(tag)), call),
            None => ExceptionTableItem::Default(call),
        }
    }

    fn block_call(&mut self, block: Block, args: &[BlockArg]) -> BlockCall {
        BlockCall::new(block, args.iter().copied(), &mut self.builder.func.dfg.value_lists)
    }

    /// `throw`
    pub fn throw(&mut self, tag: u32) {
        let count = self.env.parsed().tag_type(tag).function().params().len();
        let values = self.pop_args(count);
        let tag = self.tag(tag);
        match self.catching_clause(tag) {
            Some(clause) => self.throw_to(clause, tag, values),
            None => {
                let exception = self.allocate_exception(tag, &values);
                let header = self.exception_header(tag);
                let header = self.ins().iconst(types::I32, i64::from(header));
                self.raise(exception, header);
            }
        }
        self.reachable = false;
    }

    /// Goes to a clause of this function with a new exception.
    fn throw_to(&mut self, clause: ClauseAt, tag: Location, mut values: Vec<Value>) {
        let Clause { tag: caught, action, .. } = *self.clause_at(clause);
        match action {
            Action::Enter => {
                let exception = self.allocate_exception(tag, &values);
                self.jump_to_clause(clause, exception);
            }
            Action::Branch { frame, keeps } => {
                let exception = keeps.then(|| self.allocate_exception(tag, &values));
                if caught.is_none() {
                    values.clear();
                }
                values.extend(exception);
                let target = self.reach_frame(frame);
                self.ins().jump(target, &block_args(&values));
            }
        }
    }

    fn jump_to_clause(&mut self, clause: ClauseAt, exception: Value) {
        let block = self.clause_block(clause);
        let payload = self.exception_as_payload(exception);
        self.ins().jump(block, &block_args(&payload));
    }

    /// `throw_ref`
    pub fn throw_ref(&mut self) {
        let exception = self.pop();
        if self.env.facts.throws.any() {
            let header = self.load_exception_header(exception);
            self.throw_again(exception, header);
        } else {
            // There are no exceptions, so it is null.
            self.ins().trap(trap_code(TrapKind::NullReference));
            self.reachable = false;
        }
    }

    /// Throws an exception whose tag is not known.
    pub(super) fn throw_again(&mut self, exception: Value, header: Value) {
        match self.catching_clauses(usize::MAX).first() {
            Some(clause) if self.clause_at(*clause).tag.is_none() => self.jump_to_clause(*clause, exception),
            _ => self.raise(exception, header),
        }
        self.reachable = false;
    }

    /// Throws an exception of a known tag again.
    pub(super) fn throw_tagged_again(&mut self, exception: Value, tag: Location) {
        let header = self.exception_header(tag);
        match self.catching_clause(tag) {
            Some(clause) => self.jump_to_clause(clause, exception),
            None => {
                let header = self.ins().iconst(types::I32, i64::from(header));
                self.raise(exception, header);
            }
        }
        self.reachable = false;
    }

    /// Lets the runtime look for the handler, which may be one of this function.
    fn raise(&mut self, exception: Value, header: Value) {
        self.probe_host_stack();
        let mut signature = Signature::new(GUEST_CALL_CONV);
        signature.params.extend([exception, header].map(|value| AbiParam::new(self.value_type(value))));
        let throw = self.symbol_function(self.env.symbols.builtins[builtin::THROW], signature);
        self.call_in_try(Callee::Function(throw, true), &[exception, header], false);
        self.ins().trap(trap_code(TrapKind::Unreachable));
    }
}
