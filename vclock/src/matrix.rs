use alloc::vec::Vec;

use thiserror::Error;

use crate::{Dot, Retirement, VClock, bug::Bug};

/// What each member is known to have seen, and what therefore all of them have: causal stability (Wuu and Bernstein
/// 1984, two-dimensional time tables; Baquero, Almeida and Shoker 2014, §7.2).
///
/// An event is stable once every member has seen it. Nothing concurrent with it can come any more, so tombstones,
/// logs and retransmission buffers may forget it. A member that is silent holds everything back until it is heard of
/// or removed.
///
/// Costs: O(rows · columns) memory; an observation costs O(log n) per entry that it raises, and a scan of one column
/// where the last holder of a minimum has moved on.
///
/// ```
/// use quorate_vclock::{MatrixClock, VClock};
///
/// let mut matrix = MatrixClock::new(["a", "b", "c"]);
/// matrix.observe(&"a", &VClock::from([("a", 3)]))?;
/// matrix.observe(&"b", &VClock::from([("a", 2), ("b", 1)]))?;
/// assert!(matrix.stable().is_empty()); // nobody has heard from c
/// matrix.observe(&"c", &VClock::from([("a", 1)]))?;
/// assert_eq!(*matrix.stable(), VClock::from([("a", 1)]));
/// matrix.remove(&"c")?; // c is gone for good, which only the caller can know
/// assert_eq!(*matrix.stable(), VClock::from([("a", 2)]));
/// # Ok::<(), quorate_vclock::MemberError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatrixClock<A> {
    rows: Vec<(A, VClock<A>)>,
    columns: Vec<Column<A>>,
    stable: VClock<A>,
}

/// How many members have seen the fewest events of an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Column<A> {
    actor: A,
    least: u64,
    holders: usize,
}

impl<A: Ord + Clone> MatrixClock<A> {
    /// Of these members, none of which has been heard of.
    pub fn new(members: impl IntoIterator<Item = A>) -> Self {
        let mut rows: Vec<_> = members.into_iter().map(|member| (member, VClock::new())).collect();
        rows.sort_by(|(left, _), (right, _)| left.cmp(right));
        rows.dedup_by(|(left, _), (right, _)| left == right);
        Self { rows, columns: Vec::new(), stable: VClock::new() }
    }

    /// Takes in that the member has seen all of this; late and repeated observations are harmless. Says whether more
    /// has become stable.
    ///
    /// # Errors
    /// If it is no member. Nothing has changed then.
    pub fn observe(&mut self, member: &A, clock: &VClock<A>) -> Result<bool, MemberError> {
        let at = self.place(member).map_err(|_| MemberError::NoMember)?;
        let mut advanced = false;
        for dot in clock {
            let before = self.seen(at, dot.actor);
            if before < dot.counter.get() {
                if let Some((_, row)) = self.rows.get_mut(at) {
                    row.observe(Dot { actor: dot.actor.clone(), counter: dot.counter });
                }
                advanced |= self.on_risen(dot.actor, before);
            }
        }
        Ok(advanced)
    }

    /// What every member has seen. It never falls.
    pub const fn stable(&self) -> &VClock<A> {
        &self.stable
    }

    /// What the member is known to have seen; `None` if it is no member.
    pub fn row(&self, member: &A) -> Option<&VClock<A>> {
        let at = self.place(member).ok()?;
        self.rows.get(at).map(|(_, row)| row)
    }

    /// The members and what each is known to have seen, by member.
    pub fn rows(&self) -> impl Iterator<Item = (&A, &VClock<A>)> {
        self.rows.iter().map(|(member, row)| (member, row))
    }

    /// What any member is known to have seen.
    pub fn known(&self) -> VClock<A> {
        VClock::join_all(self.rows.iter().map(|(_, row)| row))
    }

    /// The members that are not known to have seen this event: those that hold it back.
    pub fn lagging(&self, dot: &Dot<A>) -> impl Iterator<Item = &A> {
        self.rows.iter().filter(move |(_, row)| !row.contains(dot)).map(|(member, _)| member)
    }

    /// Adds a member that has seen this: the state that it was given to start from.
    ///
    /// Where that is less than what is stable, nothing more becomes stable until it has caught up, and what the others
    /// have forgotten must come to it as a state.
    ///
    /// # Errors
    /// If it is a member already. Nothing has changed then.
    pub fn admit(&mut self, member: A, at: VClock<A>) -> Result<(), MemberError> {
        match self.place(&member) {
            Ok(_) => Err(MemberError::Member),
            Err(place) => {
                self.rows.insert(place, (member, at));
                self.recount();
                Ok(())
            }
        }
    }

