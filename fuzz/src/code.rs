//! A module as bytes, with its function bodies taken apart into instructions: what shrinking and injection work on. They need not
//! know what an instruction means, so they know all proposals.

use std::ops::Range;
use wasm_encoder::{Encode, Module, RawSection, SectionId};
use wasmparser::{Parser, Payload};

/// A module taken apart.
#[derive(Clone)]
pub struct Code {
    /// Sections in order with their contents; that of the code section is empty.
    pub sections: Vec<(u8, Vec<u8>)>,
    /// Function bodies.
    pub bodies: Vec<Body>,
}

/// A function body.
#[derive(Clone)]
pub struct Body {
    /// The declarations of locals.
    pub locals: Vec<u8>,
    /// The instructions, the final `end` too.
    pub instructions: Vec<Vec<u8>>,
}

impl Code {
    /// Takes a module apart.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(wasm: &[u8]) -> wasmparser::Result<Code> {
        let mut code = Code { sections: Vec::new(), bodies: Vec::new() };
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Payload::CodeSectionEntry(body) = &payload {
                code.bodies.push(Body::read(wasm, body)?);
            }
            match payload.as_section() {
                Some((id, _)) if id == SectionId::Code as u8 => code.sections.push((id, Vec::new())),
                Some((id, range)) => code.sections.push((id, bytes(wasm, &range).to_vec())),
                None => {}
            }
        }
        Ok(code)
    }

    /// Puts it together again.
    pub fn write(&self) -> Vec<u8> {
        let mut module = Module::new();
        for (id, data) in &self.sections {
            match *id == SectionId::Code as u8 {
                true => module.section(&RawSection { id: *id, data: &self.code_section() }),
                false => module.section(&RawSection { id: *id, data }),
            };
        }
        module.finish()
    }

    fn code_section(&self) -> Vec<u8> {
        let mut section = Vec::new();
        (self.bodies.len() as u32).encode(&mut section);
        for body in &self.bodies {
            let len = body.locals.len() + body.instructions.iter().map(Vec::len).sum::<usize>();
            (len as u32).encode(&mut section);
            section.extend(&body.locals);
            body.instructions.iter().for_each(|instruction| section.extend(instruction));
        }
        section
    }
}

impl Body {
    fn read(wasm: &[u8], body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<Body> {
        let operators = body.get_operators_reader()?;
        let locals = bytes(wasm, &(body.range().start..operators.original_position())).to_vec();
        let offsets = operators.into_iter_with_offsets().map(|item| item.map(|(_, offset)| offset));
        let mut offsets: Vec<u64> = offsets.collect::<Result<_, _>>()?;
        offsets.push(body.range().end);
        let instructions = offsets.windows(2).map(|pair| bytes(wasm, &(pair[0]..pair[1])).to_vec()).collect();
        Ok(Body { locals, instructions })
    }
}

/// A part of a module.
pub fn bytes<'a>(wasm: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    &wasm[range.start as usize..range.end as usize]
}
