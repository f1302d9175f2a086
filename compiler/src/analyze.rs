//! Whole-program facts: what is reachable from the entry, which tables never change, what globals hold, how each memory is
//! accessed. Only a closed world can know these; everything after relies on them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use abi::wasi::{HostFunction, THREAD_SPAWN, THREAD_START};
use wasmparser::ValType;

use crate::constant::{self, ConstValue, Globals};
use crate::error::{Error, Result};
use crate::memory_plan::{self, MemoryPlan};
use crate::module::{ElementItems, Entity, SegmentMode};
use crate::options::{Entry, MemoryBase, Options};
use crate::program::{FunctionTarget, Location, Program};
use crate::scan::Use;
use crate::target::Target;
use crate::throws::Throws;
use crate::types::{Hierarchy, TypeId};

/// Tables larger than this are allocated by the runtime rather than stored in the executable.
const STORED_TABLE_LIMIT: u64 = 1 << 20;

/// The same where every thread gets the elements with its instance.
const INSTANCE_TABLE_LIMIT: u64 = 1 << 12;

/// What is known of the program.
pub struct Facts {
    /// Functions to compile: bodies, and imports of host functions that need code of their own because they are
    /// referred to as values.
    pub live: BTreeSet<Location>,
    /// Functions that need a [`abi::layout::FuncRef`].
    pub escaping: BTreeSet<Location>,
    /// Host functions called from live code.
    pub host_functions: BTreeMap<(&'static str, &'static str), &'static HostFunction>,
    /// What each module's live bodies use, merged; import indices not yet followed.
    pub uses: Vec<BTreeSet<Use>>,
    /// Initial (for immutable globals: only) value of each global a module defines, by global index; see [`Globals`].
    pub globals: Vec<Vec<Option<ConstValue>>>,
    /// How each table is stored; tables without a live use are absent.
    pub tables: BTreeMap<Location, TablePlan>,
    /// How each memory is accessed.
    pub memories: BTreeMap<Location, MemoryPlan>,
    /// How objects are accessed; `None` when there can be none.
    pub heap: Option<HeapPlan>,
    /// Which functions can throw exceptions.
    pub throws: Throws,
    /// Functions the executable calls: exports of the main module.
    pub entries: Entries,
    /// Whether the program may start threads, each with an instance of its own.
    pub threads: bool,
}

/// The exports that run.
#[derive(Default, Debug)]
pub struct Entries {
    /// `_start` or what `--invoke` names, with its name.
    pub entry: Option<(String, u32)>,
    /// `_initialize`.
    pub initialize: Option<(String, u32)>,
    /// `wasi_thread_start`, if the program may start threads.
    pub thread_start: Option<(String, u32)>,
}

/// How a table is stored.
pub enum TablePlan {
    /// Never changes after instantiation: read-only [`abi::layout::StaticElement`]s.
    Static {
        /// Code of each element.
        elements: Vec<Option<Location>>,
        /// The canonical type of every non-null element, when they agree.
        uniform_type: Option<TypeId>,
        /// No element is null.
        full: bool,
        /// By type, what is known of the elements that have it.
        of_type: HashMap<TypeId, OfType>,
    },
    /// An [`abi::layout::Table`].
    Dynamic {
        /// The first elements are stored in the executable, with the segments applied.
        stored: bool,
        /// The size can change.
        grows: bool,
    },
}

/// The elements of an immutable table that have a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfType {
    /// There is one, at this index.
    One(u32, Location),
    /// There are several.
    Several,
}

/// How objects of the garbage-collected heap are accessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeapPlan {
    /// The heap's base is [`abi::layout::FIXED_MEMORY_BASE`].
    Fixed,
    /// The base is read from [`abi::heap::Heap::base`] and never changes.
    Based,
}

