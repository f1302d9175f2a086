//! Programs under the control of a script: compiled code is linked with the driver (`tests/spec-driver`), which instantiates
//! modules, calls exports and looks at globals and memories as it is told, and replies to each command, traps included.

pub mod archive;
mod link;
mod process;
/// What the driver and this crate say to each other.
#[path = "../../spec-driver/src/protocol.rs"]
pub mod protocol;
mod reply;
mod script;
mod value;

pub use link::link;
pub use process::run;
pub use reply::{Reply, Run};
pub use script::Script;
pub use value::{Value, list, referent_name, type_name};
