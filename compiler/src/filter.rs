//! From a list of system calls to a program for the kernel's filter: classic BPF, which sees the architecture, the number of a call
//! and its arguments, and says whether the process may make it.

use abi::hardening::{MAX_FILTER_LEN, OWN_PROCESS};
use abi::system_calls::{Condition, Rule, SystemCall, Test};

use crate::target::Target;

// The kernel's encoding of instructions.
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

// What a filter answers.
const ALLOW: u32 = 0x7fff_0000;
const KILL_PROCESS: u32 = 0x8000_0000;

// Where a filter finds what, in `seccomp_data` of little-endian machines.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

// The kernel's names of architectures.
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
const AUDIT_ARCH_AARCH64: u32 = 0xc000_00b7;

/// Calls among which the number is looked for one after the other. Larger groups are halved: when a filter is installed the kernel
/// runs it for every number there is, so a chain of comparisons would be slow to install.
const FEW: usize = 3;

/// A place in the program: its position once all of it is there.
#[derive(Clone, Copy)]
struct Label(usize);

/// The instruction behind this one.
const NEXT: Label = Label(usize::MAX);

struct Instruction {
    code: u16,
    operand: u32,
    if_true: Label,
    if_false: Label,
}

/// A program that is being written.
#[derive(Default)]
struct Assembler {
    instructions: Vec<Instruction>,
    /// Positions of labels.
    positions: Vec<usize>,
}

impl Assembler {
    fn label(&mut self) -> Label {
        self.positions.push(usize::MAX);
        Label(self.positions.len() - 1)
    }

    /// What follows is where the label stands.
    fn place(&mut self, label: Label) {
        self.positions[label.0] = self.instructions.len();
    }

    fn emit(&mut self, code: u16, operand: u32, if_true: Label, if_false: Label) {
        self.instructions.push(Instruction { code, operand, if_true, if_false });
    }

    /// The encoded program. `None` when a jump is too far.
    fn finish(&self) -> Option<Vec<u64>> {
        let distance = |at: usize, label: Label| match label {
            Label(usize::MAX) => Some(0),
            Label(label) => u8::try_from(self.positions[label] - at - 1).ok(),
        };
        let encode = |(at, instruction): (usize, &Instruction)| {
            let (if_true, if_false) = (distance(at, instruction.if_true)?, distance(at, instruction.if_false)?);
            let jumps = u64::from(if_true) << 16 | u64::from(if_false) << 24;
            Some(u64::from(instruction.code) | jumps | u64::from(instruction.operand) << 32)
        };
        let program: Option<Vec<u64>> = self.instructions.iter().enumerate().map(encode).collect();
        program.filter(|program| program.len() <= MAX_FILTER_LEN)
    }
}

/// The number of a system call on a target.
fn number(call: SystemCall, target: Target) -> u32 {
    match target {
        Target::X86_64Linux => call.x86_64,
        Target::Aarch64Linux => call.aarch64,
    }
}

/// A program that allows what one of the rules does, and kills the process for anything else. `None` when there are too many rules.
pub fn assemble(rules: &[Rule], target: Target) -> Option<Vec<u64>> {
    let mut program = Assembler::default();
    let (allow, kill) = (program.label(), program.label());
    program.emit(LOAD, ARCHITECTURE, NEXT, NEXT);
    let architecture = match target {
        Target::X86_64Linux => AUDIT_ARCH_X86_64,
        Target::Aarch64Linux => AUDIT_ARCH_AARCH64,
    };
    program.emit(JUMP_EQUAL, architecture, NEXT, kill);
    program.emit(LOAD, NUMBER, NEXT, NEXT);

    let mut calls: Vec<SystemCall> = rules.iter().map(|rule| rule.call).collect();
    calls.sort_by_key(|call| number(*call, target));
    calls.dedup();
    let mut tested = Vec::new();
    let mut numbers = Vec::new();
    for call in calls {
        let of_call: Vec<&Rule> = rules.iter().filter(|rule| rule.call == call).collect();
        let is_free = of_call.iter().any(|rule| rule.tests.is_empty());
        let verdict = if is_free { allow } else { program.label() };
        if !is_free {
            tested.push((verdict, of_call));
        }
        numbers.push((number(call, target), verdict));
    }
    find(&mut program, &numbers, kill);
    for (label, rules) in tested {
        program.place(label);
        test_arguments(&mut program, &rules, allow, kill);
    }
    program.place(allow);
    program.emit(RETURN, ALLOW, NEXT, NEXT);
    program.place(kill);
    program.emit(RETURN, KILL_PROCESS, NEXT, NEXT);
    program.finish()
}

/// Goes to the label of the loaded number, which are in ascending order.
fn find(program: &mut Assembler, numbers: &[(u32, Label)], kill: Label) {
    if numbers.len() <= FEW {
        for (at, (number, label)) in numbers.iter().enumerate() {
            let otherwise = if at + 1 == numbers.len() { kill } else { NEXT };
            program.emit(JUMP_EQUAL, *number, *label, otherwise);
        }
        return;
    }
    let (low, high) = numbers.split_at(numbers.len() / 2);
    let upper = program.label();
    program.emit(JUMP_GREATER_OR_EQUAL, high[0].0, upper, NEXT);
    find(program, low, kill);
    program.place(upper);
    find(program, high, kill);
}

