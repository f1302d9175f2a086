//! Where everything goes: branches are made short where they reach, as long as that brings further ones in reach; then loops are
//! aligned, and the code is written.

use super::align::{self, LINE};
use super::survey::{Change, JUMP, Survey};
use super::{Marks, OffsetMap};

/// How often all branches are looked at again because others became short. What is left after that stays long.
const ROUNDS: usize = 6;

/// The new length of every piece.
pub struct Layout {
    lens: Vec<u8>,
    /// For each piece that is a branch, how many pieces end before its target.
    before_target: Vec<u32>,
    /// For each piece, by how many bytes those before it shrink; then for all.
    shrunk: Vec<i32>,
}

impl Layout {
    /// Decides which branches become short, and where loops begin.
    pub fn of(survey: &Survey) -> Layout {
        let pieces = &survey.pieces;
        let lens = pieces.iter().map(|piece| match &piece.change {
            Change::Branch(..) => piece.len,
            Change::Replace(bytes) | Change::ReplaceInFrame(bytes) => bytes.as_slice().len() as u8,
            // What branches reach over at most, until it is known where loops begin.
            Change::Align => LINE as u8 - 1,
        });
        let before_target = pieces.iter().map(|piece| match piece.change {
            Change::Branch(target, _) => pieces.partition_point(|other| other.end() <= target) as u32,
            Change::Replace(_) | Change::ReplaceInFrame(_) | Change::Align => 0,
        });
        let mut layout = Layout { lens: lens.collect(), before_target: before_target.collect(), shrunk: Vec::new() };
        layout.sum(survey);
        for _ in 0..ROUNDS {
            if !layout.shorten(survey) {
                break;
            }
            layout.sum(survey);
        }
        layout.align(survey);
        layout.sum(survey);
        layout
    }

    fn sum(&mut self, survey: &Survey) {
        self.shrunk.clear();
        self.shrunk.push(0);
        let mut sum = 0;
        for (piece, len) in survey.pieces.iter().zip(&self.lens) {
            sum += i32::from(piece.len) - i32::from(*len);
            self.shrunk.push(sum);
        }
    }

    /// Moves loops to where lines begin. Distances only become smaller.
    fn align(&mut self, survey: &Survey) {
        let mut shrunk = 0;
        for (piece, len) in survey.pieces.iter().zip(&mut self.lens) {
            if let Change::Align = piece.change {
                let start = piece.at.wrapping_add_signed(-shrunk);
                *len = (start.next_multiple_of(LINE) - start) as u8;
            }
            shrunk += i32::from(piece.len) - i32::from(*len);
        }
    }

    /// Makes every branch short that reaches now; distances only become smaller. Whether there was any.
    fn shorten(&mut self, survey: &Survey) -> bool {
        let mut any = false;
        for (index, piece) in survey.pieces.iter().enumerate() {
            let Change::Branch(target, _) = piece.change else { continue };
            if self.lens[index] > 2 && i8::try_from(self.distance(index, piece.at, target, 2)).is_ok() {
                self.lens[index] = 2;
                any = true;
            }
        }
        any
    }

    /// Distance from a branch, if its length becomes `len`, to its target.
    fn distance(&self, index: usize, at: u32, target: u32, len: u8) -> i32 {
        let before = self.before_target[index] as usize;
        let saved = if before > index { i64::from(self.lens[index] - len) } else { 0 };
        let from = i64::from(at) - i64::from(self.shrunk[index]) + i64::from(len);
        let to = i64::from(target) - i64::from(self.shrunk[before]) - saved;
        (to - from) as i32
    }

    /// Writes the code, and says where everything is in it.
    pub fn emit(&self, code: &[u8], survey: &Survey, marks: &Marks) -> (Vec<u8>, OffsetMap) {
        let mut written = Vec::with_capacity(code.len());
        let mut copied = 0;
        for (index, piece) in survey.pieces.iter().enumerate() {
            written.extend_from_slice(&code[copied..piece.at as usize]);
            copied = piece.end() as usize;
            match &piece.change {
                Change::Replace(bytes) | Change::ReplaceInFrame(bytes) => written.extend_from_slice(bytes.as_slice()),
                Change::Align => align::pad(&mut written, self.lens[index].into()),
                Change::Branch(target, short) => {
                    let len = self.lens[index];
                    let distance = self.distance(index, piece.at, *target, len).to_le_bytes();
                    if len == 2 {
                        written.extend([*short, distance[0]]);
                    } else {
                        match *short {
                            JUMP => written.push(0xe9),
                            condition => written.extend([0x0f, condition + 0x10]),
                        }
                        written.extend(distance);
                    }
                }
            }
        }
        let shrunk = self.shrunk.last().copied().unwrap_or(0);
        let alignment = marks.alignment as i32;
        let constants = survey.constants.map(|start| (start, shrunk - shrunk.rem_euclid(alignment)));
        let rest = survey.constants.map_or(code.len(), |start| start as usize);
        written.extend_from_slice(&code[copied..rest]);
        if let Some((start, distance)) = constants {
            written.resize(start.wrapping_add_signed(-distance) as usize, 0);
            written.extend_from_slice(&code[start as usize..]);
        }
        let ends = survey.pieces.iter().map(|piece| piece.end());
        let shorter = ends.zip(self.shrunk[1..].iter().copied()).collect();
        let map = OffsetMap { shorter, constants, moved: survey.moved_traps.clone() };
        for reference in &survey.references {
            let at = map.get(reference.at);
            // The end of the instruction, where padding may begin, or the table.
            let origin = match reference.origin.checked_sub(reference.at) {
                Some(rest) => at + rest,
                None => map.get(reference.origin),
            };
            let distance = map.get(reference.target).wrapping_sub(origin);
            written[at as usize..at as usize + 4].copy_from_slice(&distance.to_le_bytes());
        }
        (written, map)
    }
}
