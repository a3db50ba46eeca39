//! Plans and their progress.

use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Version, Versioned};
use crate::plan::{Change, Fingerprint, Fraction, Parts, Plan, Progress, Region, Stage};

impl<R> Versioned for Plan<R> {
    const VERSION: &'static str = "plan/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Plan", deny_unknown_fields)]
struct Stored<C> {
    version: Version<Plan<()>>,
    old: Fingerprint,
    new: Fingerprint,
    /// The extents of all regions, each times its copies in the new table.
    all: u128,
    unavoidable: u128,
    minimum: Fraction,
    changes: C,
}

impl<R: Region + Serialize> Serialize for Plan<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Parts { old, new, all, unavoidable, minimum } = self.parts();
        let changes = self.changes();
        Stored { version: Version::THIS, old, new, all, unavoidable, minimum, changes }.serialize(serializer)
    }
}

impl<'de, R: Region + Deserialize<'de>> Deserialize<'de> for Plan<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { old, new, all, unavoidable, minimum, changes, .. } =
            Stored::<Vec<Change<R>>>::deserialize(deserializer)?;
        let parts = Parts { old, new, all, unavoidable, minimum };
        Self::restored(parts, changes).ok_or(D::Error::custom("no two tables have this plan"))
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [self.part(), self.whole()].serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [part, whole] = <[u128; 2]>::deserialize(deserializer)?;
        let fraction = Self::new(part, whole);
        if [fraction.part(), fraction.whole()] == [part, whole] {
            return Ok(fraction);
        }
        Err(D::Error::custom("the fraction is not in lowest terms"))
    }
}

impl Versioned for Progress {
    const VERSION: &'static str = "progress/1";
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Progress", deny_unknown_fields)]
struct Reached<S> {
    version: Version<Progress>,
    plan: Fingerprint,
    /// Of each move.
    stages: S,
    /// Moves, and how often steps of each have failed.
    failures: Vec<(u32, u32)>,
}

impl Serialize for Progress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (plan, stages, failures) = (self.plan(), self.stages(), self.failures().collect());
        Reached { version: Version::THIS, plan, stages, failures }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Progress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Reached { plan, stages, failures, .. } = Reached::<Vec<Stage>>::deserialize(deserializer)?;
        Self::restored(plan, stages, failures).ok_or(D::Error::custom("no plan has this progress"))
    }
}
