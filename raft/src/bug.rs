//! Classic mistakes, one line each at the place where it matters; compiled in only under `--cfg quorate_bugs`.

use alloc::vec::Vec;

use quorate_machine::NodeId;

use crate::state::Raft;

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A classic mistake in an implementation of Raft.
        #[cfg_attr(not(quorate_bugs), expect(unreachable_pub, reason = "public in the other configuration"))]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug { $($(#[$doc])* $name,)* }

        #[cfg(quorate_bugs)]
        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

// Votes and terms.
bugs! {
    /// The vote is given but not kept: after a restart it can be given again (§5.2).
    VoteNotPersisted,
    /// The vote is sent before it is on disk (figure 2).
    VoteBeforeDurable,
    /// The vote check compares only the lengths of the logs (§5.4.1).
    VoteIgnoresTerm,
    /// The vote check compares only the last terms (§5.4.1).
    VoteIgnoresIndex,
    /// A new term begins with the vote of the last one (§5.2).
    TermKeepsVote,
    /// Whoever gives up within a term forgets whom it has voted for (§5.2).
    StepDownForgetsVote,
    /// A term that others have begun is not kept: entries of it reach the disk before it does (figure 2).
    TermNotPersisted,
    /// A message with a higher term does not raise the own term (§5.1).
    IgnoresHigherTerm,
    /// Candidates stand again in the last term there is, as if another one followed.
    LastTermRepeats,
    /// A vote is given although the leader makes itself heard (thesis §4.2.3).
    VotesDespiteLeader,
    /// Half of the votes are enough to lead (§5.2).
    ElectedByHalf,
    /// Answers of an older term are counted (§5.1).
    CountsStaleAnswers,

    /// Entries are acknowledged before they are on disk (§5.3).
    AckBeforeDurable,
    /// The leader counts its own copy before it is on disk (thesis §10.2.1).
    LeaderCountsItselfEarly,
    /// What was on its way to the disk for removed entries speaks for those that took their place.
    CountsReplacedWrites,
    /// The disk's word for one ticket is taken for all.
    CountsEveryTicket,
    /// Half of the copies are enough to commit (§5.3).
    CommitsByHalf,
    /// The leader does not count again when its own disk moves on.
    CountsOnlyAnswers,
    /// An entry of an older term is committed by counting copies (§5.4.2, figure 8).
    CommitsOlderTerm,
    /// A follower commits up to the leader's commit index, verified or not (§5.3).
    CommitsUnverified,
    /// A follower truncates its log at every append, even if the entries match (§5.3).
    TruncatesOnOverlap,
    /// A follower keeps a conflicting entry and what follows it (§5.3).
    KeepsConflict,
    /// What is committed is delivered before the node has it on disk.
    DeliversBeforeDurable,
    /// A place beyond the last possible one is taken for that one.
    IndexOverflows,

    /// What is known of a follower goes back with an answer that was late (figure 2: `matchIndex` rises).
    MatchRegresses,
    /// What is sent next to a follower falls back to what it is known to hold (figure 2: `nextIndex`).
    NextFallsBehindMatch,
    /// Lost appends stay counted as under way, and fill the window for ever (thesis §10.2.1).
    WindowStaysFull,
    /// One append at a time, though the follower is known to match (thesis §10.2.1).
    NeverLeavesProbe,
    /// What was lost on the way is not sent again (§5.3).
    NeverSendsAgain,

    /// A snapshot that is older than the commit index is installed (§7).
    InstallsOldSnapshot,
    /// Entries that contradict the snapshot stay behind it (figure 13, step 7).
    SnapshotKeepsConflict,
    /// The term falls back to the snapshot's (figure 13).
    SnapshotLowersTerm,
    /// A snapshot counts before it is on disk (§7).
    SnapshotBeforeDurable,
    /// The log is compacted beyond what the application was told (§7).
    CompactsUndelivered,
    /// Parts of a snapshot that were lost are not sent again.
    TransferNeverRetries,
    /// A leader whose log is all compacted has nothing to say to those who are behind.
    CompactedLeaderIsMute,

    /// A read is answered by a leader that nobody has confirmed (thesis §6.4, step 3).
    ReadsUnconfirmed,
    /// A read is answered by a leader that does not know yet what is committed (thesis §6.4, step 1).
    ReadsBeforeOwnTerm,
    /// Answers to an earlier round confirm a later question (thesis §6.4, step 3).
    ReadsJoinEarlierRound,
    /// An answer to a question of a former life is taken for this life's.
    ReadsMistakeLives,
    /// A forwarded batch that arrives twice is appended twice (§8).
    ForwardsTwice,
    /// Batches are told apart by their sequence alone: those of a new life seem to have arrived before (§8).
    ForwardsMistakeLives,
    /// A proposal is reported as done if any entry is committed where it stood (§8).
    SettlesByIndex,

    /// Asking whether an election could be won raises the term (thesis §9.6).
    PreVoteRaisesTerm,
    /// The answer to a question from the past does not say how far the term has come (§5.1).
    PreVoteHidesTerm,
    /// The question before the election is answered without a look at the log (thesis §9.6).
    PreVoteIgnoresLog,
    /// A candidate answers no question about the next term (thesis §9.6).
    CandidateIgnoresPreVote,
    /// A follower is content with its leader even when it is that leader who asks (thesis §9.6).
    RefusesOwnLeader,
    /// An append does not put off the election (§5.2).
    AppendKeepsTimer,
    /// A request for a vote puts off the election though it is refused (figure 2, rules for followers).
    RefusalResetsTimer,
    /// The election timeout is drawn once for a node's whole life (§5.2).
    TimeoutDrawnOnce,
    /// A leader that has once heard from a quorum never doubts it (thesis §6.2).
    NeverAbdicates,
    /// A leader goes on though its disk does not.
    IgnoresStalledDisk,

    /// A message from somebody who does not vote is a reason to panic.
    StrangersPanic,
    /// Who is written to first depends on the order of a hash table.
    OrderLeaks,
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

/// The same nodes in the order of a hash table, which is another one every time.
#[cfg(quorate_bugs)]
pub(crate) fn in_hash_order(ids: Vec<NodeId>) -> Vec<NodeId> {
    extern crate std;
    #[expect(clippy::disallowed_types, reason = "the mistake is to use it")]
    ids.into_iter().collect::<std::collections::HashSet<_>>().into_iter().collect()
}

#[cfg(not(quorate_bugs))]
pub(crate) const fn in_hash_order(ids: Vec<NodeId>) -> Vec<NodeId> {
    ids
}
