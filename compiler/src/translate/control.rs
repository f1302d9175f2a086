//! Blocks, loops, branches: the structured control flow of the "Control instructions" section.

use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Opcode, Value, ValueDef, types};
use wasmparser::{BlockType, BrTable, ValType};

use abi::trap::TrapKind;

use super::state::{Translator, trap_code};

/// What opened a control frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameKind {
    /// `block`, or the function itself.
    Block,
    /// `loop`
    Loop,
    /// `if` before its `else`: the block that runs when the condition is zero.
    If {
        /// Start of the alternative.
        alternative: Block,
    },
    /// `if` after its `else`.
    Else,
    /// `try_table` or the body of `try`, with handlers: the last of [`Translator::tries`] that are open.
    Try,
    /// `try` after its first `catch`: the last of [`Translator::catching`].
    Catch,
}

/// An open block, loop, if or try.
pub struct ControlFrame {
    /// What opened it.
    pub kind: FrameKind,
    /// Where a branch to it goes: the head of a loop, else the end.
    pub target: Block,
    /// What follows its `end`.
    pub end: Block,
    /// Number of its parameters.
    pub param_count: usize,
    /// Number of its results.
    pub result_count: usize,
    /// Height of the operand stack below its parameters.
    pub height: usize,
    /// Whether it was opened in reachable code; when not, nothing in it is emitted.
    pub reachable_at_start: bool,
    /// Whether something reaches `end`.
    pub end_reached: bool,
}

impl ControlFrame {
    /// How many operands a branch to it carries.
    pub fn branch_arity(&self) -> usize {
        if self.kind == FrameKind::Loop { self.param_count } else { self.result_count }
    }
}

/// Operands as block arguments.
pub fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|value| BlockArg::Value(*value)).collect()
}

impl Translator<'_, '_> {
    fn block_type(&self, ty: BlockType) -> (Vec<ValType>, Vec<ValType>) {
        match ty {
            BlockType::Empty => (Vec::new(), Vec::new()),
            BlockType::Type(result) => (Vec::new(), vec![result]),
            BlockType::FuncType(index) => {
                let ty = self.env.parsed().types[index as usize].function();
                (ty.params().to_vec(), ty.results().to_vec())
            }
        }
    }

    /// A Cranelift block with a parameter of each type.
    pub fn block_with_params(&mut self, params: &[ValType]) -> Block {
        let block = self.builder.create_block();
        for ty in params {
            let value = self.builder.append_block_param(block, self.env.value_type(*ty));
            self.trace(value, *ty);
        }
        block
    }

    /// The top `count` operands, made canonical, as arguments of a branch.
    fn top_args(&mut self, count: usize) -> Vec<BlockArg> {
        self.canonicalize(count);
        block_args(&self.stack[self.stack.len() - count..])
    }

    /// The target of label `depth`, marked as reached, and the number of operands that a branch to it carries.
    fn branch_target(&mut self, depth: u32) -> (Block, usize) {
        let at = self.control.len() - 1 - depth as usize;
        (self.reach_frame(at), self.control[at].branch_arity())
    }

    /// The target of branches to the frame at position `at`, marked as reached.
    pub fn reach_frame(&mut self, at: usize) -> Block {
        let frame = &mut self.control[at];
        if frame.kind != FrameKind::Loop {
            frame.end_reached = true;
        }
        frame.target
    }

    /// Opens a frame in unreachable code: only nesting is kept.
    fn push_unreachable_frame(&mut self) {
        let block = self.control[0].end;
        self.control.push(ControlFrame {
            kind: FrameKind::Block,
            target: block,
            end: block,
            param_count: 0,
            result_count: 0,
            height: self.stack.len(),
            reachable_at_start: false,
            end_reached: false,
        });
    }

