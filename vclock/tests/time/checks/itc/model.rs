//! Interval tree clocks as the paper defines them, rule by rule on boxed trees: slow, recursive and easy to read.

use std::fmt;

/// `i ::= 0 | 1 | (i, i)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    Nothing,
    All,
    Halves(Box<(Id, Id)>),
}

use Id::{All, Nothing};

impl Id {
    fn halves(left: Self, right: Self) -> Self {
        match (left, right) {
            (Nothing, Nothing) => Nothing,
            (All, All) => All,
            halves => Self::Halves(Box::new(halves)),
        }
    }

    fn split(&self) -> (Self, Self) {
        match self {
            Nothing => (Nothing, Nothing),
            All => (Self::halves(All, Nothing), Self::halves(Nothing, All)),
            Self::Halves(halves) => match &**halves {
                (Nothing, right) => {
                    let (first, second) = right.split();
                    (Self::halves(Nothing, first), Self::halves(Nothing, second))
                }
                (left, Nothing) => {
                    let (first, second) = left.split();
                    (Self::halves(first, Nothing), Self::halves(second, Nothing))
                }
                (left, right) => (Self::halves(left.clone(), Nothing), Self::halves(Nothing, right.clone())),
            },
        }
    }

    fn sum(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Nothing, id) | (id, Nothing) => Some(id.clone()),
            (Self::Halves(ours), Self::Halves(theirs)) => {
                Some(Self::halves(ours.0.sum(&theirs.0)?, ours.1.sum(&theirs.1)?))
            }
            _ => None,
        }
    }

    /// Whether each point is owned by exactly one of these.
    pub(crate) fn divide_everything(ids: &[&Self]) -> bool {
        let owners: Vec<&&Self> = ids.iter().filter(|id| ***id != Nothing).collect();
        if let [All] = owners[..] {
            return true;
        }
        let halves: Option<Vec<(&Self, &Self)>> = owners
            .iter()
            .map(|id| match id {
                Self::Halves(halves) => Some((&halves.0, &halves.1)),
                Nothing | All => None,
            })
            .collect();
        halves.filter(|halves| !halves.is_empty()).is_some_and(|halves| {
            let (left, right): (Vec<_>, Vec<_>) = halves.into_iter().unzip();
            Self::divide_everything(&left) && Self::divide_everything(&right)
        })
    }
}

/// `e ::= n | (n, e, e)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum History {
    Flat(u64),
    Halves(u64, Box<(History, History)>),
}

use History::Flat;

/// What growing costs: the paper's `c`, where an expansion weighs more than any depth.
type Cost = (u64, u64);

impl History {
    fn low(&self) -> u64 {
        match self {
            Flat(n) => *n,
            Self::Halves(n, halves) => n + halves.0.low().min(halves.1.low()),
        }
    }

    fn high(&self) -> u64 {
        match self {
            Flat(n) => *n,
            Self::Halves(n, halves) => n + halves.0.high().max(halves.1.high()),
        }
    }

    fn lift(self, by: u64) -> Self {
        match self {
            Flat(n) => Flat(n + by),
            Self::Halves(n, halves) => Self::Halves(n + by, halves),
        }
    }

    fn sink(self, by: u64) -> Self {
        match self {
            Flat(n) => Flat(n - by),
            Self::Halves(n, halves) => Self::Halves(n - by, halves),
        }
    }

    fn halves(n: u64, left: Self, right: Self) -> Self {
        match (left, right) {
            (Flat(left), Flat(right)) if left == right => Flat(n + left),
            (left, right) => {
                let low = left.low().min(right.low());
                Self::Halves(n + low, Box::new((left.sink(low), right.sink(low))))
            }
        }
    }

    pub(crate) fn at_most(&self, other: &Self) -> bool {
        self.lifted_at_most(0, other, 0)
    }

    /// With so much added to each of the two.
    fn lifted_at_most(&self, above: u64, other: &Self, other_above: u64) -> bool {
        match (self, other) {
            (Flat(left), Flat(right) | Self::Halves(right, _)) => left + above <= right + other_above,
            (Self::Halves(n, halves), Flat(right)) => {
                let above = above + n;
                above <= right + other_above
                    && halves.0.lifted_at_most(above, other, other_above)
                    && halves.1.lifted_at_most(above, other, other_above)
            }
            (Self::Halves(n, ours), Self::Halves(m, theirs)) => {
                let (above, other_above) = (above + n, other_above + m);
                above <= other_above
                    && ours.0.lifted_at_most(above, &theirs.0, other_above)
                    && ours.1.lifted_at_most(above, &theirs.1, other_above)
            }
        }
    }

    fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Flat(left), Flat(right)) => Flat(*left.max(right)),
            (Flat(n), theirs) => Self::Halves(*n, Box::new((Flat(0), Flat(0)))).join(theirs),
            (ours, Flat(n)) => ours.join(&Self::Halves(*n, Box::new((Flat(0), Flat(0))))),
            (Self::Halves(n, _), Self::Halves(m, _)) if n > m => other.join(self),
            (Self::Halves(n, ours), Self::Halves(m, theirs)) => {
                let (left, right) = (**theirs).clone();
                Self::halves(*n, ours.0.join(&left.lift(m - n)), ours.1.join(&right.lift(m - n)))
            }
        }
    }

    fn fill(&self, id: &Id) -> Self {
        match (id, self) {
            (Nothing, history) | (Id::Halves(_), history @ Flat(_)) => history.clone(),
            (All, history) => Flat(history.high()),
            (Id::Halves(ids), Self::Halves(n, halves)) => match &**ids {
                (All, id) => {
                    let right = halves.1.fill(id);
                    Self::halves(*n, Flat(halves.0.high().max(right.low())), right)
                }
                (id, All) => {
                    let left = halves.0.fill(id);
                    let right = Flat(halves.1.high().max(left.low()));
                    Self::halves(*n, left, right)
                }
                (left, right) => Self::halves(*n, halves.0.fill(left), halves.1.fill(right)),
            },
        }
    }

    fn grow(&self, id: &Id) -> Option<(Self, Cost)> {
        match (id, self) {
            (Nothing, _) | (All, Self::Halves(..)) => None,
            (All, Flat(n)) => Some((Flat(n + 1), (0, 0))),
            (Id::Halves(_), Flat(n)) => {
                let expanded = Self::Halves(*n, Box::new((Flat(0), Flat(0))));
                let (grown, (expansions, depth)) = expanded.grow(id)?;
                Some((grown, (expansions + 1, depth)))
            }
            (Id::Halves(ids), Self::Halves(n, halves)) => {
                let (left, right) = (halves.0.grow(&ids.0), halves.1.grow(&ids.1));
                let left_is_cheaper = match (&left, &right) {
                    (Some((_, cost)), Some((_, other))) => cost < other,
                    (left, _) => left.is_some(),
                };
                let keeps = |left, right| Self::Halves(*n, Box::new((left, right)));
                if left_is_cheaper {
                    left.map(|(left, cost)| (keeps(left, halves.1.clone()), cost))
                } else {
                    right.map(|(right, cost)| (keeps(halves.0.clone(), right), cost))
                }
                .map(|(grown, (expansions, depth))| (grown, (expansions, depth + 1)))
            }
        }
    }
}

/// `(i, e)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) id: Id,
    pub(crate) history: History,
}

impl Stamp {
    pub(crate) fn seed() -> Self {
        Self { id: All, history: Flat(0) }
    }

    pub(crate) fn fork(&self) -> (Self, Self) {
        let (first, second) = self.id.split();
        (Self { id: first, ..self.clone() }, Self { id: second, ..self.clone() })
    }

    pub(crate) fn join(&self, other: &Self) -> Option<Self> {
        Some(Self { id: self.id.sum(&other.id)?, history: self.history.join(&other.history) })
    }

    pub(crate) fn peek(&self) -> Self {
        Self { id: Nothing, ..self.clone() }
    }

    pub(crate) fn event(&self) -> Option<Self> {
        let filled = self.history.fill(&self.id);
        let history = if filled == self.history { self.history.grow(&self.id)?.0 } else { filled };
        Some(Self { history, ..self.clone() })
    }
}

/// Reads what a stamp prints.
pub(crate) fn parse(text: &str) -> Option<Stamp> {
    let mut rest = text.strip_prefix('(')?;
    let id = parse_id(&mut rest)?;
    eat(&mut rest, ", ")?;
    let history = parse_history(&mut rest)?;
    (rest == ")").then_some(Stamp { id, history })
}

fn eat(rest: &mut &str, what: &str) -> Option<()> {
    *rest = rest.strip_prefix(what)?;
    Some(())
}

fn parse_number(rest: &mut &str) -> Option<u64> {
    let end = rest.find(|byte: char| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.parse().ok()
}

fn parse_id(rest: &mut &str) -> Option<Id> {
    if eat(rest, "(").is_none() {
        return Some(if parse_number(rest)? == 0 { Nothing } else { All });
    }
    let left = parse_id(rest)?;
    eat(rest, ", ")?;
    let right = parse_id(rest)?;
    eat(rest, ")")?;
    Some(Id::Halves(Box::new((left, right))))
}

fn parse_history(rest: &mut &str) -> Option<History> {
    if eat(rest, "(").is_none() {
        return parse_number(rest).map(Flat);
    }
    let base = parse_number(rest)?;
    eat(rest, ", ")?;
    let left = parse_history(rest)?;
    eat(rest, ", ")?;
    let right = parse_history(rest)?;
    eat(rest, ")")?;
    Some(History::Halves(base, Box::new((left, right))))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nothing => f.write_str("0"),
            All => f.write_str("1"),
            Self::Halves(halves) => write!(f, "({}, {})", halves.0, halves.1),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flat(n) => write!(f, "{n}"),
            Self::Halves(n, halves) => write!(f, "({n}, {}, {})", halves.0, halves.1),
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.id, self.history)
    }
}
