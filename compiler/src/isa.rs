//! Cranelift's settings for a target and processor, and what the executable must find at start.

use abi::layout::cpu;
use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::Architecture;

use crate::error::{Error, Result};
use crate::options::{Cpu, OptLevel, Options};
use crate::target::Target;

/// Log2 of the largest frame that needs no probes: [`abi::layout::STACK_GUARD`] is larger by more than
/// [`abi::layout::HOST_STACK`].
const UNPROBED_FRAME_LOG2: &str = "16";

/// Builds the code generator for `opt_level`, which need not be the one that the options ask for. With `frames` every function
/// has a frame pointer, else only those that call something. With `instances` a register is kept for the address of the
/// thread's instance.
///
/// # Errors
/// [`Error::Option`] for a processor that is unknown or not this machine's.
pub fn build(options: &Options, opt_level: OptLevel, frames: bool, instances: bool) -> Result<OwnedTargetIsa> {
    let triple = options.target.triple().parse().map_err(|error| Error::Option(format!("target: {error}")))?;
    let mut builder = isa::lookup(triple).map_err(|error| Error::Option(format!("{}: {error}", options.target)))?;
    match &options.cpu {
        Cpu::Baseline => {}
        Cpu::Native if Target::host() != Some(options.target) => {
            return Err(Error::Option(format!(
                "--target-cpu native means this machine's processor, which is not a {} one",
                options.target
            )));
        }
        Cpu::Native => cranelift_native::infer_native_flags(&mut builder)
            .map_err(|error| Error::Option(format!("this machine's processor: {error}")))?,
        Cpu::Named(name) => builder.enable(name).map_err(|_| {
            Error::Option(format!(
                "unknown processor \"{}\" for {}; try baseline, native, or a name such as {}",
                name.escape_default(),
                options.target,
                options.target.processor_examples()
            ))
        })?,
    }
    let isa = finish(builder, options, opt_level, frames, instances)?;
    let implied = implied_features(&*isa);
    if implied.is_empty() {
        return Ok(isa);
    }
    let mut builder = isa::Builder::from_target_isa(&*isa);
    for feature in implied {
        builder.enable(feature).map_err(|error| Error::Option(format!("code generator: {feature}: {error}")))?;
    }
    finish(builder, options, opt_level, frames, instances)
}

fn finish(
    builder: isa::Builder,
    options: &Options,
    opt_level: OptLevel,
    frames: bool,
    instances: bool,
) -> Result<OwnedTargetIsa> {
    builder
        .finish(flags(options, opt_level, frames, instances)?)
        .map_err(|error| Error::Option(format!("code generator: {error}")))
}

/// What the enabled features imply but Cranelift's names for processors leave out: its x86-64-v3 has AVX2 and FMA but not AVX,
/// without which neither is used.
fn implied_features(isa: &dyn TargetIsa) -> Vec<&'static str> {
    let flags = isa.isa_flags();
    let enabled = |name: &str| flags.iter().any(|value| value.name == name && value.as_bool() == Some(true));
    let implications = [("has_avx2", "has_avx"), ("has_fma", "has_avx"), ("has_avx512vl", "has_avx512f")];
    let missing = implications.into_iter().filter(|(feature, implied)| enabled(feature) && !enabled(implied));
    missing.map(|(_, implied)| implied).collect()
}

fn flags(options: &Options, opt_level: OptLevel, frames: bool, instances: bool) -> Result<settings::Flags> {
    let mut flags = settings::builder();
    let (opt_level, regalloc) = match opt_level {
        OptLevel::None => ("none", "single_pass"),
        OptLevel::Basic | OptLevel::Speed => ("speed", "backtracking"),
    };
    let verify = if cfg!(debug_assertions) { "true" } else { "false" };
    for (name, value) in [
        ("opt_level", opt_level),
        ("regalloc_algorithm", regalloc),
        ("enable_verifier", verify),
        // Every symbol is in the executable and reached relative to the instruction; aarch64 would go through a GOT.
        ("is_pic", "false"),
        ("use_colocated_libcalls", "true"),
        ("preserve_frame_pointers", if frames { "true" } else { "false" }),
        ("unwind_info", if options.debug_info { "true" } else { "false" }),
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("probestack_size_log2", UNPROBED_FRAME_LOG2),
        ("enable_multi_ret_implicit_sret", "true"),
        // Says where basic blocks begin.
        ("machine_code_cfg_info", if options.compacts() { "true" } else { "false" }),
        ("enable_pinned_reg", if instances { "true" } else { "false" }),
        ("enable_heap_access_spectre_mitigation", "true"),
    ] {
        flags.set(name, value).map_err(|error| Error::Option(format!("code generator setting {name}: {error}")))?;
    }
    Ok(settings::Flags::new(flags))
}

/// Bits of [`abi::layout::cpu`] that the code may use.
pub fn required_features(isa: &dyn TargetIsa) -> u64 {
    let bit = |name: &str| match name {
        "has_sse3" => cpu::SSE3,
        "has_ssse3" => cpu::SSSE3,
        "has_sse41" => cpu::SSE41,
        "has_sse42" => cpu::SSE42,
        "has_popcnt" => cpu::POPCNT,
        "has_avx" => cpu::AVX,
        "has_avx2" => cpu::AVX2,
        "has_fma" => cpu::FMA,
        "has_bmi1" => cpu::BMI1,
        "has_bmi2" => cpu::BMI2,
        "has_lzcnt" => cpu::LZCNT,
        "has_avx512f" => cpu::AVX512F,
        "has_avx512vl" => cpu::AVX512VL,
        "has_avx512dq" => cpu::AVX512DQ,
        "has_avx512vbmi" => cpu::AVX512VBMI,
        "has_avx512bitalg" => cpu::AVX512BITALG,
        "has_cmpxchg16b" => cpu::CX16,
        _ => 0,
    };
    let enabled = isa.isa_flags().into_iter().filter(|value| value.as_bool() == Some(true));
    enabled.map(|value| bit(value.name)).fold(0, |all, one| all | one)
}

/// Whether an instruction permutes bytes in any way: not so on x86 before SSSE3.
pub fn permutes_bytes(isa: &dyn TargetIsa) -> bool {
    isa.triple().architecture != Architecture::X86_64 || isa.has_x86_pshufb_lowering()
}

/// Whether an instruction with a result of 32 bits leaves zeros above it in the register, and an address takes a register of 64
/// bits: on aarch64 an address takes 32 bits just as well.
pub fn extends_results(isa: &dyn TargetIsa) -> bool {
    isa.triple().architecture == Architecture::X86_64
}

/// Whether instructions put their result where their first operand was.
pub fn reuses_operands(isa: &dyn TargetIsa) -> bool {
    isa.triple().architecture == Architecture::X86_64
}

/// Whether those with vectors and floating-point numbers do so too: not with AVX, whose instructions name a place for the result.
pub fn reuses_vectors(isa: &dyn TargetIsa) -> bool {
    !isa.isa_flags().iter().any(|value| value.name == "has_avx" && value.as_bool() == Some(true))
}