    /// Opens a frame whose parameters are on the stack.
    pub fn push_frame(&mut self, kind: FrameKind, target: Block, end: Block, param_count: usize, result_count: usize) {
        self.control.push(ControlFrame {
            kind,
            target,
            end,
            param_count,
            result_count,
            height: self.stack.len() - param_count,
            reachable_at_start: true,
            end_reached: false,
        });
    }

    /// `block`
    pub fn block(&mut self, ty: BlockType) {
        if !self.reachable {
            return self.push_unreachable_frame();
        }
        let (params, results) = self.block_type(ty);
        let end = self.block_with_params(&results);
        self.push_frame(FrameKind::Block, end, end, params.len(), results.len());
    }

    /// `loop`
    pub fn loop_(&mut self, ty: BlockType) {
        if !self.reachable {
            return self.push_unreachable_frame();
        }
        let (params, results) = self.block_type(ty);
        let head = self.block_with_params(&params);
        let end = self.block_with_params(&results);
        let args = self.top_args(params.len());
        self.ins().jump(head, &args);
        self.push_frame(FrameKind::Loop, head, end, params.len(), results.len());
        self.builder.switch_to_block(head);
        let height = self.stack.len() - params.len();
        self.stack.truncate(height);
        self.stack.extend_from_slice(self.builder.block_params(head));
    }

    /// `if`
    pub fn if_(&mut self, ty: BlockType) {
        if !self.reachable {
            return self.push_unreachable_frame();
        }
        let (params, results) = self.block_type(ty);
        let condition = self.pop_condition();
        let consequent = self.builder.create_block();
        let alternative = self.block_with_params(&params);
        let end = self.block_with_params(&results);
        let args = self.top_args(params.len());
        self.ins().brif(condition, consequent, &[], alternative, &args);
        self.push_frame(FrameKind::If { alternative }, end, end, params.len(), results.len());
        self.builder.seal_block(consequent);
        self.builder.seal_block(alternative);
        self.builder.switch_to_block(consequent);
    }

    /// `else`
    pub fn else_(&mut self) {
        let at = self.control.len() - 1;
        let FrameKind::If { alternative } = self.control[at].kind else { return };
        self.control[at].kind = FrameKind::Else;
        self.jump_to_end(at);
        let height = self.control[at].height;
        self.stack.truncate(height);
        self.builder.switch_to_block(alternative);
        self.stack.extend_from_slice(self.builder.block_params(alternative));
        self.reachable = true;
    }

    /// Falls through to the end of frame `at`, if the code is reachable.
    pub fn jump_to_end(&mut self, at: usize) {
        if self.reachable {
            let (end, count) = (self.control[at].end, self.control[at].result_count);
            let args = self.top_args(count);
            self.ins().jump(end, &args);
            self.control[at].end_reached = true;
        }
    }

    /// `end`
    pub fn end(&mut self) {
        let at = self.control.len() - 1;
        if !self.control[at].reachable_at_start {
            self.control.pop();
            return;
        }
        let clauses = self.close_try(at);
        self.close_catch(at);
        let frame = &self.control[at];
        let is_if = matches!(frame.kind, FrameKind::If { .. } | FrameKind::Else);
        let thrown_to = clauses.iter().any(|clause| clause.block.is_some());
        let only_fallthrough = !is_if && !frame.end_reached && !thrown_to;
        if only_fallthrough && self.reachable {
            // No branch leads to the end: the code goes on in the same block, with the results on the stack.
            if frame.kind == FrameKind::Loop {
                self.builder.seal_block(frame.target);
            }
            self.control.pop();
            return;
        }
        self.jump_to_end(at);
        if let FrameKind::If { alternative } = self.control[at].kind {
            // No `else`: the parameters are the results.
            self.builder.switch_to_block(alternative);
            let args = block_args(self.builder.block_params(alternative));
            let end = self.control[at].end;
            self.ins().jump(end, &args);
            self.control[at].end_reached = true;
        }
        self.branch_from_clauses(&clauses);
        let frame = &self.control[at];
        let (kind, target, end, height, reached) =
            (frame.kind, frame.target, frame.end, frame.height, frame.end_reached);
        self.control.pop();
        if kind == FrameKind::Loop {
            self.builder.seal_block(target);
        }
        self.builder.seal_block(end);
        self.stack.truncate(height);
        self.reachable = reached;
        if reached {
            self.builder.switch_to_block(end);
            self.stack.extend_from_slice(self.builder.block_params(end));
        }
    }

