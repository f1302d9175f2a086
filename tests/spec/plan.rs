//! Turns the directives of a script into programs: modules that import from each other, directly or not, share one.

use crate::script::{Action, Check, Expected, Kind, Module, Outcome, Plan, Program, Step};
use crate::spectest::{self, Spectest};
use crate::values::{Pattern, argument};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use wast::token::{Id, Span};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, WastInvoke, Wat};

/// Reads a script. Whatever cannot be planned is a failed outcome.
pub fn plan(text: &str) -> Plan {
    let mut planner = Planner { lines: line_starts(text), ..Planner::default() };
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let parsed = wast::parser::ParseBuffer::new_with_lexer(lexer).and_then(|buffer| {
        wast::parser::parse::<Wast<'_>>(&buffer).map(|script| planner.directives(script.directives))
    });
    if let Err(error) = parsed {
        let line = planner.line(error.span());
        planner.fail(line, Kind::Other, format!("the script does not parse: {}", error.message()));
    }
    planner.finish()
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// An instance of a module, or what is to become one.
struct Instance {
    module: Module,
    /// What it imports from `spectest`.
    spectest: Spectest,
    /// Instances it imports from.
    providers: Vec<usize>,
}

/// A module's bytes for the compiler, and what it imports as (module, name).
#[derive(Clone)]
struct Source {
    bytes: Arc<[u8]>,
    imports: Vec<(String, String)>,
}

#[derive(Default)]
struct Planner {
    /// Offset of the first byte of each line.
    lines: Vec<usize>,
    instances: Vec<Instance>,
    /// Instances by identifier.
    identifiers: HashMap<String, usize>,
    /// Instances by registered name.
    registry: HashMap<String, usize>,
    /// Definitions by identifier; the last one also under none.
    definitions: HashMap<Option<String>, Source>,
    /// The last instance.
    current: Option<usize>,
    /// The last instance that touches `spectest`'s memory or table: these are shared by all, so their users share a program.
    spectest_user: Option<usize>,
    /// Instances that must share a program for other reasons than imports.
    ties: Vec<(usize, usize)>,
    /// [`Step::module`] is an index into `instances` here.
    steps: Vec<Step>,
    checks: Vec<Check>,
    outcomes: Vec<Outcome>,
}

impl Planner {
    fn directives(&mut self, directives: Vec<WastDirective<'_>>) {
        for directive in directives {
            let line = self.line(directive.span());
            let kind = kind(&directive);
            if let Err(message) = self.directive(line, kind, directive) {
                self.fail(line, kind, message);
            }
        }
    }

    fn directive(&mut self, line: usize, kind: Kind, directive: WastDirective<'_>) -> Result<(), String> {
        match directive {
            WastDirective::Module(mut module) => {
                // A module that cannot be built is no longer what unnamed invocations mean.
                self.current = None;
                let source = source(&mut module)?;
                let instance = self.instance(line, source, kind, Expected::Success);
                self.name_instance(instance, module.name());
            }
            WastDirective::ModuleDefinition(mut module) => {
                let name = module.name().map(|id| id.name().to_string());
                let source = source(&mut module)?;
                self.check(line, kind, String::new(), &source);
                self.definitions.insert(None, source.clone());
                self.definitions.insert(name, source);
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                self.current = None;
                let name = module.map(|id| id.name().to_string());
                let source = self.definitions.get(&name).ok_or("no such definition")?;
                let index = self.instance(line, source.clone(), kind, Expected::Success);
                self.name_instance(index, instance);
            }
            WastDirective::Register { name, module, .. } => self.register(line, name, module)?,
            WastDirective::Invoke(invoke) => self.invoke(line, kind, invoke, Expected::Success)?,
            WastDirective::AssertReturn { exec, results, .. } => {
                let patterns = results.iter().map(Pattern::new).collect::<Result<_, _>>()?;
                self.execute(line, kind, exec, Expected::Values(patterns))?;
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                self.execute(line, kind, exec, Expected::Trap(message.to_string()))?;
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                self.invoke(line, kind, call, Expected::Trap(message.to_string()))?;
            }
            WastDirective::AssertException { exec, .. } => self.execute(line, kind, exec, Expected::Exception)?,
            WastDirective::AssertInvalid { mut module, message, .. }
            | WastDirective::AssertMalformed { mut module, message, .. } => {
                let module = Module { name: String::new(), line, bytes: source(&mut module)?.bytes };
                self.checks.push(Check { line, kind, message: message.to_string(), modules: vec![module] });
            }
            WastDirective::AssertUnlinkable { module, message, .. } => self.unlinkable(line, module, message)?,
            _ => return Err("the runner does not know this directive".into()),
        }
        Ok(())
    }

    /// Adds an instance and the step that makes it; resolves its imports among the names registered so far.
    fn instance(&mut self, line: usize, source: Source, kind: Kind, expected: Expected) -> usize {
        let index = self.instances.len();
        let imports = |name: &str| source.imports.iter().any(|(module, _)| module == name);
        let providers = self.registry.iter().filter(|(name, _)| imports(name)).map(|(_, provider)| *provider).collect();
        let shares_spectest = source
            .imports
            .iter()
            .any(|(module, name)| module == spectest::NAME && (name.contains("memory") || name.contains("table")));
        if shares_spectest && let Some(other) = self.spectest_user.replace(index) {
            self.ties.push((other, index));
        }
        let module = Module { name: String::new(), line, bytes: source.bytes.clone() };
        self.instances.push(Instance { module, spectest: Spectest::imported(&source.imports), providers });
        self.steps.push(Step { line, kind, module: index, action: Action::Instantiate, expected });
        index
    }

    fn name_instance(&mut self, instance: usize, id: Option<Id<'_>>) {
        self.current = Some(instance);
        if let Some(id) = id {
            self.identifiers.insert(id.name().to_string(), instance);
        }
    }

    fn find(&self, id: Option<Id<'_>>) -> Result<usize, String> {
        match id {
            Some(id) => self.identifiers.get(id.name()).copied().ok_or_else(|| format!("no module ${}", id.name())),
            None => self.current.ok_or_else(|| "no module before this".to_string()),
        }
    }

    /// Gives an instance its name in the program. The compiler resolves imports by that one name, so a second name for
    /// the same instance, or a second instance of the same name, has no place in a program; no script asks for it.
    fn register(&mut self, line: usize, name: &str, id: Option<Id<'_>>) -> Result<(), String> {
        let instance = self.find(id)?;
        if self.registry.contains_key(name) || self.registry.values().any(|other| *other == instance) {
            return Err(format!(
                "\"{name}\" or its module is registered already, the runner supports one name a module"
            ));
        }
        self.registry.insert(name.to_string(), instance);
        self.instances[instance].module.name = name.to_string();
        let (action, expected) = (Action::Register, Expected::Success);
        self.steps.push(Step { line, kind: Kind::Register, module: instance, action, expected });
        Ok(())
    }

    fn invoke(&mut self, line: usize, kind: Kind, invoke: WastInvoke<'_>, expected: Expected) -> Result<(), String> {
        let module = self.find(invoke.module)?;
        let arguments = invoke.args.iter().map(argument).collect::<Result<_, _>>()?;
        let action = Action::Invoke(invoke.name.to_string(), arguments);
        self.steps.push(Step { line, kind, module, action, expected });
        Ok(())
    }

    fn execute(&mut self, line: usize, kind: Kind, exec: WastExecute<'_>, expected: Expected) -> Result<(), String> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(line, kind, invoke, expected)?,
            WastExecute::Get { module, global, .. } => {
                let module = self.find(module)?;
                self.steps.push(Step { line, kind, module, action: Action::Get(global.to_string()), expected });
            }
            WastExecute::Wat(module) => {
                let source = source(&mut QuoteWat::Wat(module))?;
                self.instance(line, source, kind, expected);
            }
        }
        Ok(())
    }

    fn unlinkable(&mut self, line: usize, module: Wat<'_>, message: &str) -> Result<(), String> {
        let source = source(&mut QuoteWat::Wat(module))?;
        // Before bulk memory, segments were checked while linking; since then an instance that traps is left behind.
        let trap = match message {
            "data segment does not fit" => "out of bounds memory access",
            "elements segment does not fit" => "out of bounds table access",
            _ => {
                self.check(line, Kind::Unlinkable, message.to_string(), &source);
                return Ok(());
            }
        };
        self.instance(line, source, Kind::Unlinkable, Expected::Trap(trap.into()));
        Ok(())
    }

    /// Adds a check of one module together with all that it imports from.
    fn check(&mut self, line: usize, kind: Kind, message: String, source: &Source) {
        let mut needed = BTreeSet::new();
        let mut open: Vec<usize> =
            source.imports.iter().filter_map(|(module, _)| self.registry.get(module)).copied().collect();
        let mut spectest = Spectest::imported(&source.imports);
        while let Some(index) = open.pop() {
            if needed.insert(index) {
                open.extend(&self.instances[index].providers);
                spectest = spectest.max(self.instances[index].spectest);
            }
        }
        let mut modules: Vec<Module> = spectest.module().into_iter().collect();
        modules.extend(needed.iter().map(|index| self.instances[*index].module.clone()));
        modules.push(Module { name: String::new(), line, bytes: source.bytes.clone() });
        self.checks.push(Check { line, kind, message, modules });
    }

    fn line(&self, span: Span) -> usize {
        self.lines.partition_point(|start| *start <= span.offset())
    }

    fn fail(&mut self, line: usize, kind: Kind, message: String) {
        self.outcomes.push(Outcome { line, kind, result: Err(message) });
    }

    fn finish(self) -> Plan {
        let programs = self.groups();
        let mut places = vec![(0, 0); self.instances.len()];
        let mut plan = Plan { programs: Vec::new(), checks: self.checks, outcomes: self.outcomes };
        for (number, members) in programs.into_iter().enumerate() {
            let spectest = members.iter().map(|member| self.instances[*member].spectest).max();
            let mut modules: Vec<Module> = spectest.and_then(Spectest::module).into_iter().collect();
            let spectest = !modules.is_empty();
            for member in members {
                places[member] = (number, modules.len());
                let mut module = self.instances[member].module.clone();
                if module.name.is_empty() {
                    // No import in the suite looks like this, so an instance that is never registered is never found.
                    module.name = format!("module {}", modules.len());
                }
                modules.push(module);
            }
            plan.programs.push(Program { modules, spectest, steps: Vec::new() });
        }
        for step in self.steps {
            let (program, module) = places[step.module];
            plan.programs[program].steps.push(Step { module, ..step });
        }
        plan
    }

    /// Instances that must share a program, each group in order of instantiation.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut group: Vec<usize> = (0..self.instances.len()).collect();
        let imports = self
            .instances
            .iter()
            .enumerate()
            .flat_map(|(index, it)| it.providers.iter().map(move |other| (*other, index)));
        for (a, b) in imports.chain(self.ties.iter().copied()) {
            let (from, to) = (group[a].max(group[b]), group[a].min(group[b]));
            group.iter_mut().filter(|number| **number == from).for_each(|number| *number = to);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, number) in group.into_iter().enumerate() {
            groups.entry(number).or_default().push(index);
        }
        groups.into_values().collect()
    }
}

