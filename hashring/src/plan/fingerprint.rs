//! A number that says which table it is.

use core::{fmt, hash::Hasher as _};

use siphasher::sip::SipHasher24;

use super::{
    change::Change,
    regions::{Incomparable, Region, Regions},
};
use crate::{
    hash::KeyHash,
    nodes::{NodeIx, Nodes},
    place::{Place, PlaceExt as _},
    spread::Spread,
};

/// A table in 64 bits: its nodes by name with weights and failure domains, how it hashes, its regions, and who has them. Equal tables have
/// equal fingerprints, on every platform, whatever their indexes are; others do not, but for one chance in 2⁶⁴. It is no defence against
/// somebody who wants them to be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fingerprint(u64);

/// More copies of a region than that are not looked at.
pub(super) const COPIES_MAX: usize = u16::MAX as usize;

/// Tells the nodes that a hash has its copies on.
type Copies<'a> = &'a dyn Fn(KeyHash, &mut dyn FnMut(NodeIx));

impl Fingerprint {
    /// The fingerprint of that number.
    pub const fn new(fingerprint: u64) -> Self {
        Self(fingerprint)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Of a table whose regions are on so many nodes: the first that they prefer.
    ///
    /// # Errors
    ///
    /// The table's regions cannot be told.
    pub fn of<P: Regions>(table: &P, copies: usize) -> Result<Self, Incomparable> {
        let copies = copies.min(COPIES_MAX);
        Self::by(table, &|hash, each| table.preferences_of(hash).take(copies).for_each(each))
    }

    /// Of a table and a rule for copies.
    ///
    /// # Errors
    ///
    /// The table's regions cannot be told.
    pub fn of_spread<P: Regions>(spread: &Spread<P>) -> Result<Self, Incomparable> {
        Self::by(spread.place(), &|hash, each| spread.replicas_of(hash).nodes().for_each(each))
    }

    /// Of a plan.
    pub(super) fn of_plan<R: Region>(old: Self, new: Self, changes: &[Change<R>]) -> Self {
        let mut printer = Printer::new(b"plan/1");
        printer.number(old.get());
        printer.number(new.get());
        for change in changes {
            printer.number(u64::try_from(change.region().extent()).unwrap_or(0));
            for names in [change.old(), change.new()] {
                printer.number(names.len() as u64);
                for name in names {
                    printer.bytes(name.as_bytes());
                }
            }
        }
        printer.finish()
    }

    fn by<P: Regions>(table: &P, copies: Copies<'_>) -> Result<Self, Incomparable> {
        let mut printer = Printer::new(b"table/1");
        printer.place(table);
        table.beside(table, &mut |region| {
            let sample = table.sample(&region);
            printer.number(sample.get());
            printer.number(u64::try_from(region.extent() - 1).unwrap_or(u64::MAX));
            copies(sample, &mut |node| printer.node(table.nodes(), node));
            printer.number(u64::MAX);
        })?;
        Ok(printer.finish())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a fingerprint is made from, piece by piece; each piece says how long it is.
pub(super) struct Printer(SipHasher24);

impl Printer {
    pub(super) fn new(kind: &[u8]) -> Self {
        let mut printer = Self(SipHasher24::new_with_keys(0x7175_6f72_6174_652d, 0x6861_7368_7269_6e67));
        printer.bytes(kind);
        printer
    }

    pub(super) fn number(&mut self, number: u64) {
        self.0.write(&number.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.write(bytes);
    }

    pub(super) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finish())
    }

    fn place(&mut self, place: &dyn Place) {
        probes(place).for_each(|hash| self.number(hash.get()));
        self.number(place.nodes().len() as u64);
        for (_, node) in place.nodes().by_name() {
            self.bytes(node.name().as_bytes());
            self.number(node.weight().get().into());
            self.number(node.path().len() as u64);
            node.path().iter().for_each(|domain| self.bytes(domain.as_bytes()));
        }
    }

    fn node(&mut self, nodes: &Nodes, node: NodeIx) {
        self.bytes(nodes.get(node).map_or("", |node| node.name()).as_bytes());
    }
}

/// The hashes of a few keys: tables that hash these alike hash all keys alike.
pub(super) fn probes(place: &dyn Place) -> impl Iterator<Item = KeyHash> {
    const KEYS: [&str; 10] =
        ["", "a", "key", "user:17", "{tag}x", "tag", "10.0.3.7", "quorate", "x{tag}", "0123456789abcdef"];
    KEYS.iter().map(|key| place.hash(key.as_bytes()))
}
