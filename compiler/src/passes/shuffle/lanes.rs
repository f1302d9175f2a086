//! What a shuffle does, apart from instructions: which lanes go where, and which patterns that fits.

/// For each byte of the result its index in the concatenation of both operands, as the immediate of i8x16.shuffle has it.
pub(super) type Lanes = [u8; 16];

/// The shuffle that gives its first operand.
pub(super) const IDENTITY: Lanes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// For lanes of one operand, where each comes from; `None` where any value will do.
pub(super) type Wanted<const N: usize> = [Option<u8>; N];

/// A shuffle of two operands, as far as it matters.
#[derive(Clone, Debug)]
pub(super) struct Shuffle {
    /// The lanes; `None` where any value will do.
    pub(super) lanes: Wanted<16>,
    /// Both operands are the same value; then all lanes are below 16.
    pub(super) same: bool,
    /// The second operand is zero, so that its lanes are as good as each other.
    pub(super) zero: bool,
}

impl Shuffle {
    /// Whether byte `at` of the result may be the byte of the concatenation with this index.
    pub(super) fn allows(&self, at: usize, index: u8) -> bool {
        self.lanes[at].is_none_or(|wanted| {
            index == wanted || self.zero && index >= 16 && wanted >= 16 || self.same && index % 16 == wanted
        })
    }

    /// Whether a shuffle with these lanes would do.
    pub(super) fn fits<const N: usize>(&self, lanes: [u8; N]) -> bool {
        byte_lanes(lanes).into_iter().enumerate().all(|(at, index)| self.allows(at, index))
    }

    /// The cheapest shuffle of 32-bit lanes that would do.
    pub(super) fn words(&self) -> Option<[u8; 4]> {
        let choices: [Vec<u8>; 4] = std::array::from_fn(|at| {
            let words = 0..if self.same { 4 } else { 8 };
            words.filter(|word| (0..4).all(|i| self.allows(4 * at + i, 4 * word + i as u8))).collect()
        });
        let [first, second, third, fourth] = &choices;
        let low = first.iter().flat_map(|a| second.iter().map(move |b| [*a, *b]));
        let all = low.flat_map(|[a, b]| third.iter().flat_map(move |c| fourth.iter().map(move |d| [a, b, *c, *d])));
        all.min_by_key(|words| word_cost(*words))
    }

    /// The lanes that are taken from the first operand.
    pub(super) fn of_first(&self) -> Wanted<16> {
        self.lanes.map(|lane| lane.filter(|lane| *lane < 16))
    }

    /// The lanes that are taken from the second operand.
    pub(super) fn of_second(&self) -> Wanted<16> {
        self.lanes.map(|lane| lane.and_then(|lane| lane.checked_sub(16)))
    }

    /// When each group of `to` bytes wants `from` consecutive bytes of the first operand and otherwise zeros: the first byte.
    pub(super) fn extension(&self, from: usize, to: usize) -> Option<usize> {
        (0..16).step_by(16 * from / to).find(|first| {
            (0..16).all(|i| match self.lanes[i] {
                None => true,
                Some(lane) if i % to < from => usize::from(lane) == first + i / to * from + i % to,
                Some(lane) => self.zero && lane >= 16,
            })
        })
    }
}

/// Instructions for a shuffle of 32-bit lanes.
fn word_cost(words: [u8; 4]) -> usize {
    match words {
        [0, 1, 2, 3] | [4, 5, 6, 7] => 0,
        _ if is_one_word_shuffle(words) => 1,
        _ => 2,
    }
}

/// Whether PUNPCKLDQ, PUNPCKHDQ, PSHUFD or SHUFPS does this: SHUFPS takes two lanes from each operand.
pub(super) fn is_one_word_shuffle(words: [u8; 4]) -> bool {
    let pure = |pair: &[u8]| (pair[0] < 4) == (pair[1] < 4);
    words == interleaving(0) || words == interleaving(1) || words.chunks(2).all(pure)
}

/// The interleaving of both operands' low (0) or high (1) halves.
pub(super) fn interleaving<const N: usize>(half: usize) -> [u8; N] {
    std::array::from_fn(|i| (half * N / 2 + i / 2 + i % 2 * N) as u8)
}

/// The shuffle of bytes that does the same as one of wider lanes.
pub(super) fn byte_lanes<const N: usize>(wide: [u8; N]) -> Lanes {
    let width = 16 / N;
    std::array::from_fn(|i| wide[i / width] * width as u8 + (i % width) as u8)
}