fn kind(directive: &WastDirective<'_>) -> Kind {
    match directive {
        WastDirective::Module(_) | WastDirective::ModuleInstance { .. } => Kind::Module,
        WastDirective::ModuleDefinition(_) => Kind::Definition,
        WastDirective::Register { .. } => Kind::Register,
        WastDirective::Invoke(_) => Kind::Invoke,
        WastDirective::AssertReturn { .. } => Kind::Return,
        WastDirective::AssertTrap { .. } => Kind::Trap,
        WastDirective::AssertExhaustion { .. } => Kind::Exhaustion,
        WastDirective::AssertException { .. } => Kind::Exception,
        WastDirective::AssertInvalid { .. } => Kind::Invalid,
        WastDirective::AssertMalformed { .. } => Kind::Malformed,
        WastDirective::AssertUnlinkable { .. } => Kind::Unlinkable,
        _ => Kind::Other,
    }
}

/// What the compiler gets: the binary of a module written in the script, the text of a quoted one.
fn source(module: &mut QuoteWat<'_>) -> Result<Source, String> {
    let test = module.to_test().map_err(|error| format!("the module does not encode: {}", error.message()))?;
    let (bytes, imports) = match test {
        QuoteWatTest::Binary(bytes) => {
            let imports = imports(&bytes);
            (bytes, imports)
        }
        QuoteWatTest::Text(text) => {
            // Text that does not parse imports nothing; compiling it reports the error.
            let imports = wat::parse_bytes(&text).map(|binary| imports(&binary)).unwrap_or_default();
            (text, imports)
        }
    };
    Ok(Source { bytes: bytes.into(), imports })
}

/// The imports of a module up to the first error in it, which compiling it reports.
fn imports(binary: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { break };
        if let wasmparser::Payload::ImportSection(section) = payload {
            let imports = section.into_imports().map_while(Result::ok);
            found.extend(imports.map(|import| (import.module.to_string(), import.name.to_string())));
        }
    }
    found
}