    /// Takes a member out, for good, and returns what it was known to have seen. More may become stable by it.
    ///
    /// # Errors
    /// If it is no member. Nothing has changed then.
    pub fn remove(&mut self, member: &A) -> Result<VClock<A>, MemberError> {
        let at = self.place(member).map_err(|_| MemberError::NoMember)?;
        let (_, row) = self.rows.remove(at);
        self.recount();
        Ok(row)
    }

    /// The proof with which [`VClock::retire`] leaves out the entry of an actor that is gone.
    ///
    /// `last` is the actor's last event, and the caller vouches that there is none after it and never will be: only
    /// whoever decided on the removal can know that. What is checked is that every member has seen it.
    ///
    /// # Errors
    /// If the actor is still a member, if a member has not seen the event or has seen a later one, or if there are no
    /// members to ask.
    pub fn retirement(&self, last: Dot<A>) -> Result<Retirement<A>, NotStable<A>> {
        if self.place(&last.actor).is_ok() {
            return Err(NotStable::Member);
        }
        if self.rows.is_empty() {
            return Err(NotStable::NoMembers);
        }
        for (member, row) in &self.rows {
            let seen = row.get(&last.actor);
            if seen < last.counter.get() {
                return Err(NotStable::Lagging { member: member.clone(), seen });
            }
            if seen > last.counter.get() {
                return Err(NotStable::Later { member: member.clone(), seen });
            }
        }
        Ok(Retirement { last })
    }

    fn place(&self, member: &A) -> Result<usize, usize> {
        self.rows.binary_search_by(|(held, _)| held.cmp(member))
    }

    fn seen(&self, at: usize, actor: &A) -> u64 {
        self.rows.get(at).map_or(0, |(_, row)| row.get(actor))
    }

    /// A row's entry of the actor was this, and has risen. Says whether the least of the column has, too.
    fn on_risen(&mut self, actor: &A, before: u64) -> bool {
        let at = match self.columns.binary_search_by(|column| column.actor.cmp(actor)) {
            Ok(at) => at,
            Err(at) => {
                let holders = self.rows.len();
                self.columns.insert(at, Column { actor: actor.clone(), least: 0, holders });
                at
            }
        };
        let Some(column) = self.columns.get_mut(at) else { return false };
        if before > column.least {
            return false;
        }
        column.holders -= 1;
        if column.holders > 0 && !Bug::StableIgnoresSilence.is_planted() {
            return false;
        }
        Self::scan(&self.rows, column);
        Dot::new(actor.clone(), column.least).is_some_and(|dot| self.stable.observe(dot))
    }

    /// The members have changed: every column is counted again.
    fn recount(&mut self) {
        let actors = self.known();
        self.columns.clear();
        for dot in &actors {
            let mut column = Column { actor: dot.actor.clone(), least: 0, holders: 0 };
            Self::scan(&self.rows, &mut column);
            if let Some(stable) = Dot::new(dot.actor.clone(), column.least) {
                self.stable.observe(stable);
            }
            self.columns.push(column);
        }
    }

    fn scan(rows: &[(A, VClock<A>)], column: &mut Column<A>) {
        let heard = |seen: &u64| *seen > 0 || !Bug::StableIgnoresSilence.is_planted();
        let seen = || rows.iter().map(|(_, row)| row.get(&column.actor)).filter(heard);
        let least = seen().min().unwrap_or(0);
        let holders = seen().filter(|seen| *seen == least).count();
        (column.least, column.holders) = (least, holders);
    }
}

/// Why a change of a [`MatrixClock`] is refused. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MemberError {
    /// It is no member.
    #[error("not a member")]
    NoMember,
    /// It is a member already.
    #[error("a member already")]
    Member,
}

/// Why an entry cannot be retired yet, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotStable<A> {
    /// The actor is a member.
    #[error("the actor is a member")]
    Member,
    /// There are no members, so nobody can vouch for anything.
    #[error("there are no members")]
    NoMembers,
    /// A member is not known to have seen the last event.
    #[error("a member is known to have seen event {seen} only")]
    Lagging {
        /// Which one.
        member: A,
        /// What it has seen of the actor.
        seen: u64,
    },
    /// A member has seen an event after the last.
    #[error("a member has seen event {seen}, which is after the last")]
    Later {
        /// Which one.
        member: A,
        /// What it has seen of the actor.
        seen: u64,
    },
}