/// Gathers the facts.
///
/// # Errors
/// [`Error::Option`] when the entry does not exist.
pub fn analyze(program: &Program, options: &Options) -> Result<Facts> {
    let globals = constant::globals(program);
    let mut entries = entries(program, options)?;
    let mut reach = Reach::new(program, &globals);
    reach.roots(&entries, options.all_exports);
    reach.run();
    let threads = reach.host_functions.contains_key(&(THREAD_SPAWN.module, THREAD_SPAWN.name));
    if threads {
        entries.thread_start = thread_start(program)?;
        if let Some((_, index)) = &entries.thread_start {
            reach.function(code_of(program, program.modules.len() - 1, *index));
        }
        reach.run();
    }
    let Reach { live, mut escaping, host_functions, tables, elements, .. } = reach;

    let uses = merge_uses(program, &live);
    let tables: BTreeMap<Location, TablePlan> =
        tables.into_iter().map(|table| (table, plan_table(program, &uses, &globals, table, threads))).collect();
    for (table, plan) in &tables {
        if let TablePlan::Dynamic { .. } = plan {
            escaping.extend(table_functions(program, &globals, *table));
        }
    }
    escaping.extend(elements.iter().flat_map(|at| element_functions(program, &globals, *at)));
    // Of many heaps only one could be at the fixed place.
    let heap_fixed = fixed_possible(options) && !threads;
    let heap = plan_heap(&uses, &globals, program, heap_fixed);
    let fixed = fixed_possible(options) && heap != Some(HeapPlan::Fixed);
    let memories = memory_plan::plan(program, options, fixed, threads);
    let throws = Throws::find(program, &live, &referenced(&tables, &escaping));
    Ok(Facts { live, escaping, host_functions, uses, globals, tables, memories, heap, throws, entries, threads })
}

fn entries(program: &Program, options: &Options) -> Result<Entries> {
    let main = program.main();
    let function = |name: &str| match main.exports.get(name) {
        Some(Entity::Function(index)) => Some((name.to_string(), *index)),
        _ => None,
    };
    match &options.entry {
        Entry::Default => Ok(match function("_start") {
            Some((_, index)) if !is_plain(program, index) => {
                return Err(Error::Option(format!(
                    "{}: the export \"_start\" takes parameters or has results; a command's entry has none",
                    main.file
                )));
            }
            Some(start) => Entries { entry: Some(start), ..Entries::default() },
            // A reactor without --invoke is just initialised.
            None => Entries { entry: function("_initialize"), ..Entries::default() },
        }),
        Entry::Invoke(name) => {
            let entry = function(name).ok_or_else(|| no_such_export(program, name))?;
            let initialize = function("_initialize").filter(|(initialize, _)| initialize != name);
            Ok(Entries { entry: Some(entry), initialize, ..Entries::default() })
        }
    }
}

/// The export that new threads call, if there is one.
fn thread_start(program: &Program) -> Result<Option<(String, u32)>> {
    let main = program.main();
    let Some(Entity::Function(index)) = main.exports.get(THREAD_START) else { return Ok(None) };
    let ty = main.function_type(*index);
    if ty.params() != [ValType::I32; 2] || !ty.results().is_empty() {
        return Err(Error::Option(format!(
            "{}: the export \"{THREAD_START}\" must take the number of a thread and an argument, both i32, and have no results",
            main.file
        )));
    }
    Ok(Some((THREAD_START.to_string(), *index)))
}

fn is_plain(program: &Program, index: u32) -> bool {
    let ty = program.main().function_type(index);
    ty.params().is_empty() && ty.results().is_empty()
}

fn no_such_export(program: &Program, name: &str) -> Error {
    let main = program.main();
    let functions: Vec<String> = main
        .exports
        .iter()
        .filter(|(_, entity)| matches!(entity, Entity::Function(_)))
        .map(|(name, _)| name.escape_default().to_string())
        .collect();
    let choices = if functions.is_empty() { "none".to_string() } else { functions.join(", ") };
    Error::Option(format!(
        "{}: no exported function \"{}\" to invoke; exported functions: {choices}",
        main.file,
        name.escape_default()
    ))
}

