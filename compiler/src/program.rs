//! The whole program: modules in instantiation order, every import resolved to its definition or to a host function.

use abi::wasi::{self, CoreType, HostFunction};
use wasmparser::{FuncType, GlobalType, MemoryType, TableType, ValType};

use crate::error::{Error, ImportError, ImportReason, Result};
use crate::memory_plan::page_size_log2;
use crate::module::{Entity, Import, Module};
use crate::scan::{Use, Uses};
use crate::types::Types;

/// A definition: module and index in that module's index space.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Location {
    /// Position in [`Program::modules`].
    pub module: usize,
    /// Index there.
    pub index: u32,
}

/// What a function index stands for.
#[derive(Clone, Copy, Debug)]
pub enum FunctionTarget {
    /// A function with a body.
    Wasm(Location),
    /// A host function.
    Host(&'static HostFunction),
}

/// Index spaces of a module with imports followed to their definitions.
#[derive(Default)]
pub struct Links {
    /// Functions.
    pub functions: Vec<FunctionTarget>,
    /// Tables.
    pub tables: Vec<Location>,
    /// Memories.
    pub memories: Vec<Location>,
    /// Globals.
    pub globals: Vec<Location>,
    /// Tags: the definition is what tells tags of one type apart.
    pub tags: Vec<Location>,
    /// Imports whose size must be checked when the module is instantiated: it can grow before.
    pub runtime_checks: Vec<Entity>,
}

/// The whole program.
pub struct Program<'a> {
    /// In instantiation order; the main module is last.
    pub modules: Vec<Module<'a>>,
    /// Uses of each body of each module.
    pub uses: Vec<Vec<Uses>>,
    /// Of each module.
    pub links: Vec<Links>,
    /// Types of all modules.
    pub types: Types,
}

impl<'a> Program<'a> {
    /// The main module.
    pub fn main(&self) -> &Module<'a> {
        &self.modules[self.modules.len() - 1]
    }

    /// The number of the type of exceptions of the tag defined at `location`: behind those of the types.
    pub fn tag_number(&self, location: Location) -> u32 {
        let defined = |module: &Module| (module.tags.len() - module.imported_tags.len()) as u32;
        let before: u32 = self.modules[..location.module].iter().map(defined).sum();
        self.first_tag_number() + before + location.index - self.modules[location.module].imported_tags.len() as u32
    }

    /// The tags that modules define, in the order of their numbers.
    pub fn tags(&self) -> impl Iterator<Item = (&Module<'a>, u32)> {
        let defined = |module: &Module| module.imported_tags.len() as u32..module.tags.len() as u32;
        self.modules.iter().flat_map(move |module| defined(module).map(move |index| (module, index)))
    }

    /// The number of the type of the first tag's exceptions.
    pub fn first_tag_number(&self) -> u32 {
        self.types.all().len() as u32
    }

    /// Type of the memory defined at `location`.
    pub fn memory(&self, location: Location) -> &MemoryType {
        &self.modules[location.module].memories[location.index as usize]
    }

    /// Type of the table defined at `location`.
    pub fn table(&self, location: Location) -> &TableType {
        &self.modules[location.module].tables[location.index as usize]
    }

    /// Type of the global defined at `location`.
    pub fn global(&self, location: Location) -> &GlobalType {
        &self.modules[location.module].globals[location.index as usize]
    }
}

/// Links modules.
///
/// # Errors
/// [`Error::Link`] with every import that nothing satisfies.
pub fn link<'a>(modules: Vec<Module<'a>>, uses: Vec<Vec<Uses>>, types: Types) -> Result<Program<'a>> {
    let mut program = Program { modules, uses, links: Vec::new(), types };
    let mut errors = Vec::new();
    for module in 0..program.modules.len() {
        let links = link_module(&program, module, &mut errors);
        program.links.push(links);
    }
    if !errors.is_empty() {
        return Err(Error::Link(errors));
    }
    for module in 0..program.modules.len() {
        let checks = check_sizes(&program, module, &mut errors);
        program.links[module].runtime_checks = checks;
    }
    if errors.is_empty() { Ok(program) } else { Err(Error::Link(errors)) }
}

