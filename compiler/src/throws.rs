//! Which functions can throw: calls of the others need no handlers.

use std::collections::{BTreeSet, HashMap};

use crate::analyze::code_of;
use crate::program::{Location, Program};
use crate::scan::Use;

/// The functions that can throw exceptions.
#[derive(Default)]
pub struct Throws {
    functions: BTreeSet<Location>,
    by_reference: bool,
}

impl Throws {
    /// Finds them among the live functions. `referenced` are those that can be called through references and tables.
    pub fn find(program: &Program, live: &BTreeSet<Location>, referenced: &BTreeSet<Location>) -> Throws {
        let mut callers: HashMap<Location, Vec<Location>> = HashMap::new();
        let mut callers_by_reference = Vec::new();
        let (mut throwing, mut rethrowing) = (Vec::new(), Vec::new());
        for function in live {
            for used in uses(program, *function) {
                match used {
                    Use::Call(index) => {
                        callers.entry(code_of(program, function.module, *index)).or_default().push(*function);
                    }
                    Use::TableCall(_) | Use::ReferenceCall => callers_by_reference.push(*function),
                    Use::Exceptions => throwing.push(*function),
                    Use::Rethrow => rethrowing.push(*function),
                    _ => {}
                }
            }
        }
        let mut throws = Throws::default();
        if throwing.is_empty() {
            // Nothing can be thrown again either.
            return throws;
        }
        throwing.append(&mut rethrowing);
        while let Some(function) = throwing.pop() {
            if !throws.functions.insert(function) {
                continue;
            }
            if !throws.by_reference && referenced.contains(&function) {
                throws.by_reference = true;
                throwing.append(&mut callers_by_reference);
            }
            throwing.extend(callers.remove(&function).into_iter().flatten());
        }
        throws
    }

    /// Whether anything throws.
    pub fn any(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Whether a function can throw.
    pub fn function(&self, function: Location) -> bool {
        self.functions.contains(&function)
    }

    /// Whether a function that is called through a reference or a table can throw.
    pub fn by_reference(&self) -> bool {
        self.by_reference
    }
}

fn uses<'p>(program: &'p Program, function: Location) -> &'p [Use] {
    let body = program.modules[function.module].body_index(function.index);
    body.map_or(&[], |body| &program.uses[function.module][body])
}
