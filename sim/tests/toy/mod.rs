//! The register of `machine`'s page as a subject, whole or with one seeded bug, and what must hold of it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use core::time::Duration;

use quickcheck::Gen;
use quorate_machine::{Effect, NodeId, Rng, Tag};
use quorate_sim::{
    Invariant, Marks, Plan, Portrait, Step, StepKind, Subject, View,
    laws::{self, Encoded, Golden, Names, Scripted},
};

pub mod broken;
pub mod explored;
pub mod mute;
#[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "not ours to judge")]
#[path = "../../../machine/examples/register.rs"]
pub mod register;

use broken::{Bug, Node};
use register::{Config, Event, Message, Version};

const REFUSED: &str = "a write was refused";
const WENT_ON: &str = "a node went on with what it had stored";
const MANY: &str = "a fifth version was offered";
const MARKS: &[&str] = &[REFUSED, WENT_ON, MANY];

/// The register, with the bug if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Toy {
    pub bug: Option<Bug>,
}

impl Subject for Toy {
    type Machine = Node;
    type App = ();

    fn config(&self, id: NodeId, plan: &Plan, (): &()) -> (Config, Option<Bug>) {
        let members = (1..=u64::from(plan.nodes)).map(NodeId).collect();
        (Config { id, writer: NodeId(1), members, resend_after: Duration::from_millis(50) }, self.bug)
    }

    fn app(&self, _: NodeId, _: &Plan) {}

    fn command(&self, k: u64, _: &mut Rng) -> u64 {
        100 + k
    }

    fn tag_of(&self, event: &Event) -> Option<Tag> {
        match event {
            Event::Written { tag, .. } | Event::Refused { tag, .. } => Some(*tag),
        }
    }

    fn encode(&self, version: &Version) -> Option<Vec<u8>> {
        Some([version.number.to_le_bytes(), version.value.to_le_bytes()].concat())
    }

    fn encode_message(&self, message: &Message) -> Option<Vec<u8>> {
        Some(format!("{message:?}").into_bytes())
    }

    fn portrait(&self, node: &Node) -> Portrait {
        let role = if node.is_writer() { "writer" } else { "store" };
        Portrait { role: role.to_owned(), state: format!("{node:#?}") }
    }

    fn marks(&self) -> &'static [&'static str] {
        MARKS
    }

    fn mark(&self, view: &View<'_, Self>, step: &Step<'_, Self>, marks: &mut Marks) {
        let started_with = view.node(step.node).filter(|_| step.kind == StepKind::Started);
        if started_with.is_some_and(|node| node.image().number > 0) {
            marks.hit(WENT_ON);
        }
        for effect in step.effects {
            match effect {
                Effect::Emit(Event::Refused { .. }) => marks.hit(REFUSED),
                Effect::Send { message: Message::Store(version), .. } if version.number >= 5 => {
                    marks.hit(MANY);
                }
                Effect::Emit(_) | Effect::Send { .. } | Effect::Persist { .. } => {}
            }
        }
    }

    /// There are no leaders here; a write that is done stands in for one, so that `ladder` has something to climb.
    fn is_leader_event(&self, event: &Event) -> bool {
        matches!(event, Event::Written { .. })
    }

    fn invariants(&self) -> Vec<Box<dyn Invariant<Self>>> {
        vec![Box::new(VersionsRise::default()), Box::new(WrittenIsKept::default())]
    }
}

/// What was acknowledged is on the disks of a majority, then and for ever.
#[derive(Default)]
pub struct WrittenIsKept {
    written: Version,
}

impl Invariant<Toy> for WrittenIsKept {
    fn name(&self) -> &'static str {
        "written is kept"
    }

    fn after(&mut self, view: &View<'_, Toy>, step: &Step<'_, Toy>) -> Result<(), String> {
        for effect in step.effects {
            if let Effect::Emit(Event::Written { version, .. }) = effect {
                self.written = self.written.max(*version);
            }
        }
        let written = self.written;
        let keeps = |image: &Version| image.number > written.number || *image == written;
        let kept = view.nodes().iter().filter(|node| keeps(node.image())).count();
        if kept > view.nodes().len() / 2 {
            Ok(())
        } else {
            Err(format!("{written:?} is on {kept} of {} disks", view.nodes().len()))
        }
    }
}

/// No disk ever goes back to an earlier version.
#[derive(Default)]
pub struct VersionsRise {
    seen: Vec<Version>,
}

