//! Short loops begin where a line of code begins, so that the processor has as much of them as possible at once.

use super::Marks;
use super::survey::{Change, JUMP, Piece, Survey};

/// Bytes of code that the processor takes at once, at a multiple of them.
pub const LINE: u32 = 32;
/// Bytes of the longest loop, before anything in it becomes shorter.
const LONGEST: u32 = 128;

/// Puts a piece in front of each innermost loop that is short and likely to take time: it is in another loop, or the function calls
/// nothing. No call is in it or ends where it begins: the return address would not be where the padding begins.
pub fn add_pieces(survey: &mut Survey, marks: &Marks) {
    let backward = |(at, target): &(u32, u32)| target <= at;
    let mut loops: Vec<(u32, u32)> = survey.branches().filter(backward).map(|(at, head)| (head, at)).collect();
    // Of those with one head, the longest comes last.
    loops.sort_unstable();
    let mut aligned: Vec<Piece> = Vec::new();
    let mut outer = 0;
    for (index, &(head, last)) in loops.iter().enumerate() {
        let hot = outer > last || marks.returns.is_empty();
        outer = outer.max(last);
        let innermost = loops.get(index + 1).is_none_or(|&(head, _)| head > last);
        let call = marks.returns.partition_point(|at| *at < head);
        let calls = marks.returns.get(call).is_some_and(|at| *at <= last);
        if hot && innermost && !calls && last - head < LONGEST && is_loop(survey, head, last) {
            aligned.push(Piece { at: head, len: 0, change: Change::Align });
        }
    }
    if aligned.is_empty() {
        return;
    }
    let pieces = std::mem::take(&mut survey.pieces);
    survey.pieces.reserve(pieces.len() + aligned.len());
    let mut aligned = aligned.into_iter().peekable();
    for piece in pieces {
        while let Some(align) = aligned.next_if(|align| align.at <= piece.at) {
            survey.pieces.push(align);
        }
        survey.pieces.push(piece);
    }
}

/// Whether the branch at `last`, which leads back to `head`, is reached from there without leaving what is between them. Where blocks were
/// moved, others lead back too.
fn is_loop(survey: &Survey, head: u32, last: u32) -> bool {
    let first = survey.pieces.partition_point(|piece| piece.at < head);
    let mut targets: Vec<u32> = Vec::new();
    // Where a jump ends from which nothing goes on, if nothing else leads behind it.
    let mut dead: Option<u32> = None;
    for piece in survey.pieces[first..].iter().take_while(|piece| piece.at <= last) {
        let Change::Branch(target, short) = piece.change else { continue };
        if dead.is_some_and(|dead| targets.iter().any(|target| (dead..=piece.at).contains(target))) {
            dead = None;
        }
        if dead.is_some() {
            continue;
        }
        if piece.at == last {
            return true;
        }
        targets.push(target);
        dead = (short == JUMP).then_some(piece.end());
    }
    false
}

/// Instructions that do nothing, by their length.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0],
    &[0x0f, 0x1f, 0x40, 0],
    &[0x0f, 0x1f, 0x44, 0, 0],
    &[0x66, 0x0f, 0x1f, 0x44, 0, 0],
    &[0x0f, 0x1f, 0x80, 0, 0, 0, 0],
    &[0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
    &[0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
];

/// Writes as few instructions as possible of so many bytes that do nothing.
pub fn pad(code: &mut Vec<u8>, mut len: usize) {
    while len > 0 {
        let nop = NOPS[len.min(NOPS.len()) - 1];
        code.extend_from_slice(nop);
        len -= nop.len();
    }
}