/// Goes to `allow` if all tests of one of the rules hold.
fn test_arguments(program: &mut Assembler, rules: &[&Rule], allow: Label, kill: Label) {
    for (at, rule) in rules.iter().enumerate() {
        let otherwise = if at + 1 == rules.len() { kill } else { program.label() };
        for (at, test) in rule.tests.iter().enumerate() {
            let passed = if at + 1 == rule.tests.len() { allow } else { program.label() };
            check(program, test, passed, otherwise);
            if at + 1 != rule.tests.len() {
                program.place(passed);
            }
        }
        if at + 1 != rules.len() {
            program.place(otherwise);
        }
    }
}

fn check(program: &mut Assembler, test: &Test, passed: Label, failed: Label) {
    program.emit(LOAD, ARGUMENTS + 8 * u32::from(test.argument), NEXT, NEXT);
    match test.condition {
        Condition::OneOf(values) => {
            for (at, value) in values.iter().enumerate() {
                program.emit(JUMP_EQUAL, *value, passed, if at + 1 == values.len() { failed } else { NEXT });
            }
        }
        Condition::Within(bits) => program.emit(JUMP_ANY_BIT, !bits, failed, passed),
        Condition::OwnProcess => program.emit(JUMP_EQUAL, OWN_PROCESS, passed, failed),
    }
}

#[cfg(test)]
mod tests {
    use abi::system_calls::{
        ALWAYS, HEAP, HOST_CALLS, INVOKE, MEMORY_GROW, MEMORY_MOVE, SYSTEM_CALLS, TABLE_GROW, TIMEOUT, WAIT,
    };

    use super::*;

    /// What the kernel does with a program.
    fn run(program: &[u64], architecture: u32, number: u32, arguments: [u64; 6]) -> u32 {
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let instruction = program[at];
            let operand = (instruction >> 32) as u32;
            let (if_true, if_false) = ((instruction >> 16) as u8, (instruction >> 24) as u8);
            let holds = match instruction as u16 {
                LOAD => {
                    accumulator = match operand {
                        NUMBER => number,
                        ARCHITECTURE => architecture,
                        argument => arguments[((argument - ARGUMENTS) / 8) as usize] as u32,
                    };
                    at += 1;
                    continue;
                }
                JUMP_EQUAL => accumulator == operand,
                JUMP_GREATER_OR_EQUAL => accumulator >= operand,
                JUMP_ANY_BIT => accumulator & operand != 0,
                RETURN => return operand,
                code => panic!("instruction {code:#x} at {at}"),
            };
            at += 1 + usize::from(if holds { if_true } else { if_false });
        }
    }

    fn everything() -> Vec<Rule> {
        let common = [ALWAYS, INVOKE, MEMORY_GROW, MEMORY_MOVE, TABLE_GROW, HEAP, WAIT, TIMEOUT].into_iter();
        let mut rules: Vec<Rule> =
            common.chain(HOST_CALLS.iter().flat_map(|calls| calls.rules.iter().copied())).flatten().copied().collect();
        rules.sort();
        rules.dedup();
        rules
    }

    /// Arguments that pass the tests of a rule.
    fn passing(rule: &Rule) -> [u64; 6] {
        let mut arguments = [0x5555_5555; 6];
        for test in rule.tests {
            arguments[usize::from(test.argument)] = match test.condition {
                Condition::OneOf(values) => u64::from(values[values.len() - 1]),
                Condition::Within(bits) => u64::from(bits),
                Condition::OwnProcess => u64::from(OWN_PROCESS),
            };
        }
        arguments
    }

    #[test]
    fn the_largest_filter_allows_what_it_must_and_nothing_else() {
        for (target, architecture) in
            [(Target::X86_64Linux, AUDIT_ARCH_X86_64), (Target::Aarch64Linux, AUDIT_ARCH_AARCH64)]
        {
            let rules = everything();
            let program = assemble(&rules, target).expect("all rules fit");
            for rule in &rules {
                let number = number(rule.call, target);
                assert_eq!(run(&program, architecture, number, passing(rule)), ALLOW, "{rule}");
                assert_eq!(run(&program, architecture ^ 1, number, passing(rule)), KILL_PROCESS, "{rule}");
                // The other instruction set of x86-64 with numbers of its own.
                assert_eq!(run(&program, architecture, number | 1 << 30, passing(rule)), KILL_PROCESS, "{rule}");
            }
            for number in 0..1000 {
                let known = SYSTEM_CALLS.iter().any(|call| self::number(*call, target) == number);
                let allowed = run(&program, architecture, number, [0; 6]) == ALLOW;
                assert!(known || !allowed, "{number}");
            }
        }
    }

    #[test]
    fn every_rule_is_enough_by_itself_and_every_test_matters() {
        let target = Target::X86_64Linux;
        for rule in everything() {
            let program = assemble(&[rule], target).expect("one rule fits");
            let allows = |arguments| run(&program, AUDIT_ARCH_X86_64, rule.call.x86_64, arguments) == ALLOW;
            assert!(allows(passing(&rule)), "{rule}");
            for test in rule.tests {
                let mut arguments = passing(&rule);
                arguments[usize::from(test.argument)] = 0x8000_0000;
                assert!(!allows(arguments), "{rule}");
            }
        }
    }

    #[test]
    fn of_several_rules_for_a_call_one_must_hold() {
        let mprotect = everything().into_iter().filter(|rule| rule.call.name == "mprotect");
        let program = assemble(&mprotect.collect::<Vec<_>>(), Target::X86_64Linux).expect("some rules fit");
        let allows = |protection| run(&program, AUDIT_ARCH_X86_64, 10, [0, 0, protection, 0, 0, 0]) == ALLOW;
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(allows), [true, false, false, true, false, false, false, false]);
    }
}
