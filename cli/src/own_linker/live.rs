//! Which sections an executable needs.

use anyhow::{Result, bail};

use super::input::{Input, Kind, Target};

/// For each section of the input whether it can be reached from where the executable starts, or says what it is.
///
/// # Errors
/// A symbol that is needed and not defined.
pub fn sections(input: &Input) -> Result<Vec<bool>> {
    let mut live = vec![false; input.sections.len()];
    let mut found = vec![input.entry];
    let described = (0..).zip(&input.sections).filter(|(_, section)| section.kind == Kind::Described);
    found.extend(described.map(|(number, _)| Target::Place(number, 0)));
    while let Some(target) = found.pop() {
        match target {
            Target::Undefined(name) => bail!("undefined symbol {name}"),
            Target::Headers | Target::Dynamic => {}
            Target::Place(number, _) => {
                if !std::mem::replace(&mut live[number], true) {
                    found.extend(input.sections[number].relocations.iter().map(|relocation| relocation.target));
                }
            }
        }
    }
    Ok(live)
}
