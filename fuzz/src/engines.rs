//! The engines that are compared.

pub mod native;
pub mod wasmi;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;

use crate::case::Case;
use crate::trace::Trace;

/// Something that runs cases and shares no code with this product, as far as what it computes goes.
pub trait Engine: Send {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Runs a case; `None` when it does not know a proposal that the module uses, or the module is over a limit of it.
    fn run(&self, case: &Case) -> Option<Trace>;
}

/// All of them.
pub fn all() -> Vec<Box<dyn Engine>> {
    vec![
        Box::new(wasmi::Wasmi::new()),
        #[cfg(feature = "wasmtime")]
        Box::new(wasmtime::Wasmtime::new()),
    ]
}
