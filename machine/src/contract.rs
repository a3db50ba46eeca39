use core::hash::Hasher;

use crate::{Effect, Input, Outbox, Time};

/// A protocol as a value: inputs in; messages, records and events out; one deadline.
///
/// The [crate page](crate) tells the whole contract and shows a complete machine. The trait is dyn-compatible.
pub trait Machine {
    /// What peers exchange.
    type Message;
    /// What the local caller asks for.
    type Command;
    /// What must reach stable storage.
    type Record;
    /// What the local caller is told.
    type Event;

    /// Feeds one input. Never blocks, never fails, never panics on what a peer sent.
    ///
    /// `now` may go backwards; a machine absorbs that once, with a [`Clock`](crate::Clock). Effects are appended
    /// to `out` in causal order. A message or event that depends on a record leaves no earlier than the
    /// [`Input::Persisted`] that covers it.
    fn step(
        &mut self,
        now: Time,
        input: Input<Self::Message, Self::Command>,
        out: &mut Outbox<Self::Message, Self::Record, Self::Event>,
    );

    /// The instant at which [`Input::Wake`] is wanted next. A pure, O(1) function of the state.
    ///
    /// Waking early is a no-op, waking late is late. Right after a `Wake` at `now` this is `None` or later than
    /// `now`; after any other input it may be `now` itself, which says: feed me what you have, then wake me.
    fn deadline(&self) -> Option<Time>;

    /// Hashes the protocol state, without instants, random-number position, ticket numbers or counters.
    fn digest(&self, hasher: &mut dyn Hasher);
}

/// A machine that survives its process.
///
/// The image is the fold of the durable records in order; what `recover` makes of it must be able to continue as
/// if every message that the old instance sent had been sent by the new one.
pub trait Durable: Machine + Sized {
    /// What the caller decides: identity, members, limits, spans.
    type Config;
    /// What the records add up to. The default is the image of a node that has never run.
    type Image: Clone + Default + PartialEq;
    /// Why an image or a configuration cannot be used.
    type Error;

    /// Folds one more record into the image.
    ///
    /// # Errors
    /// When the record cannot follow what the image holds: the journal is not this machine's, or is damaged.
    /// The image is then unusable.
    fn absorb(image: &mut Self::Image, record: Self::Record) -> Result<(), Self::Error>;

    /// A new instance that continues from the image. Emits nothing: what it wants at once it does at its first
    /// `Wake`, and there it also emits again whatever its caller must redo.
    ///
    /// # Errors
    /// When the configuration is unusable or contradicts the image.
    fn recover(config: Self::Config, image: Self::Image, seed: u64, now: Time) -> Result<Self, Self::Error>;

    /// Describes every record issued so far, acknowledged or not, in records that fold to the same image.
    ///
    /// Taken with a drained outbox. Once these records are durable, so is every ticket issued before. Taken right after
    /// [`Durable::recover`], it folds to the image that was recovered from.
    fn checkpoint(&self, record: &mut dyn FnMut(Self::Record));
}

/// The inputs of the machine `M`.
pub type InputOf<M> = Input<<M as Machine>::Message, <M as Machine>::Command>;
/// The effects of the machine `M`.
pub type EffectOf<M> = Effect<<M as Machine>::Message, <M as Machine>::Record, <M as Machine>::Event>;
/// The outbox of the machine `M`.
pub type OutboxOf<M> = Outbox<<M as Machine>::Message, <M as Machine>::Record, <M as Machine>::Event>;
