//! The way from a module to an executable.

use std::io;

use anyhow::{Context, Result, anyhow};
use compiler::{Emit, Entry, Harden, MemoryBase, MemoryStrategy, OptLevel, Options, Output, Target};

use crate::args::{BuildArgs, CompileArgs, EmitKind, HardenKind, MemoryBaseKind, MemoryKind};
use crate::destination::Destination;
use crate::link::{self, LinkOptions, Linked};
use crate::linker::Linker;
use crate::report::{self, Progress, Timings, say};
use crate::sources::Sources;
use crate::{grants, record, runtime};

/// Compiles a module and leaves at the destination what `--emit` asks for.
pub fn build(args: &BuildArgs) -> Result<()> {
    let mut timings = Timings::default();
    let input = args.input.as_deref().context("no input is given")?;
    let sources = timings.measure("read", || Sources::read(input, &args.compile.modules))?;
    let destination = Destination::new(args.output.as_deref(), &sources, args.emit)?;
    let options = options(&args.compile, &sources, args.emit)?;
    match args.emit {
        EmitKind::Exe => {
            let linked = executable(sources, &options, &args.compile, &mut timings)?;
            timings.measure("write", || linked.write(&destination, 0o777))?;
        }
        EmitKind::Obj => {
            let output = compile(sources, &options, &args.compile, &mut timings)?;
            write_object(output, &options, &args.compile, &destination)?;
        }
        EmitKind::Asm | EmitKind::Clif => {
            let output = compile(sources, &options, &args.compile, &mut timings)?;
            destination.write(&mut output.listing.as_bytes(), 0o666)?;
        }
    }
    if args.compile.verbose {
        say(format_args!("wrote {}", destination.shown()));
    }
    if args.compile.timings {
        timings.print();
    }
    Ok(())
}

/// Compiles and links an executable.
pub fn executable(sources: Sources, options: &Options, args: &CompileArgs, timings: &mut Timings) -> Result<Linked> {
    // What cannot be linked need not be compiled.
    runtime::objects(options.target, false)?;
    let linker = Linker::for_executables(args.linker.as_deref(), options.target, options.debug_info)?;
    let output = compile(sources, options, args, timings)?;
    let runtime = runtime::objects(options.target, output.threads)?;
    let link_options =
        LinkOptions { target: options.target, linker: linker.as_ref(), runtime, debug_info: options.debug_info };
    let linked = timings.measure("link", || link::executable(output.objects, &link_options))?;
    if args.verbose {
        let own = || "the tool's own linker".to_string();
        let with = linker.map_or_else(own, |linker| linker.program().display().to_string());
        say(format_args!("linked with {with}: {} bytes", linked.size()?));
        io::Write::write_all(&mut io::stderr(), linked.messages().as_bytes()).ok();
    }
    Ok(linked)
}

/// Compiles, with progress, and prints the warnings.
fn compile(sources: Sources, options: &Options, args: &CompileArgs, timings: &mut Timings) -> Result<Output> {
    let progress = Progress::new();
    let result = compiler::compile(&sources.inputs(), options, &|done, total| progress.update(done, total));
    progress.finish();
    let output = result?;
    output.warnings.iter().for_each(report::warn);
    if let Some(warning) = grants::missing_directory(args, &output.host_functions) {
        report::warn(warning);
    }
    timings.extend(&output.timings);
    if args.verbose {
        report::print_compiled(&output);
    }
    Ok(output)
}

/// Writes the object of `--emit obj`; those of several modules become one.
fn write_object(output: Output, options: &Options, args: &CompileArgs, destination: &Destination) -> Result<()> {
    if let [object] = &output.objects[..] {
        return destination.write(&mut object.bytes.as_slice(), 0o666);
    }
    let linker = Linker::find(args.linker.as_deref(), options.target)?;
    link::relocatable(output.objects, &linker)?.write(destination, 0o666)
}

/// The compiler's options out of the command line's.
pub fn options(args: &CompileArgs, sources: &Sources, emit: EmitKind) -> Result<Options> {
    let no_host = || {
        let targets = Target::ALL.map(Target::triple).join(", ");
        anyhow!("executables for this machine are not supported; choose one with --target: {targets}")
    };
    Ok(Options {
        target: args.target.or(Target::host()).ok_or_else(no_host)?,
        cpu: args.target_cpu.clone(),
        opt_level: match args.opt_level {
            0 => OptLevel::None,
            1 => OptLevel::Basic,
            _ => OptLevel::Speed,
        },
        disabled_passes: args.disable_pass.iter().copied().collect(),
        memory: match args.memory {
            MemoryKind::Guard => MemoryStrategy::Guard,
            MemoryKind::Checked => MemoryStrategy::Checked,
        },
        memory_base: match args.memory_base {
            MemoryBaseKind::Fixed => MemoryBase::Fixed,
            MemoryBaseKind::Any => MemoryBase::Any,
        },
        debug_info: args.debug_info,
        entry: args.invoke.clone().map_or(Entry::Default, Entry::Invoke),
        policy: grants::policy(args),
        record: record::of(args, sources),
        harden: match args.harden {
            None => Harden::Default,
            Some(HardenKind::Off) => Harden::Off,
            Some(HardenKind::On) => Harden::On,
        },
        stack_size: args.stack_size.unwrap_or(abi::layout::DEFAULT_STACK_SIZE),
        max_memory: args.max_memory,
        max_table: args.max_table,
        timeout: args.timeout,
        max_heap: args.max_heap.min(abi::heap::MAX_HEAP_BYTES),
        heap_stress: false,
        all_exports: false,
        threads: args.threads.map_or(0, usize::from),
        emit: match emit {
            EmitKind::Exe | EmitKind::Obj => Emit::Object,
            EmitKind::Asm => Emit::Asm,
            EmitKind::Clif => Emit::Clif,
        },
    })
}
