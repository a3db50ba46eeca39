#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod anchor;
mod bounded;
mod bug;
#[cfg(feature = "compat")]
mod compat;
mod counted;
mod hash;
mod hrw;
mod jump;
mod jumpback;
mod maglev;
mod mod_n;
mod node;
mod nodes;
mod place;
pub mod plan;
mod range;
mod ring;
#[cfg(feature = "serde")]
mod serial;
mod slots;
mod spread;
mod walk;

#[cfg(quorate_bugs)]
pub use crate::bug::Bug;
#[cfg(feature = "compat")]
pub use crate::ring::RingDialect;
pub use crate::{
    anchor::Anchor,
    bounded::{Bounded, LoadFactor, LowLoadFactor, NoLoad},
    hash::{Hashing, KeyHash},
    hrw::Hrw,
    jump::{Jump, jump},
    jumpback::{JumpBack, jump_back},
    maglev::{Maglev, MaglevSize, MaglevSizeError},
    mod_n::ModN,
    node::{Node, Weight, ZeroWeight},
    nodes::{NodeIx, Nodes},
    place::{AddError, AddReason, Elastic, Place, PlaceExt, UnknownNode, WeightError, WeightReason},
    plan::Plan,
    range::{
        Decision, Estimate, FanOut, HotKeys, HotKeysError, LoadLimits, LoadLimitsError, LoadSplit,
        MergeError, RangeEpoch, RangeId, RangeMap, RangeRef, ReassignError, ReassignReason, SplitError,
        SplitReason, Touched,
    },
    ring::{PlaceTokensError, PlaceTokensReason, Ring, RingArc},
    slots::{
        AssignError, AssignReason, DrainError, DrainReason, Epoch, HasSlots, PinError, RemoveError,
        RetargetError, SlotSpec, Slots, SlotsError, StaleEpoch, hash_tag,
    },
    spread::{Limit, Replicas, Rule, RuleError, Spread},
    walk::{Preferences, Walk},
};
