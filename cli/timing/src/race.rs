//! The order in which contenders run.

/// Who runs when: every contender once in each round, so that what the machine does besides hits all of them. Every
/// round begins with another one, so that none always follows the same other and pays for what that left behind.
pub fn order(contenders: usize, rounds: usize) -> impl Iterator<Item = usize> {
    (0..rounds).flat_map(move |round| (0..contenders).map(move |turn| (round + turn) % contenders))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_runs_in_every_round_and_begins_in_turn() {
        assert_eq!(order(3, 4).collect::<Vec<_>>(), [0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2]);
        assert_eq!(order(0, 4).count(), 0);
    }
}