/// A segment: module and index.
type SegmentAt = (usize, usize);

/// The search for everything reachable.
struct Reach<'p, 'a> {
    program: &'p Program<'a>,
    globals: &'p Globals,
    work: Vec<Location>,
    live: BTreeSet<Location>,
    escaping: BTreeSet<Location>,
    host_functions: BTreeMap<(&'static str, &'static str), &'static HostFunction>,
    tables: BTreeSet<Location>,
    elements: HashSet<SegmentAt>,
}

impl<'p, 'a> Reach<'p, 'a> {
    fn new(program: &'p Program<'a>, globals: &'p Globals) -> Self {
        Reach {
            program,
            globals,
            work: Vec::new(),
            live: BTreeSet::new(),
            escaping: BTreeSet::new(),
            host_functions: BTreeMap::new(),
            tables: BTreeSet::new(),
            elements: HashSet::new(),
        }
    }

    fn roots(&mut self, entries: &Entries, all_exports: bool) {
        let main = self.program.modules.len() - 1;
        for (_, index) in entries.entry.iter().chain(&entries.initialize) {
            self.function(code_of(self.program, main, *index));
        }
        for (at, module) in self.program.modules.iter().enumerate() {
            if let Some(start) = module.start {
                self.function(code_of(self.program, at, start));
            }
            self.dynamic_globals(at);
            if all_exports {
                for entity in module.exports.values() {
                    self.export(at, *entity);
                }
            }
        }
    }

    /// Functions that the initialiser refers to when it computes globals.
    fn dynamic_globals(&mut self, module: usize) {
        let parsed = &self.program.modules[module];
        for (expression, index) in parsed.global_inits.iter().zip(parsed.imported_globals.len()..) {
            if self.globals[module][index].is_none() {
                for function in constant::functions(self.program, self.globals, module, expression) {
                    self.reference(function);
                }
            }
        }
    }

    fn export(&mut self, module: usize, entity: Entity) {
        match entity {
            Entity::Function(index) => self.function(code_of(self.program, module, index)),
            Entity::Global(index) => self.global(module, index),
            Entity::Table(_) | Entity::Memory(_) | Entity::Tag(_) => {}
        }
    }

    fn run(&mut self) {
        while let Some(location) = self.work.pop() {
            let module = &self.program.modules[location.module];
            match module.body_index(location.index) {
                Some(body) => {
                    for used in &self.program.uses[location.module][body] {
                        self.used(location.module, *used);
                    }
                }
                None => self.direct_call(location.module, location.index),
            }
        }
    }

    fn function(&mut self, location: Location) {
        if self.live.insert(location) {
            self.work.push(location);
        }
    }

    fn direct_call(&mut self, module: usize, index: u32) {
        match self.program.links[module].functions[index as usize] {
            FunctionTarget::Wasm(location) => self.function(location),
            FunctionTarget::Host(host) => {
                self.host_functions.insert((host.module, host.name), host);
            }
        }
    }

    fn used(&mut self, module: usize, used: Use) {
        match used {
            Use::Call(index) => self.direct_call(module, index),
            Use::RefFunc(index) => self.reference(code_of(self.program, module, index)),
            Use::TableCall(index) | Use::TableRead(index) | Use::TableWrite(index) | Use::TableGrow(index) => {
                self.table(self.program.links[module].tables[index as usize]);
            }
            Use::ElementInit(index) => {
                let at = (module, index as usize);
                if self.elements.insert(at) {
                    for function in element_functions(self.program, self.globals, at) {
                        self.function(function);
                    }
                }
            }
            Use::GlobalGet(index) => self.global(module, index),
            Use::ElementDrop(_)
            | Use::DataInit(_)
            | Use::DataDrop(_)
            | Use::MemoryGrow(_)
            | Use::Objects
            | Use::Exceptions
            | Use::Rethrow
            | Use::ReferenceCall
            | Use::Try => {}
        }
    }

