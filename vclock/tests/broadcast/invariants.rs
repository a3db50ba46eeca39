//! What must hold after every step, against sets that are kept beside the clocks.
#![allow(clippy::wildcard_enum_match_arm, reason = "an invariant looks only at the events that it is about")]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use quorate_machine::{Effect, NodeId, Tag};
use quorate_sim::{Invariant, Step, StepKind, View};
use quorate_vclock::{
    Dot, VClock,
    broadcast::{Content, Entry, Event, Message, Origin, Record},
};

use crate::group::Group;

pub(crate) fn all() -> Vec<Box<dyn Invariant<Group>>> {
    vec![
        Box::new(CausalOrder::default()),
        Box::new(OneNameOneMessage::default()),
        Box::new(DeliveredIsKept),
        Box::new(StableIsEverywhere::default()),
    ]
}

fn events<'a>(step: &Step<'a, Group>) -> impl Iterator<Item = &'a Event> {
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Emit(event) => Some(event),
        Effect::Send { .. } | Effect::Persist { .. } => None,
    })
}

/// The messages that the step writes.
fn entries<'a>(step: &Step<'a, Group>) -> impl Iterator<Item = &'a Entry> {
    step.effects
        .iter()
        .flat_map(|effect| match effect {
            Effect::Persist { record: Record::Entries(entries), .. } => &**entries,
            Effect::Emit(_) | Effect::Send { .. } | Effect::Persist { .. } => &[],
        })
        .map(|entry| &**entry)
}

/// The messages that somebody hears of by the step.
fn told<'a>(step: &Step<'a, Group>) -> impl Iterator<Item = &'a Entry> {
    let told = step.effects.iter().flat_map(|effect| match effect {
        Effect::Send { message: Message::Data { entries }, .. }
        | Effect::Emit(Event::Delivered { entries, .. }) => &**entries,
        Effect::Emit(_) | Effect::Send { .. } | Effect::Persist { .. } => &[],
    });
    told.map(|entry| &**entry)
}

/// A message is delivered after whatever its sender's application had been told when it was submitted, and once to each
/// instance (Birman, Schiper and Stephenson 1991, §3).
#[derive(Default)]
struct CausalOrder {
    /// What an application knew when it submitted a command of this tag.
    knew: BTreeMap<(NodeId, Tag), BTreeSet<Dot<Origin>>>,
    past: BTreeMap<Dot<Origin>, BTreeSet<Dot<Origin>>>,
    /// What each node's application knows, by the events alone.
    known: BTreeMap<NodeId, BTreeSet<Dot<Origin>>>,
    everything: BTreeSet<Dot<Origin>>,
    /// What is about members is not told as delivered.
    about_members: BTreeSet<Dot<Origin>>,
}

impl Invariant<Group> for CausalOrder {
    fn name(&self) -> &'static str {
        "causal order"
    }

    fn after(&mut self, _: &View<'_, Group>, step: &Step<'_, Group>) -> Result<(), String> {
        let node = step.node;
        if step.kind == StepKind::Started {
            self.known.remove(&node);
        }
        if let StepKind::Submit(tag) = step.kind {
            self.knew.insert((node, tag), self.known.get(&node).cloned().unwrap_or_default());
        }
        for entry in entries(step) {
            if payload_of(&entry.payload).is_none() {
                self.about_members.insert(entry.dot);
            }
        }
        for event in events(step) {
            match event {
                Event::Done { dot, .. } if self.about_members.contains(dot) => {}
                Event::Done { tag, dot } => {
                    let knew = self.knew.remove(&(node, *tag)).unwrap_or_default();
                    self.past.insert(*dot, knew);
                    self.everything.insert(*dot);
                }
                Event::Restored { snapshot } => {
                    let included = self.everything.iter().filter(|dot| snapshot.cut.contains(dot));
                    self.known.insert(node, included.copied().collect());
                }
                Event::Delivered { entries, .. } => {
                    let known = self.known.entry(node).or_default();
                    for entry in entries {
                        // What a node has stored before it crashed was never reported: it follows what it says.
                        let past = self.past.entry(entry.dot).or_insert_with(|| {
                            self.everything.iter().filter(|dot| entry.after.contains(dot)).copied().collect()
                        });
                        self.everything.insert(entry.dot);
                        if let Some(early) = past.iter().find(|dot| !known.contains(dot)) {
                            return Err(format!("{node} delivers {} before {early}", entry.dot));
                        }
                        if !known.insert(entry.dot) {
                            return Err(format!("{node} delivers {} twice", entry.dot));
                        }
                    }
                }
                Event::Members { .. }
                | Event::Stable { .. }
                | Event::Compacted { .. }
                | Event::Refused { .. }
                | Event::Impostor { .. } => {}
            }
        }
        Ok(())
    }
}

