/// A way to search less without missing anything. All are on by default; switching one off changes no verdict, and is
/// for measuring and for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// An operation that is read-only in every state is put in order at the first moment at which it is legal. Sound: it
    /// can be moved there in any order that explains the history.
    ReadsAtOnce,
    /// A pending operation that would not change the present state is not tried. Sound: it can be left out.
    IdlePending,
    /// Of equal pending operations the earliest is tried. Sound: they can be exchanged, and the earliest may stand wherever
    /// a later one may.
    EqualPending,
    /// A configuration is given up if it differs from one that was tried only by more pending operations in the order.
    /// Sound: whatever explains the rest from here explains it from there.
    Domination,
    /// Of pending operations whose effects [no operation of their key tells apart](crate::Spec::unseen) the earliest is
    /// tried, and none right after another such operation; none at all if they can be left out. Sound: where one may stand
    /// so may another, and what comes after two of them may come after the first alone.
    UnseenPending,
    /// A configuration is given up if an operation that is yet to be put in order could not [show](crate::Spec::may_show) what it
    /// returned, since all that may come before it only adds to the state. Sound: nothing that follows makes it legal. Where that
    /// has cut the search short of a violation, it is sought again which return is the first that nothing explains.
    LookAhead,
}

impl Reduction {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ReadsAtOnce,
        Self::IdlePending,
        Self::EqualPending,
        Self::Domination,
        Self::UnseenPending,
        Self::LookAhead,
    ];
}

/// Which [reductions](Reduction) are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reductions(u8);

impl Reductions {
    /// All of them.
    pub const ALL: Self = Self(0b11_1111);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, reduction: Reduction) -> Self {
        Self(self.0 | 1 << reduction as u8)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, reduction: Reduction) -> Self {
        Self(self.0 & !(1 << reduction as u8))
    }

    /// Whether this one is on.
    pub const fn has(self, reduction: Reduction) -> bool {
        self.0 >> reduction as u8 & 1 == 1
    }
}

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How to search less.
    pub reductions: Reductions,
    /// Whether to judge at once what a specification [can](crate::Spec::decide).
    pub shortcuts: bool,
    /// Whether the memo compares whole configurations. Otherwise it compares fingerprints of 128 bits (SipHash-1-3): then
    /// a search that remembers m of them takes a linearizable history for a violation with a probability of about
    /// m² / 2¹²⁹, less than 10⁻²⁰ for a thousand million.
    pub exact: bool,
    /// How many configurations the memo of one key remembers; beyond that the verdict is unknown. Each takes 29 to 57 bytes,
    /// and with pending operations 16 to 32 more (if not more than 64 are open at once): by default a key takes 240 to 750
    /// MB before it is given up. In exact mode there are the states besides.
    pub memo_entries_max: usize,
    /// The classic mistake to make.
    #[cfg(quorate_bugs)]
    pub bug: Option<crate::Bug>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reductions: Reductions::ALL,
            shortcuts: true,
            exact: false,
            memo_entries_max: 1 << 23,
            #[cfg(quorate_bugs)]
            bug: None,
        }
    }
}
