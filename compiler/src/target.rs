//! One row per target: triple, ISA flags, link arguments. Platform words appear here and in the runtime's `sys/` only.

use std::fmt;

/// A supported target.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Target {
    /// 64-bit x86, Linux.
    #[default]
    X86_64Linux,
    /// 64-bit ARM, Linux.
    Aarch64Linux,
}

impl Target {
    /// Every supported target.
    pub const ALL: [Target; 2] = [Target::X86_64Linux, Target::Aarch64Linux];

    /// From a triple such as `x86_64-unknown-linux-gnu`; vendor and environment are ignored, as executables are static.
    pub fn from_triple(triple: &str) -> Option<Target> {
        let mut parts = triple.split('-');
        let arch = parts.next()?;
        let linux = parts.any(|part| part == "linux");
        match arch {
            "x86_64" | "amd64" if linux => Some(Target::X86_64Linux),
            "aarch64" | "arm64" if linux => Some(Target::Aarch64Linux),
            _ => None,
        }
    }

    /// This machine's target, when it is a supported one.
    pub fn host() -> Option<Target> {
        match (std::env::consts::ARCH, std::env::consts::OS) {
            ("x86_64", "linux") => Some(Target::X86_64Linux),
            ("aarch64", "linux") => Some(Target::Aarch64Linux),
            _ => None,
        }
    }

    /// Triple for Cranelift and for the runtime's build.
    pub fn triple(self) -> &'static str {
        match self {
            Target::X86_64Linux => "x86_64-unknown-linux-musl",
            Target::Aarch64Linux => "aarch64-unknown-linux-musl",
        }
    }

    /// Names of processors that Cranelift knows, for messages.
    pub fn processor_examples(self) -> &'static str {
        match self {
            Target::X86_64Linux => "x86-64-v2, x86-64-v3, haswell, znver3",
            Target::Aarch64Linux => "none (aarch64 has only baseline and native)",
        }
    }

    /// Whether a function's code begins by setting up a frame pointer.
    pub fn has_frame(self, code: &[u8]) -> bool {
        match self {
            // push rbp
            Target::X86_64Linux => code.first() == Some(&0x55),
            // stp fp, lr, [sp, #-16]!
            Target::Aarch64Linux => code.starts_with(&0xa9bf_7bfd_u32.to_le_bytes()),
        }
    }

    /// Alignment of mappable memory images: the largest page size of the target's kernels.
    pub fn max_page_size(self) -> u64 {
        match self {
            Target::X86_64Linux => 4096,
            Target::Aarch64Linux => 65536,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple())
    }
}