/// An import resolved to a definition of the right type, or the reason why not.
enum Resolved {
    Host(&'static HostFunction),
    Export(usize, Entity),
    /// A shared memory that no module has: the program has it by itself, for all that import it under this name.
    SharedMemory(Location),
}

fn link_module(program: &Program, module: usize, errors: &mut Vec<ImportError>) -> Links {
    let mut links = Links::default();
    let this = &program.modules[module];
    for import in &this.imports {
        let resolved = resolve(program, module, import, &links).and_then(|resolved| {
            check_type(program, module, import, &resolved)?;
            Ok(resolved)
        });
        match resolved {
            Ok(Resolved::Host(host)) => links.functions.push(FunctionTarget::Host(host)),
            Ok(Resolved::SharedMemory(location)) => links.memories.push(location),
            Ok(Resolved::Export(exporter, entity)) => {
                let from = &program.links[exporter];
                match entity {
                    Entity::Function(index) => links.functions.push(from.functions[index as usize]),
                    Entity::Table(index) => links.tables.push(from.tables[index as usize]),
                    Entity::Memory(index) => links.memories.push(from.memories[index as usize]),
                    Entity::Global(index) => links.globals.push(from.globals[index as usize]),
                    Entity::Tag(index) => links.tags.push(from.tags[index as usize]),
                }
            }
            Err(reason) => errors.push(ImportError {
                file: this.file.to_string(),
                module: import.module.to_string(),
                name: import.name.to_string(),
                reason,
            }),
        }
    }
    let own = |imported: usize, all: usize| (imported as u32..all as u32).map(move |index| Location { module, index });
    links.functions.extend(own(this.imported_functions.len(), this.functions.len()).map(FunctionTarget::Wasm));
    links.tables.extend(own(this.imported_tables.len(), this.tables.len()));
    links.memories.extend(own(this.imported_memories.len(), this.memories.len()));
    links.globals.extend(own(this.imported_globals.len(), this.globals.len()));
    links.tags.extend(own(this.imported_tags.len(), this.tags.len()));
    links
}

/// Finds what an import of a module stands for. `links` are those of its imports before.
fn resolve(
    program: &Program,
    module: usize,
    import: &Import,
    links: &Links,
) -> std::result::Result<Resolved, ImportReason> {
    // A later module of the same name hides an earlier one, as in the specification's `register`.
    let exporter = (0..module).rev().find(|at| program.modules[*at].name == import.module && !import.module.is_empty());
    if let Some(exporter) = exporter {
        let entity = program.modules[exporter].exports.get(import.name).ok_or(ImportReason::UnknownName)?;
        return Ok(Resolved::Export(exporter, *entity));
    }
    if let Some(host) = wasi::host_function(import.module, import.name) {
        return Ok(Resolved::Host(host));
    }
    if let Entity::Memory(index) = import.entity
        && program.modules[module].memories[index as usize].shared
    {
        let earlier = shared_memory(program, module, import, links);
        return Ok(Resolved::SharedMemory(earlier.unwrap_or(Location { module, index })));
    }
    if wasi::MODULES.contains(&import.module) {
        Err(ImportReason::UnknownName)
    } else {
        Err(ImportReason::UnknownModule)
    }
}

/// The memory that was imported before under the same name.
fn shared_memory(program: &Program, module: usize, import: &Import, links: &Links) -> Option<Location> {
    let all_links = program.links.iter().chain([links]);
    program.modules[..=module].iter().zip(all_links).find_map(|(earlier, links)| {
        let same = |other: &&Import| (other.module, other.name) == (import.module, import.name);
        let memories = earlier.imports.iter().filter(same).filter_map(|other| match other.entity {
            Entity::Memory(index) => links.memories.get(index as usize),
            _ => None,
        });
        memories.into_iter().next().copied()
    })
}

fn check_type(
    program: &Program,
    module: usize,
    import: &Import,
    resolved: &Resolved,
) -> std::result::Result<(), ImportReason> {
    let importer = &program.modules[module];
    let expected = describe(importer, import.entity);
    let (found, equal) = match *resolved {
        Resolved::Host(host) => {
            let ty = host_type(host);
            let equal = matches!(import.entity, Entity::Function(index) if *importer.function_type(index) == ty);
            (describe_function(&ty), equal)
        }
        Resolved::Export(exporter, entity) => {
            let exporter = &program.modules[exporter];
            (describe(exporter, entity), matches(&program.types, (importer, import.entity), (exporter, entity)))
        }
        Resolved::SharedMemory(location) => {
            let (owner, entity) = (&program.modules[location.module], Entity::Memory(location.index));
            (describe(owner, entity), matches(&program.types, (importer, import.entity), (owner, entity)))
        }
    };
    if equal { Ok(()) } else { Err(ImportReason::Type(expected, found)) }
}

/// Import matching of the specification, but for minimum sizes, which may grow until the import happens.
fn matches(types: &Types, (importer, import): (&Module, Entity), (exporter, export): (&Module, Entity)) -> bool {
    match (import, export) {
        (Entity::Function(a), Entity::Function(b)) => types.is_subtype(exporter.type_id(b), importer.type_id(a)),
        (Entity::Global(a), Entity::Global(b)) => {
            let (a, b) = (&importer.globals[a as usize], &exporter.globals[b as usize]);
            a == b
                || !a.mutable
                    && !b.mutable
                    && a.shared == b.shared
                    && types.is_value_subtype(b.content_type, a.content_type)
        }
        (Entity::Tag(a), Entity::Tag(b)) => importer.tag_type(a).id == exporter.tag_type(b).id,
        (Entity::Table(a), Entity::Table(b)) => {
            let (a, b) = (&importer.tables[a as usize], &exporter.tables[b as usize]);
            a.element_type == b.element_type && a.table64 == b.table64 && maximum_fits(a.maximum, b.maximum)
        }
        (Entity::Memory(a), Entity::Memory(b)) => {
            let (a, b) = (&importer.memories[a as usize], &exporter.memories[b as usize]);
            a.memory64 == b.memory64
                && a.shared == b.shared
                && page_size_log2(a) == page_size_log2(b)
                && maximum_fits(a.maximum, b.maximum)
        }
        _ => false,
    }
}

fn maximum_fits(import: Option<u64>, export: Option<u64>) -> bool {
    match (import, export) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(import), Some(export)) => export <= import,
    }
}