/// Lanes of 16 bits that hold the wanted bytes in their places.
pub(super) fn halfwords(bytes: Wanted<16>) -> Option<Wanted<8>> {
    let mut halfwords = [None; 8];
    for (halfword, pair) in halfwords.iter_mut().zip(bytes.chunks(2)) {
        *halfword = match (pair[0], pair[1]) {
            (None, None) => None,
            (Some(low), high) if low % 2 == 0 && high.is_none_or(|high| high == low + 1) => Some(low / 2),
            (None, Some(high)) if high % 2 == 1 => Some(high / 2),
            _ => return None,
        };
    }
    Some(halfwords)
}

/// For each 16-bit lane the one byte that is wanted in it, at either place; all from one half, which is the second result.
pub(super) fn doubled_bytes(bytes: Wanted<16>) -> Option<(Wanted<8>, usize)> {
    let half = bytes.iter().flatten().next()? / 8;
    let mut halfwords = [None; 8];
    for (halfword, pair) in halfwords.iter_mut().zip(bytes.chunks(2)) {
        let byte = pair[0].or(pair[1]);
        if pair.iter().flatten().any(|other| Some(*other) != byte || other / 8 != half) {
            return None;
        }
        *halfword = byte.map(|byte| byte % 8);
    }
    Some((halfwords, usize::from(half)))
}

/// Three single-instruction shuffles of one operand that bring its 16-bit lanes into this order.
pub(super) fn plan_permutation(lanes: Wanted<8>) -> Option<[Lanes; 3]> {
    let plans = [plan_words_first(lanes), plan_words_last(lanes)];
    plans.into_iter().flatten().min_by_key(|steps| steps.iter().filter(|step| **step != IDENTITY).count())
}

/// Works when each half of the result needs at most two of the four 32-bit lanes: PSHUFD, PSHUFLW, PSHUFHW.
fn plan_words_first(lanes: Wanted<8>) -> Option<[Lanes; 3]> {
    let mut words = [0, 1, 2, 3];
    let mut halfwords = [0, 1, 2, 3, 4, 5, 6, 7];
    for half in 0..2 {
        let wanted = &lanes[4 * half..][..4];
        let needed = |word: u8| wanted.iter().flatten().any(|lane| lane / 2 == word);
        let mut needed: Vec<u8> = (0..4).filter(|word| needed(*word)).collect();
        // A half that is taken as it is may make the first shuffle the identity.
        match needed[..] {
            [] => needed = vec![2 * half as u8, 2 * half as u8 + 1],
            [word] => needed = vec![word & 2, word | 1],
            _ => {}
        }
        let [first, second] = needed.try_into().ok()?;
        words[2 * half] = first;
        words[2 * half + 1] = second;
        for (i, lane) in wanted.iter().enumerate() {
            if let Some(lane) = lane {
                let place = if lane / 2 == first { 0 } else { 2 };
                halfwords[4 * half + i] = 4 * half as u8 + place + lane % 2;
            }
        }
    }
    let (low, high) = in_halves(halfwords);
    Some([byte_lanes(words), low, high])
}

/// Works when each 32-bit lane of the result is a pair from one half, of at most two different pairs from each half:
/// PSHUFLW, PSHUFHW, PSHUFD.
fn plan_words_last(lanes: Wanted<8>) -> Option<[Lanes; 3]> {
    let mut words = [0, 1, 2, 3];
    let mut pairs: [Vec<[Option<u8>; 2]>; 2] = Default::default();
    for (word, pair) in words.iter_mut().zip(lanes.chunks(2)) {
        let mut halves = pair.iter().flatten().map(|lane| usize::from(lane / 4));
        let Some(half) = halves.next() else { continue };
        if halves.any(|other| other != half) {
            return None;
        }
        let place = pairs[half].iter().position(|known| *known == *pair).unwrap_or_else(|| {
            pairs[half].push([pair[0], pair[1]]);
            pairs[half].len() - 1
        });
        *word = (2 * half + place) as u8;
    }
    if pairs.iter().any(|pairs| pairs.len() > 2) {
        return None;
    }
    let halfword = |i: usize| pairs[i / 4].get(i % 4 / 2).and_then(|pair| pair[i % 2]).unwrap_or(i as u8);
    let (low, high) = in_halves(std::array::from_fn(halfword));
    Some([low, high, byte_lanes(words)])
}

/// A permutation within each half, as one of the low and one of the high half.
fn in_halves(halfwords: [u8; 8]) -> (Lanes, Lanes) {
    let half = |first: usize| std::array::from_fn(|i| if i / 4 == first { halfwords[i] } else { i as u8 });
    (byte_lanes::<8>(half(0)), byte_lanes::<8>(half(1)))
}
