use core::fmt;

use quickcheck::Gen;
use quorate_machine::{Effect, Input, InputOf, Machine as _, NodeId};

use crate::{
    laws::{
        Finding, Scripted, below,
        rig::{Manners, Rig, checkpointed, config},
    },
    subject::{CommandOf, ConfigOf, EffectOf, EventOf, ImageOf, MessageOf, RecordOf, Subject},
};

/// Another name for every node: a permutation of the first few, also of one that is not in the cluster; all other
/// ids keep their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The new name of n1, n2 and so on.
    names: Vec<NodeId>,
}

impl Renaming {
    fn drawn(g: &mut Gen, nodes: u8) -> Self {
        let mut names: Vec<_> = (1..=u64::from(nodes) + 1).map(NodeId).collect();
        for left in (1..names.len()).rev() {
            let pick = below(g, left as u64 + 1);
            names.swap(left, usize::try_from(pick).unwrap_or(0));
        }
        Self { names }
    }

    /// The new name of `id`.
    #[must_use]
    pub fn of(&self, id: NodeId) -> NodeId {
        let place = id.0.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.names.get(place)).copied().unwrap_or(id)
    }

    /// Gives `id` its new name.
    pub fn rename(&self, id: &mut NodeId) {
        *id = self.of(*id);
    }
}

/// Where a machine's values hold node ids: each field renames those in one kind of value, in place. The default
/// renames nothing; the sender and the receiver of a message are seen to without being named here.
///
/// ```
/// use quorate_machine::NodeId;
/// use quorate_sim::{Subject, laws::Names};
///
/// # use quorate_machine::{Durable, InputOf, Machine, OutboxOf, Time};
/// # #[derive(Clone)]
/// # struct Node;
/// # impl Machine for Node {
/// #     type Message = u64; type Command = u64; type Record = Vote; type Event = u64;
/// #     fn step(&mut self, _: Time, _: InputOf<Self>, _: &mut OutboxOf<Self>) {}
/// #     fn deadline(&self) -> Option<Time> { None }
/// #     fn digest(&self, _: &mut dyn core::hash::Hasher) {}
/// # }
/// # impl Durable for Node {
/// #     type Config = Config; type Image = Option<NodeId>; type Error = ();
/// #     fn absorb(_: &mut Option<NodeId>, _: Vote) -> Result<(), ()> { Ok(()) }
/// #     fn recover(_: Config, _: Option<NodeId>, _: u64, _: Time) -> Result<Self, ()> { Ok(Self) }
/// #     fn checkpoint(&self, _: &mut dyn FnMut(Vote)) {}
/// # }
/// struct Config {
///     id: NodeId,
/// }
///
/// #[derive(Clone, Debug)]
/// struct Vote(NodeId);
///
/// fn names<S: Subject<Machine = Node>>() -> Names<S> {
///     Names {
///         config: |config, by| by.rename(&mut config.id),
///         record: |vote, by| by.rename(&mut vote.0),
///         image: |vote, by| *vote = vote.map(|id| by.of(id)),
///         ..Names::default()
///     }
/// }
/// ```
pub struct Names<S: Subject> {
    /// In a configuration.
    pub config: fn(&mut ConfigOf<S>, &Renaming),
    /// In a message.
    pub message: fn(&mut MessageOf<S>, &Renaming),
    /// In a command.
    pub command: fn(&mut CommandOf<S>, &Renaming),
    /// In a record.
    pub record: fn(&mut RecordOf<S>, &Renaming),
    /// In an event.
    pub event: fn(&mut EventOf<S>, &Renaming),
    /// In an image.
    pub image: fn(&mut ImageOf<S>, &Renaming),
}

impl<S: Subject> Default for Names<S> {
    fn default() -> Self {
        Self {
            config: |_, _| {},
            message: |_, _| {},
            command: |_, _| {},
            record: |_, _| {},
            event: |_, _| {},
            image: |_, _| {},
        }
    }
}

impl<S: Subject> fmt::Debug for Names<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl<S: Subject> Names<S> {
    fn input(&self, input: InputOf<S::Machine>, by: &Renaming) -> InputOf<S::Machine> {
        match input {
            Input::Receive { from, mut message } => {
                (self.message)(&mut message, by);
                Input::Receive { from: by.of(from), message }
            }
            Input::Submit { tag, mut command } => {
                (self.command)(&mut command, by);
                Input::Submit { tag, command }
            }
            Input::Persisted(ticket) => Input::Persisted(ticket),
            Input::Wake => Input::Wake,
        }
    }

    fn effect(&self, effect: &EffectOf<S>, by: &Renaming) -> EffectOf<S> {
        let mut effect = effect.clone();
        match &mut effect {
            Effect::Send { to, message } => {
                by.rename(to);
                (self.message)(message, by);
            }
            Effect::Persist { record, .. } => (self.record)(record, by),
            Effect::Emit(event) => (self.event)(event, by),
        }
        effect
    }
}

/// Under other names for all nodes a machine does the same, under those names. In which order it writes to several
/// peers at once may depend on their ids.
///
/// # Errors
/// Where it does something else.
pub fn commutes_with_renaming<S: Scripted>(subject: &S, g: &mut Gen) -> Result<Finding, String> {
    let Some(names) = subject.names() else { return Ok(Finding::NotClaimed) };
    let mut first = Rig::experienced(subject, g)?;
    let by = Renaming::drawn(g, first.plan.nodes);
    let mut second = renamed(&first, &names, &by)?;
    let mut acts = Vec::new();
    let script = first.play(g, Manners::Wild, |rig, _, effects| {
        let effects = effects.iter().map(|effect| names.effect(effect, &by)).collect();
        acts.push((told(effects), rig.machine.deadline()));
        Ok(())
    })?;
    for ((turn, (now, input)), first) in script.into_iter().enumerate().zip(acts) {
        let effects = second.feed(now, names.input(input, &by))?;
        let second = (told(effects), second.machine.deadline());
        if first != second {
            return Err(format!(
                "at turn {turn}, in the names of {:?}, one does {first:?} and the other {second:?}",
                by.names
            ));
        }
    }
    let mut image = checkpointed(&first.machine)?;
    (names.image)(&mut image, &by);
    if image == checkpointed(&second.machine)? {
        Ok(Finding::Kept)
    } else {
        Err(format!("in the names of {:?} their checkpoints fold to something else", by.names))
    }
}

fn renamed<'a, S: Scripted>(rig: &Rig<'a, S>, names: &Names<S>, by: &Renaming) -> Result<Rig<'a, S>, String> {
    let mut config = config(rig.subject, &rig.plan, rig.id);
    let mut image = rig.base.clone();
    (names.config)(&mut config, by);
    (names.image)(&mut image, by);
    Rig::configured(rig.subject, rig.plan.clone(), by.of(rig.id), config, image, rig.seed, rig.now)
}

/// The effects, with what goes to several peers in a row in the order of their ids.
fn told<M, R, E>(mut effects: Vec<Effect<M, R, E>>) -> String
where
    Effect<M, R, E>: fmt::Debug,
{
    let recipient = |effect: &Effect<M, R, E>| match effect {
        Effect::Send { to, .. } => Some(*to),
        Effect::Persist { .. } | Effect::Emit(_) => None,
    };
    for row in effects.chunk_by_mut(|a, b| recipient(a).is_some() && recipient(b).is_some()) {
        row.sort_by_key(recipient);
    }
    format!("{effects:?}")
}