/// Compares minimum sizes of imported memories and tables. Where the definition is smaller and can never grow, that is an
/// error; where it can, the check is left to instantiation.
fn check_sizes(program: &Program, module: usize, errors: &mut Vec<ImportError>) -> Vec<Entity> {
    let this = &program.modules[module];
    let links = &program.links[module];
    let mut checks = Vec::new();
    for import in &this.imports {
        let (wanted, found, grows) = match import.entity {
            Entity::Memory(index) => {
                let location = links.memories[index as usize];
                let grows = can_grow(
                    program,
                    location,
                    |links| &links.memories,
                    |used| match used {
                        Use::MemoryGrow(index) => Some(index),
                        _ => None,
                    },
                );
                (this.memories[index as usize].initial, program.memory(location).initial, grows)
            }
            Entity::Table(index) => {
                let location = links.tables[index as usize];
                let grows = can_grow(
                    program,
                    location,
                    |links| &links.tables,
                    |used| match used {
                        Use::TableGrow(index) => Some(index),
                        _ => None,
                    },
                );
                (this.tables[index as usize].initial, program.table(location).initial, grows)
            }
            _ => continue,
        };
        if found < wanted && grows {
            checks.push(import.entity);
        } else if found < wanted {
            errors.push(ImportError {
                file: this.file.to_string(),
                module: import.module.to_string(),
                name: import.name.to_string(),
                reason: ImportReason::Type(format!("a minimum size of {wanted}"), found.to_string()),
            });
        }
    }
    checks
}

fn can_grow(
    program: &Program,
    location: Location,
    space: impl Fn(&Links) -> &Vec<Location>,
    grown: impl Fn(Use) -> Option<u32>,
) -> bool {
    program.uses.iter().zip(&program.links).any(|(bodies, links)| {
        bodies.iter().flatten().any(|used| grown(*used).is_some_and(|index| space(links)[index as usize] == location))
    })
}

/// Core type of a host function, without the memory.
pub fn host_type(host: &HostFunction) -> FuncType {
    let core = |ty: &CoreType| match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
    };
    FuncType::new(host.params.iter().map(core), host.results.iter().map(core))
}

fn describe(module: &Module, entity: Entity) -> String {
    match entity {
        Entity::Function(index) => describe_function(module.function_type(index)),
        Entity::Table(index) => {
            let ty = &module.tables[index as usize];
            let index_type = describe_index_type(ty.table64);
            format!("table {index_type}{}{} {}", ty.initial, describe_maximum(ty.maximum), ty.element_type)
        }
        Entity::Memory(index) => {
            let ty = &module.memories[index as usize];
            let index_type = describe_index_type(ty.memory64);
            let shared = if ty.shared { " shared" } else { "" };
            let page_size = ty.page_size_log2.map(|log2| format!(" (pagesize {})", 1u64 << log2)).unwrap_or_default();
            format!("memory {index_type}{}{}{shared}{page_size}", ty.initial, describe_maximum(ty.maximum))
        }
        Entity::Global(index) => {
            let ty = &module.globals[index as usize];
            let mutable = if ty.mutable { "mutable " } else { "" };
            format!("{mutable}global {}", ty.content_type)
        }
        Entity::Tag(index) => format!("tag {}", describe_types(module.tag_type(index).function().params())),
    }
}

fn describe_index_type(is_64: bool) -> &'static str {
    if is_64 { "i64 " } else { "" }
}

fn describe_maximum(maximum: Option<u64>) -> String {
    maximum.map(|maximum| format!("..{maximum}")).unwrap_or_default()
}

fn describe_function(ty: &FuncType) -> String {
    format!("function {} -> {}", describe_types(ty.params()), describe_types(ty.results()))
}

fn describe_types(types: &[ValType]) -> String {
    let types: Vec<String> = types.iter().map(|ty| ty.to_string()).collect();
    format!("({})", types.join(" "))
}
