//! What leads to a term and to the votes in it, and what only ever grows.

use std::collections::{BTreeMap, BTreeSet};

use quorate_machine::{Effect, NodeId};
use quorate_raft::{Body, Event, Index, LogId, Raft, Record, Role, Term};
use quorate_sim::{Invariant, Step, View};

use super::{Cluster, invariants::events};

pub fn all() -> Vec<Box<dyn Invariant<Cluster>>> {
    vec![
        Box::new(VotesAreDeserved::default()),
        Box::new(TermsHaveCandidates::default()),
        Box::new(NothingGoesBack::default()),
    ]
}

/// A vote goes to who has asked for it, with a log as up to date as one's own (Raft §5.4.1); so does the word that it
/// would be given (thesis §9.6).
#[derive(Default)]
struct VotesAreDeserved(BTreeMap<(Question, NodeId, Term), LogId>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    PreVote,
    Vote,
}

impl Invariant<Cluster> for VotesAreDeserved {
    fn name(&self) -> &'static str {
        "votes are deserved"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for effect in step.effects {
            let (question, candidate, term) = match effect {
                Effect::Send { message, to } => match message.body {
                    Body::PreVote { last } => {
                        self.ask(Question::PreVote, step.node, message.term, last);
                        continue;
                    }
                    Body::Vote { last } => {
                        self.ask(Question::Vote, step.node, message.term, last);
                        continue;
                    }
                    Body::PreVoted { granted: true, .. } => (Question::PreVote, *to, message.term),
                    _ => continue,
                },
                // When it is decided: by the time it is sent, the log may have grown.
                Effect::Persist { record: Record::Vote { term, vote: Some(candidate) }, .. }
                    if *candidate != step.node =>
                {
                    (Question::Vote, *candidate, *term)
                }
                Effect::Persist { .. } | Effect::Emit(_) => continue,
            };
            let own = view.node(step.node).and_then(|node| node.machine()).map(|raft| raft.status().last);
            let asked = self.0.get(&(question, candidate, term)).copied();
            if asked < own {
                let node = step.node;
                return Err(format!("{node}, at {own:?}, is for {candidate}, at {asked:?}, in {term:?}"));
            }
        }
        Ok(())
    }
}

impl VotesAreDeserved {
    fn ask(&mut self, question: Question, candidate: NodeId, term: Term, last: LogId) {
        let latest = self.0.entry((question, candidate, term)).or_insert(last);
        *latest = last.max(*latest);
    }
}

/// Every term was begun by a candidate that a quorum had encouraged (thesis §9.6): nothing else raises it.
#[derive(Default)]
struct TermsHaveCandidates(BTreeSet<Term>);

impl Invariant<Cluster> for TermsHaveCandidates {
    fn name(&self) -> &'static str {
        "terms have candidates"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        for event in events(step) {
            if let Event::Role { role: Role::Candidate, term, .. } = event {
                self.0.insert(*term);
            }
        }
        let Some(raft) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        let term = raft.status().term;
        if term == Term(0) || self.0.contains(&term) {
            return Ok(());
        }
        Err(format!("{} is in {term:?}, in which nobody stood", step.node))
    }
}

/// Terms, the commit index and what is delivered grow as long as an instance lives (Raft figure 2).
#[derive(Default)]
struct NothingGoesBack(BTreeMap<NodeId, (u64, Term, Index, Index)>);

impl Invariant<Cluster> for NothingGoesBack {
    fn name(&self) -> &'static str {
        "nothing goes back"
    }

    fn after(&mut self, view: &View<'_, Cluster>, step: &Step<'_, Cluster>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let Some(status) = node.machine().map(Raft::status) else { return Ok(()) };
        let now = (node.incarnation(), status.term, status.committed, status.delivered);
        let before = self.0.insert(step.node, now).filter(|before| before.0 == now.0).unwrap_or(now);
        if before.1 <= now.1 && before.2 <= now.2 && before.3 <= now.3 {
            return Ok(());
        }
        Err(format!("{} is at {:?} after {:?}", step.node, (now.1, now.2, now.3), before))
    }
}
