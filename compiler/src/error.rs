//! What can go wrong while compiling, each with the place and, where there is one, the remedy.

use std::fmt;

/// Result of a compilation step.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a program could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a valid module.
    #[error("{place}: invalid module: {message}")]
    Invalid {
        /// Where.
        place: Place,
        /// What is wrong with it.
        message: String,
    },
    /// Not valid text format; the message shows the line.
    #[error("{file}: invalid text: {message}")]
    Text {
        /// Input file.
        file: String,
        /// The parser's message, several lines.
        message: String,
    },
    /// Valid, but uses a feature that is not supported.
    #[error("{place}: not supported: {feature}")]
    Unsupported {
        /// Where.
        place: Place,
        /// The proposal or feature, by name.
        feature: String,
    },
    /// Imports that nothing provides, or with another type.
    #[error("{}", .0.iter().map(|import| import.to_string()).collect::<Vec<_>>().join("\n"))]
    Link(Vec<ImportError>),
    /// Over a limit of this compiler.
    #[error("{place}: too large: {message}")]
    Limit {
        /// Where.
        place: Place,
        /// Which limit.
        message: String,
    },
    /// A choice that cannot be met, such as an unknown processor name.
    #[error("{0}")]
    Option(String),
    /// A defect of the compiler.
    #[error("{place}: internal compiler error, please report it: {message}")]
    Internal {
        /// Where.
        place: Place,
        /// What failed.
        message: String,
    },
}

/// Where in the input.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Input file.
    pub file: String,
    /// Function index, when inside one.
    pub function: Option<u32>,
    /// Its name, when known.
    pub name: Option<String>,
    /// Byte offset in the binary module.
    pub offset: Option<usize>,
}

impl Place {
    /// A place that names just the file.
    pub fn file(file: &str) -> Place {
        Place { file: file.to_string(), ..Place::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(index) = self.function {
            write!(f, ": function {index}")?;
            if let Some(name) = &self.name {
                write!(f, " ({})", name.escape_default())?;
            }
        }
        if let Some(offset) = self.offset {
            write!(f, ": offset {offset:#x}")?;
        }
        Ok(())
    }
}

/// An import that cannot be satisfied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// Input file.
    pub file: String,
    /// Import module.
    pub module: String,
    /// Import name.
    pub name: String,
    /// What is wrong and what to do about it.
    pub reason: ImportReason,
}

/// What is wrong with an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportReason {
    /// No module of this name.
    UnknownModule,
    /// The module has no such export (or WASI function).
    UnknownName,
    /// Both exist, the types differ: (expected by the import, found).
    Type(String, String),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = (self.module.escape_default(), self.name.escape_default());
        write!(f, "{}: import \"{module}\" \"{name}\": ", self.file)?;
        match &self.reason {
            ImportReason::UnknownModule => {
                write!(f, "unknown import: no module \"{module}\"; link one with --module {module}=FILE")
            }
            ImportReason::UnknownName => write!(f, "unknown import: \"{module}\" has no export of this name"),
            ImportReason::Type(expected, found) => {
                write!(f, "incompatible import type: expected {expected}, found {found}")
            }
        }
    }
}