    /// `br`
    pub fn br(&mut self, depth: u32) {
        let (target, args) = self.branch(depth);
        self.ins().jump(target, &args);
        self.reachable = false;
    }

    /// `br_if`
    pub fn br_if(&mut self, depth: u32) {
        let condition = self.pop_condition();
        let (target, args) = self.branch(depth);
        let next = self.builder.create_block();
        self.ins().brif(condition, target, &args, next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// `br_on_null`
    pub fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        let (target, args) = self.branch(depth);
        let next = self.builder.create_block();
        self.ins().brif(reference, next, &[], target, &args);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        self.push(reference);
    }

    /// `br_on_non_null`
    pub fn br_on_non_null(&mut self, depth: u32) {
        let reference = self.stack[self.stack.len() - 1];
        let (target, args) = self.branch(depth);
        let next = self.builder.create_block();
        self.ins().brif(reference, target, &args, next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        self.pop();
    }

    /// Target and arguments of a branch that leaves the operands on the stack.
    pub fn branch(&mut self, depth: u32) -> (Block, Vec<BlockArg>) {
        let (target, count) = self.branch_target(depth);
        (target, self.top_args(count))
    }

    /// `br_table`. Cranelift clamps the index, under speculation too.
    pub fn br_table(&mut self, table: &BrTable) {
        let index = self.pop();
        let (_, count) = self.branch_target(table.default());
        let args = self.top_args(count);
        let target = |this: &mut Self, depth: u32| {
            let (block, _) = this.branch_target(depth);
            this.builder.func.dfg.block_call(block, &args)
        };
        let default = target(self, table.default());
        let targets: Vec<_> = table.targets().flatten().map(|depth| target(self, depth)).collect();
        let jump_table = self.builder.create_jump_table(JumpTableData::new(default, &targets));
        self.ins().br_table(index, jump_table);
        self.reachable = false;
    }

    /// `return`: from an inlined function, a branch to its end.
    pub fn return_(&mut self) {
        if let [.., activation] = self.activations.as_slice()
            && activation.frame > 0
        {
            let depth = self.control.len() - 1 - activation.frame;
            return self.br(depth as u32);
        }
        let count = self.control[0].result_count;
        self.canonicalize(count);
        let values = self.stack[self.stack.len() - count..].to_vec();
        self.ins().return_(&values);
        self.reachable = false;
    }

    /// `unreachable`
    pub fn unreachable(&mut self) {
        self.ins().trap(trap_code(TrapKind::Unreachable));
        self.reachable = false;
    }

    /// `select`, of references when `ty` is given
    pub fn select(&mut self, ty: Option<ValType>) {
        let condition = self.pop_condition();
        self.canonicalize(2);
        let (first, second) = self.pop2();
        let value = self.ins().select(condition, first, second);
        if let Some(ty) = ty {
            self.trace(value, ty);
        }
        self.push(value);
    }

    /// Pops a condition. A comparison's i8 is used directly rather than its extension to i32.
    pub fn pop_condition(&mut self) -> Value {
        let value = self.pop();
        let dfg = &self.builder.func.dfg;
        if let ValueDef::Result(inst, _) = dfg.value_def(value)
            && dfg.insts[inst].opcode() == Opcode::Uextend
        {
            let argument = dfg.inst_args(inst)[0];
            if dfg.value_type(argument) == types::I8 {
                return argument;
            }
        }
        value
    }
}
