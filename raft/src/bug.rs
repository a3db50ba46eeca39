//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.

use crate::state::Raft;

/// A classic mistake in an implementation of Raft.
#[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bug {
    /// The vote is given but not kept: after a restart it can be given again.
    VoteNotPersisted,
    /// The vote is sent before it is on disk.
    VoteBeforeDurable,
    /// Entries are acknowledged before they are on disk.
    AckBeforeDurable,
    /// The leader counts its own copy before it is on disk.
    LeaderCountsItselfEarly,
    /// The vote check compares only the lengths of the logs (§5.4.1).
    VoteIgnoresTerm,
    /// The vote check compares only the last terms (§5.4.1).
    VoteIgnoresIndex,
    /// An entry of an older term is committed by counting copies (§5.4.2, figure 8).
    CommitsOlderTerm,
    /// A follower commits up to the leader's commit index, verified or not.
    CommitsUnverified,
    /// A follower truncates its log at every append, even if the entries match.
    TruncatesOnOverlap,
    /// A follower keeps a conflicting entry and what follows it.
    KeepsConflict,
    /// Answers of an older term are counted.
    CountsStaleAnswers,
    /// A read is answered by a leader that nobody has confirmed.
    ReadsUnconfirmed,
    /// A read is answered by a leader that does not know yet what is committed.
    ReadsBeforeOwnTerm,
    /// A snapshot that is older than the commit index is installed.
    InstallsOldSnapshot,
    /// A message with a higher term does not raise the own term.
    IgnoresHigherTerm,
    /// A forwarded batch that arrives twice is appended twice.
    ForwardsTwice,
}

impl Raft {
    #[cfg(quorate_bugs)]
    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.config.bug == Some(bug)
    }

    #[cfg(not(quorate_bugs))]
    #[expect(clippy::unused_self, reason = "the other configuration asks the state")]
    pub(crate) const fn has(&self, _: Bug) -> bool {
        false
    }
}

#[cfg(quorate_bugs)]
impl Bug {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::VoteNotPersisted,
        Self::VoteBeforeDurable,
        Self::AckBeforeDurable,
        Self::LeaderCountsItselfEarly,
        Self::VoteIgnoresTerm,
        Self::VoteIgnoresIndex,
        Self::CommitsOlderTerm,
        Self::CommitsUnverified,
        Self::TruncatesOnOverlap,
        Self::KeepsConflict,
        Self::CountsStaleAnswers,
        Self::ReadsUnconfirmed,
        Self::ReadsBeforeOwnTerm,
        Self::InstallsOldSnapshot,
        Self::IgnoresHigherTerm,
        Self::ForwardsTwice,
    ];
}