    fn reference(&mut self, location: Location) {
        self.escaping.insert(location);
        self.function(location);
    }

    fn global(&mut self, module: usize, index: u32) {
        let location = self.program.links[module].globals[index as usize];
        if let Some(ConstValue::Function(function)) = self.globals[location.module][location.index as usize] {
            self.reference(function);
        }
    }

    fn table(&mut self, table: Location) {
        if self.tables.insert(table) {
            for function in table_functions(self.program, self.globals, table) {
                self.function(function);
            }
        }
    }
}

/// Where the code of a function is: its definition, or for a host function the importing module's thunk.
pub fn code_of(program: &Program, module: usize, index: u32) -> Location {
    match program.links[module].functions[index as usize] {
        FunctionTarget::Wasm(location) => location,
        FunctionTarget::Host(_) => Location { module, index },
    }
}

/// Functions that an element segment refers to.
fn element_functions(program: &Program, globals: &Globals, (module, segment): SegmentAt) -> Vec<Location> {
    match &program.modules[module].elements[segment].items {
        ElementItems::Functions(functions) => functions.iter().map(|index| code_of(program, module, *index)).collect(),
        ElementItems::Expressions(expressions) => {
            expressions.iter().flat_map(|item| constant::functions(program, globals, module, item)).collect()
        }
    }
}

/// Functions that a table is initialised with.
fn table_functions(program: &Program, globals: &Globals, table: Location) -> Vec<Location> {
    let mut functions: Vec<Location> =
        segments_of(program, table).flat_map(|at| element_functions(program, globals, at)).collect();
    if let Some(expression) = program.modules[table.module].table_init(table.index) {
        functions.extend(constant::functions(program, globals, table.module, expression));
    }
    functions
}

/// What the elements of a table are before any segment is applied; `None` when only the initialiser can compute it.
fn table_init(program: &Program, globals: &Globals, table: Location) -> Option<ConstValue> {
    match program.modules[table.module].table_init(table.index) {
        None => Some(ConstValue::Null),
        Some(expression) => constant::evaluate(program, globals, table.module, expression),
    }
}

/// Active element segments that write to `table`.
fn segments_of<'p>(program: &'p Program, table: Location) -> impl Iterator<Item = SegmentAt> + 'p {
    program.modules.iter().enumerate().flat_map(move |(module, parsed)| {
        parsed.elements.iter().enumerate().filter_map(move |(index, segment)| match segment.mode {
            SegmentMode::Active(target, _) if program.links[module].tables[target as usize] == table => {
                Some((module, index))
            }
            _ => None,
        })
    })
}

fn merge_uses(program: &Program, live: &BTreeSet<Location>) -> Vec<BTreeSet<Use>> {
    let mut merged = vec![BTreeSet::new(); program.modules.len()];
    for location in live {
        if let Some(body) = program.modules[location.module].body_index(location.index) {
            let uses = &program.uses[location.module][body];
            merged[location.module].extend(uses.iter().filter(|used| !matches!(used, Use::Call(_))));
        }
    }
    merged
}

fn plan_table(
    program: &Program,
    uses: &[BTreeSet<Use>],
    globals: &Globals,
    table: Location,
    threads: bool,
) -> TablePlan {
    let used = |wanted: fn(Use) -> Option<u32>| {
        uses.iter().enumerate().any(|(module, uses)| {
            let tables = &program.links[module].tables;
            uses.iter().any(|used| wanted(*used).is_some_and(|index| tables[index as usize] == table))
        })
    };
    let grows = used(|used| match used {
        Use::TableGrow(index) => Some(index),
        _ => None,
    });
    let beyond_calls = used(|used| match used {
        Use::TableRead(index) | Use::TableWrite(index) | Use::TableGrow(index) => Some(index),
        _ => None,
    });
    let size = program.table(table).initial;
    if size > STORED_TABLE_LIMIT {
        return TablePlan::Dynamic { stored: false, grows };
    }
    let Some(elements) = initial_elements(program, globals, table) else {
        return TablePlan::Dynamic { stored: false, grows };
    };
    let foreign = segments_of(program, table).any(|(module, _)| module != table.module);
    let functions = program.types.hierarchy(program.table(table).element_type, &[]) == Hierarchy::Func;
    if beyond_calls || foreign || !functions {
        return TablePlan::Dynamic { stored: !threads || size <= INSTANCE_TABLE_LIMIT, grows };
    }
    let elements: Vec<Option<Location>> = elements.into_iter().map(ConstValue::function).collect();
    let mut types = elements.iter().flatten().map(|location| type_id(program, *location));
    let first = types.next();
    let uniform_type = first.filter(|first| types.all(|ty| ty == *first));
    let full = elements.iter().all(Option::is_some);
    let of_type = elements_by_type(program, &elements);
    TablePlan::Static { elements, uniform_type, full, of_type }
}