impl Invariant<Toy> for VersionsRise {
    fn name(&self) -> &'static str {
        "versions rise"
    }

    fn after(&mut self, view: &View<'_, Toy>, step: &Step<'_, Toy>) -> Result<(), String> {
        self.seen.resize(view.nodes().len(), Version::default());
        let Some(node) = view.node(step.node) else { return Ok(()) };
        let at = view.nodes().iter().position(|other| other.id() == step.node).unwrap_or(0);
        let before = core::mem::replace(&mut self.seen[at], *node.image());
        if before <= *node.image() {
            Ok(())
        } else {
            Err(format!("{} had {before:?} and has {:?}", step.node, node.image()))
        }
    }
}

impl Scripted for Toy {
    fn message(&self, g: &mut Gen, near: &Node) -> Message {
        let number = laws::near(g, near.newest());
        match laws::below(g, 2) {
            0 => Message::Store(Version { number, value: laws::below(g, 3) }),
            _ => Message::Stored { number },
        }
    }

    fn plausible_command(&self, g: &mut Gen, _: &Node) -> u64 {
        laws::below(g, 3)
    }

    /// One message to each of four peers, or a record.
    fn effects_max(&self) -> usize {
        4
    }

    fn bad_configs(&self, id: NodeId) -> Vec<(Config, Option<Bug>)> {
        let with = |member, resend_after| {
            (Config { id, writer: id, members: vec![NodeId(member)], resend_after }, self.bug)
        };
        vec![with(id.0 + 1, Duration::from_secs(1)), with(id.0, Duration::ZERO)]
    }

    fn round_trip(&self, what: Encoded<'_, Self>) -> Option<Result<(), String>> {
        let (Encoded::Record(version) | Encoded::Image(version)) = what else { return None };
        let bytes = version.number.to_le_bytes();
        let kept = if self.bug == Some(Bug::EncodesShort) { &bytes[..1] } else { &bytes[..] };
        let mut decoded = [0; 8];
        decoded[..kept.len()].copy_from_slice(kept);
        let decoded = u64::from_le_bytes(decoded);
        let same = decoded == version.number;
        Some(same.then_some(()).ok_or_else(|| format!("{version:?} comes back with number {decoded}")))
    }

    fn golden(&self) -> Option<Golden> {
        let widened = self.bug == Some(Bug::EncodesAnew);
        let encode = |Version { number, value }: Version| {
            let number = number.to_le_bytes();
            if widened {
                [&number[..], &value.to_be_bytes()].concat()
            } else {
                [number, value.to_le_bytes()].concat()
            }
        };
        let golden = Golden::in_file("tests/golden/register.hex")
            .sample("the version before the first", encode(Version::default()))
            .sample("a version", encode(Version { number: 0x0102, value: 7 }));
        Some(if self.bug.is_some() { golden.sealed() } else { golden })
    }

    /// A writer among five nodes that has counted all of them. Records on their way are the driver's to end.
    fn state_bytes_max(&self, _: &(Config, Option<Bug>)) -> Option<usize> {
        Some(128)
    }

    fn some_config(&self, g: &mut Gen, id: NodeId, plan: &Plan) -> Option<(Config, Option<Bug>)> {
        let members = (0..laws::below(g, 5)).map(|_| laws::some_node(g, plan.nodes)).collect();
        let writer = laws::some_node(g, plan.nodes);
        let resend_after = Duration::from_nanos(laws::near(g, 1_000));
        Some((Config { id, writer, members, resend_after }, self.bug))
    }

    fn names(&self) -> Option<Names<Self>> {
        Some(Names {
            config: |(config, _), by| {
                config.members.iter_mut().for_each(|member| by.rename(member));
                by.rename(&mut config.id);
                by.rename(&mut config.writer);
            },
            ..Names::default()
        })
    }

    fn decides_without_its_seed(&self) -> bool {
        true
    }

    fn is_idempotent(&self, _: &Message) -> Option<bool> {
        Some(true)
    }

    fn depends_on_disk(&self, effect: &Effect<Message, Version, Event>) -> Option<bool> {
        Some(match effect {
            Effect::Emit(Event::Written { .. }) => true,
            Effect::Send { message: Message::Store(version), .. } => version.number > 0,
            Effect::Send { message: Message::Stored { number }, .. } => *number > 0,
            Effect::Emit(Event::Refused { .. }) | Effect::Persist { .. } => false,
        })
    }
}