/// No dot names two messages, whatever crashes and whatever disk is lost; and nobody is taken for an impostor.
#[derive(Default)]
struct OneNameOneMessage {
    named: BTreeMap<Dot<Origin>, (Content, VClock<Origin>)>,
}

impl Invariant<Group> for OneNameOneMessage {
    fn name(&self) -> &'static str {
        "one name, one message"
    }

    fn after(&mut self, _: &View<'_, Group>, step: &Step<'_, Group>) -> Result<(), String> {
        for event in events(step) {
            if let Event::Impostor { seen } = event {
                return Err(format!("{} is said to have made {seen}, and has not", step.node));
            }
        }
        for entry in told(step) {
            let is = (entry.payload.clone(), entry.after.clone());
            let was = self.named.entry(entry.dot).or_insert_with(|| is.clone());
            if *was != is {
                return Err(format!("{} is {was:?} and {is:?}", entry.dot));
            }
        }
        Ok(())
    }
}

/// What was delivered or reported as done is on this node's disk, by itself or as part of the snapshot.
struct DeliveredIsKept;

impl Invariant<Group> for DeliveredIsKept {
    fn name(&self) -> &'static str {
        "delivered is kept"
    }

    fn after(&mut self, view: &View<'_, Group>, step: &Step<'_, Group>) -> Result<(), String> {
        let Some(node) = view.node(step.node) else { return Ok(()) };
        for event in events(step) {
            let dots: Vec<Dot<Origin>> = match event {
                Event::Delivered { entries, .. } => entries.iter().map(|entry| entry.dot).collect(),
                Event::Done { dot, .. } => vec![*dot],
                _ => continue,
            };
            if let Some(dot) = dots.iter().find(|dot| !node.image().holds(dot)) {
                return Err(format!("{} is not on the disk of {}", dot, step.node));
            }
        }
        Ok(())
    }
}

/// What a node begins to call stable is on the disk of every other member that has not been born again since.
#[derive(Default)]
struct StableIsEverywhere {
    /// What it has called stable: whoever is admitted later may lack that.
    before: BTreeMap<NodeId, VClock<Origin>>,
    /// Who was a member by the latest event that told so.
    members: BTreeMap<NodeId, Vec<NodeId>>,
}

impl Invariant<Group> for StableIsEverywhere {
    fn name(&self) -> &'static str {
        "stable is everywhere"
    }

    fn after(&mut self, view: &View<'_, Group>, step: &Step<'_, Group>) -> Result<(), String> {
        if step.kind == StepKind::Started {
            self.before.remove(&step.node);
        }
        let Some(machine) = view.node(step.node).and_then(|node| node.machine()) else { return Ok(()) };
        for event in events(step) {
            if let Event::Members { members } = event {
                self.members.insert(step.node, members.clone());
            }
            let Event::Stable { clock } = event else { continue };
            let before = self.before.insert(step.node, clock.clone()).unwrap_or_default();
            for member in self.members.get(&step.node).into_iter().flatten() {
                let Some(node) = view.node(*member) else { continue };
                let birth = node.image().origin().map_or(0, |origin| origin.birth);
                if machine.birth_of(*member) != birth {
                    continue;
                }
                let mut new =
                    clock.diff(&before).map(|range| Dot { actor: *range.actor, counter: range.last });
                if let Some(dot) = new.find(|dot| !node.image().holds(dot)) {
                    return Err(format!("{dot} is stable for {} and not on the disk of {member}", step.node));
                }
            }
        }
        Ok(())
    }
}

/// What the application sees of it.
fn payload_of(content: &Content) -> Option<&Bytes> {
    match content {
        Content::Payload(bytes) => Some(bytes),
        Content::Admit(_) | Content::Remove(_) => None,
    }
}