fn elements_by_type(program: &Program, elements: &[Option<Location>]) -> HashMap<TypeId, OfType> {
    let mut of_type = HashMap::new();
    for (index, location) in (0..).zip(elements) {
        if let Some(location) = location {
            let entry = of_type.entry(type_id(program, *location));
            entry.and_modify(|known| *known = OfType::Several).or_insert(OfType::One(index, *location));
        }
    }
    of_type
}

/// Canonical type of a function.
pub fn type_id(program: &Program, function: Location) -> TypeId {
    program.modules[function.module].type_id(function.index)
}

/// A stored table with the segments of its own module applied, up to the first that does not fit (it traps). `None` when
/// only the initialiser can compute what is in it.
pub fn initial_elements(program: &Program, globals: &Globals, table: Location) -> Option<Vec<ConstValue>> {
    let mut elements = vec![table_init(program, globals, table)?; program.table(table).initial as usize];
    for (module, index) in segments_of(program, table).filter(|(module, _)| *module == table.module) {
        let segment = &program.modules[module].elements[index];
        let SegmentMode::Active(_, offset) = &segment.mode else { continue };
        let start = constant::index(program, globals, module, offset) as usize;
        let Some(slots) = elements.get_mut(start..start.saturating_add(segment.items.len())) else { break };
        for (slot, item) in slots.iter_mut().zip(constant::elements(program, globals, module, &segment.items)) {
            *slot = item?;
        }
    }
    Some(elements)
}

/// Functions that can be called through tables and references.
fn referenced(tables: &BTreeMap<Location, TablePlan>, escaping: &BTreeSet<Location>) -> BTreeSet<Location> {
    let mut referenced = escaping.clone();
    for plan in tables.values() {
        if let TablePlan::Static { elements, .. } = plan {
            referenced.extend(elements.iter().flatten());
        }
    }
    referenced
}

/// Objects take the fixed place where there are structures and arrays; a program with mere exceptions leaves it to its memory.
fn plan_heap(uses: &[BTreeSet<Use>], globals: &Globals, program: &Program, fixed: bool) -> Option<HeapPlan> {
    let computed = program.modules.iter().enumerate().any(|(at, module)| {
        let mut globals_here = globals[at].iter().skip(module.imported_globals.len());
        let mut tables = module.table_inits.iter().flatten();
        let mut items =
            module.elements.iter().flat_map(|element| constant::elements(program, globals, at, &element.items));
        globals_here.any(Option::is_none)
            || tables.any(|expression| constant::evaluate(program, globals, at, expression).is_none())
            || items.any(|item| item.is_none())
    });
    let used = |wanted| uses.iter().any(|uses| uses.contains(&wanted));
    if computed || used(Use::Objects) {
        return Some(if fixed { HeapPlan::Fixed } else { HeapPlan::Based });
    }
    used(Use::Exceptions).then_some(HeapPlan::Based)
}

fn fixed_possible(options: &Options) -> bool {
    options.memory_base == MemoryBase::Fixed && options.target == Target::X86_64Linux
}
