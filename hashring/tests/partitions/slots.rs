//! What must hold of tables of slots.

use quorate_hashring::{
    AssignReason, DrainReason, Epoch, HasSlots, Node, NodeIx, PinError, Place as _, PlaceExt as _,
    RemoveError, SlotSpec, Slots, SlotsError, StaleEpoch, UnknownNode, Weight, hash_tag,
};

use super::tables::{ensure, nodes, sound, table};

fn spec(count: u32, copies: u32) -> SlotSpec {
    SlotSpec { count, copies, ..SlotSpec::default() }
}

fn abc(copies: u32) -> Result<Slots, String> {
    table(spec(12, copies), nodes(&[1, 1, 1], &[]))
}

/// Each change makes a new epoch, and whoever has seen another one changes nothing.
pub(crate) fn who_saw_an_older_table_is_refused() -> Result<String, String> {
    let mut slots = abc(1)?;
    let seen = slots.epoch();
    let a = slots.nodes().find("a").ok_or("no a")?;
    let slot = (0..12).find(|&slot| slots.replicas(slot) != [a]).ok_or("a has all")?;
    let new = sound(slots.assign(seen, slot, &[a]))?;
    ensure!(new > seen && new == slots.epoch(), "{seen} is followed by {new}");
    let before = slots.clone();
    let stale = StaleEpoch { given: seen, current: new };
    ensure!(slots.check(seen) == Err(stale), "{seen} is taken for {new}");
    let refused = slots.assign(seen, slot + 1, &[a]).map_err(|error| error.reason);
    ensure!(refused == Err(AssignReason::Stale(stale)), "an old epoch may assign: {refused:?}");
    ensure!(slots.pin(seen, slot) == Err(PinError::Stale(stale)), "an old epoch may pin");
    ensure!(slots.unpin(new.next(), slot).is_err(), "an epoch to come may unpin");
    ensure!(slots == before, "a refused change has changed something");

    let mut epochs = vec![slots.epoch()];
    sound(slots.add(Node::new("d")))?;
    epochs.push(slots.epoch());
    sound(slots.set_weight("d", sound(Weight::new(2))?))?;
    epochs.push(slots.epoch());
    slots = slots.rebalanced();
    epochs.push(slots.epoch());
    slots = sound(slots.drained(&["d"]))?;
    epochs.push(slots.epoch());
    sound(slots.remove("d"))?;
    epochs.push(slots.epoch());
    sound(slots.pin(slots.epoch(), 3))?;
    epochs.push(slots.epoch());
    sound(slots.pin(slots.epoch(), 3))?; // changes nothing
    ensure!(epochs.is_sorted_by(|a, b| a < b), "epochs {epochs:?}");
    ensure!(epochs.last() == Some(&slots.epoch()), "what changes nothing has an epoch of its own");
    Ok(format!("{} changes, {} epochs", epochs.len(), epochs.len()))
}

pub(crate) fn nodes_come_and_go_without_their_slots() -> Result<String, String> {
    let mut slots = sound(Slots::new(spec(12, 2)))?;
    ensure!(slots.locate(slots.hash(b"k")).is_none() && slots.shortfall() == 24, "nobody has slots");
    ensure!(slots.rebalanced() == slots, "nothing moves among no nodes");
    sound(slots.add(Node::new("a")))?;
    ensure!(
        slots.load("a") == Some(12) && slots.shortfall() == 12,
        "the first node has {:?}",
        slots.load("a")
    );
    ensure!(
        slots.remove("a") == Err(RemoveError::HasSlots(HasSlots { copies: 12 })),
        "the only node may leave"
    );
    let error = slots.drained(&["a"]).err().map(|error| error.reason);
    ensure!(error == Some(DrainReason::NobodyLeft), "{error:?}");
    sound(slots.add(Node::new("b")))?;
    ensure!(slots.load("b") == Some(0), "a new node has slots");
    let again = slots.add(Node::new("b")).map_err(|error| error.node);
    ensure!(again == Err(Node::new("b")), "a name is taken twice");
    slots = slots.rebalanced();
    ensure!(slots.load("a") == Some(12) && slots.load("b") == Some(12), "two nodes have all slots");
    ensure!(slots.remove("c") == Err(RemoveError::Unknown(UnknownNode)), "a stranger leaves");
    ensure!(slots.set_weight("c", Weight::ONE) == Err(UnknownNode), "a stranger weighs");
    let error = slots.drained(&["b", "x"]).err().map(|error| (error.position, error.reason));
    ensure!(error == Some((1, DrainReason::Unknown)), "{error:?}");
    let drained = sound(slots.drained(&["b"]))?;
    ensure!(drained.shortfall() == 12, "the copies of b are missing: {}", drained.shortfall());
    let mut left = drained;
    ensure!(left.remove("b").is_ok_and(|node| node.name() == "b"), "the drained node stays");
    sound(slots.pin(slots.epoch(), 7))?;
    let error = slots.drained(&["a"]).err().map(|error| error.reason);
    ensure!(error == Some(DrainReason::Pinned { slot: 7 }), "{error:?}");
    Ok("nodes come without slots and leave without slots".into())
}

pub(crate) fn senseless_assignments_change_nothing() -> Result<String, String> {
    for (bad, expected) in [
        (spec(0, 1), SlotsError::Count { count: 0 }),
        (spec(Slots::COUNT_MAX + 1, 1), SlotsError::Count { count: Slots::COUNT_MAX + 1 }),
        (spec(8, 0), SlotsError::Copies { copies: 0 }),
        (spec(8, Slots::COPIES_MAX + 1), SlotsError::Copies { copies: Slots::COPIES_MAX + 1 }),
        (spec(Slots::COUNT_MAX, 5), SlotsError::Entries { entries: 5 << 24 }),
    ] {
        let made = Slots::new(bad).map(|_| ());
        ensure!(made == Err(expected.clone()), "{made:?}, not {expected:?}");
    }

    let spec = SlotSpec { apart: Some(0), ..spec(12, 2) };
    let mut slots = table(spec, nodes(&[1, 1, 1], &["n", "n", "s"]))?;
    let before = slots.clone();
    let [a, b, c, d] = [0, 1, 2, 3].map(NodeIx::new);
    let now = slots.epoch();
    for (slot, replicas, expected) in [
        (12, vec![a], AssignReason::NoSuchSlot { count: 12 }),
        (u32::MAX, vec![a], AssignReason::NoSuchSlot { count: 12 }),
        (0, vec![], AssignReason::Nobody),
        (0, vec![a, c, b], AssignReason::TooMany { copies: 2 }),
        (0, vec![d], AssignReason::UnknownNode { node: d }),
        (0, vec![NodeIx::new(u32::MAX)], AssignReason::UnknownNode { node: NodeIx::new(u32::MAX) }),
        (0, vec![a, a], AssignReason::Twice { node: a }),
        (0, vec![a, b], AssignReason::Together { first: a, second: b }),
    ] {
        let refused = slots.assign(now, slot, &replicas).map_err(|error| error.reason);
        ensure!(refused == Err(expected.clone()), "{refused:?}, not {expected:?}");
    }
    ensure!(slots.pin(now, 12) == Err(PinError::NoSuchSlot { count: 12 }), "a slot that is none is pinned");
    ensure!(
        slots.replicas(12).is_empty() && slots.replicas(u32::MAX).is_empty(),
        "a slot that is none has nodes"
    );
    ensure!(slots == before, "a refused assignment has changed something");
    sound(slots.pin(now, 0))?;
    let other = if slots.replicas(0) == [c] { a } else { c };
    let refused = slots.assign(slots.epoch(), 0, &[other]).map_err(|error| error.reason);
    ensure!(refused == Err(AssignReason::Pinned), "a pinned slot is assigned");
    let mut none = sound(Slots::new(spec))?;
    ensure!(none.pin(none.epoch(), 0) == Err(PinError::Nobody), "nobody's slot is pinned");
    ensure!(Epoch::new(u64::MAX).next() == Epoch::new(u64::MAX), "epochs do not begin again");
    Ok("senseless assignments are refused".into())
}

pub(crate) fn the_order_of_nodes_does_not_matter() -> Result<String, String> {
    let all = nodes(&[1, 2, 3, 1, 2], &["n", "n", "s", "s", "w"]);
    let mut backwards = all.clone();
    backwards.reverse();
    let names = |slots: &Slots| -> Vec<Vec<String>> {
        let name = |node: &NodeIx| slots.nodes().get(*node).map_or("", Node::name).to_owned();
        (0..64).map(|slot| slots.replicas(slot).iter().map(name).collect()).collect()
    };
    let (one, other) = (table(spec(64, 3), all.clone())?, table(spec(64, 3), backwards.clone())?);
    ensure!(names(&one) == names(&other), "a table depends on the order of nodes");
    ensure!(one.clone().with_nodes(other.nodes().clone()).rebalanced().epoch() > one.epoch(), "epochs rise");

    // Under other indexes the same names have the same slots.
    let grown = |nodes: &[Node]| -> Result<Vec<Vec<String>>, String> {
        let mut slots = table(spec(64, 3), [Node::new("first")])?;
        for node in nodes {
            sound(slots.add(node.clone()))?;
        }
        Ok(names(&slots.rebalanced()))
    };
    ensure!(grown(&all)? == grown(&backwards)?, "what moves depends on the order of nodes");
    Ok("tables depend on names alone".into())
}

pub(crate) fn preferences_are_the_replicas() -> Result<String, String> {
    let slots = table(spec(64, 3), nodes(&[1, 2, 3, 1, 2], &[]))?;
    for key in 0..1_000_u32 {
        let key = key.to_le_bytes();
        let all: Vec<_> = slots.preferences(&key).collect();
        ensure!(all == slots.replicas(slots.slot(&key)), "the preferences of {key:?} are {all:?}");
        ensure!(all.first().copied() == slots.locate(slots.hash(&key)), "the first is not the owner");
        ensure!(all.len() == 3, "{} copies", all.len());
    }
    for hash in [0, 1, 1 << 63, u64::MAX] {
        let slot = slots.slot_of(quorate_hashring::KeyHash::new(hash));
        ensure!(slot < 64, "hash {hash} is in slot {slot}");
    }
    Ok("1000 keys prefer their replicas".into())
}

/// Keys and tags whose slots in Redis Cluster are known.
pub(crate) fn keys_are_in_the_slots_of_redis() -> Result<String, String> {
    let slots = table(SlotSpec::redis(1), nodes(&[1, 1, 1], &[]))?;
    let tagged = SlotSpec { tags: true, ..spec(997, 1) };
    let tagged = sound(Slots::new(tagged))?;
    let known: [(&str, u32); 15] = [
        ("", 0),
        ("123456789", 12739),
        ("foo", 12182),
        ("bar", 5061),
        ("hello", 866),
        ("{user1000}.following", 3443),
        ("{user1000}.followers", 3443),
        ("user1000", 3443),
        ("foo{}{bar}", 8363),
        ("foo{{bar}}zap", 4015),
        ("foo{bar}{zap}", 5061),
        ("{}", 15257),
        ("a{}b", 13694),
        ("}{", 12793),
        ("6ZJ", 16383),
    ];
    for (key, slot) in known {
        let found = slots.slot(key.as_bytes());
        ensure!(found == slot, "{key:?} is in slot {found}, not {slot}");
        let tag = hash_tag(key.as_bytes());
        ensure!(tagged.slot(key.as_bytes()) == tagged.slot(tag), "{key:?} is not with its tag");
    }
    ensure!(hash_tag(b"foo{{bar}}zap") == b"{bar", "the tag goes from the first brace to the next");
    Ok(format!("{} keys are in their slots", known.len()))
}

/// Elsewhere removing a node that is not there lowered the count of nodes, so that a key had fewer copies afterwards.
pub(crate) fn removing_a_stranger_takes_no_copies() -> Result<String, String> {
    let mut slots = table(spec(32, 2), nodes(&[1, 1], &[]))?;
    let before = slots.clone();
    for stranger in ["c", "", "A", "a "] {
        ensure!(slots.remove(stranger) == Err(RemoveError::Unknown(UnknownNode)), "{stranger:?} has left");
        ensure!(slots.drained(&[stranger]).is_err(), "{stranger:?} is drained");
    }
    ensure!(slots == before, "what was refused has changed something");
    for key in 0..100_u8 {
        ensure!(slots.preferences(&[key]).count() == 2, "key {key} has lost a copy");
    }
    Ok("strangers take nothing with them".into())
}

/// Elsewhere more copies than zones ended in a panic, in one node twice, or in fewer copies that nobody was told of.
pub(crate) fn more_copies_than_zones_are_a_shortfall() -> Result<String, String> {
    let zones = ["n", "n", "n", "s", "s"];
    let apart = SlotSpec { apart: Some(0), ..spec(60, 3) };
    let slots = table(apart, nodes(&[1, 1, 1, 1, 1], &zones))?;
    ensure!(slots.shortfall() == 60, "{} copies are missing where 3 shall be in 2 zones", slots.shortfall());
    ensure!((0..60).all(|slot| slots.replicas(slot).len() == 2), "a slot has a copy too few or too many");

    // One zone goes: every slot keeps a copy, and says that two are missing.
    let mut one = sound(slots.drained(&["d", "e"]))?;
    ensure!(one.shortfall() == 120, "{} copies are missing in 1 zone", one.shortfall());
    for name in ["d", "e"] {
        sound(one.remove(name))?;
    }
    ensure!((0..60).all(|slot| one.replicas(slot).len() == 1), "a slot is lost with a zone");

    // Two zones come: the shortfall ends.
    for (name, zone) in [("f", "w"), ("g", "e")] {
        sound(one.add(Node::new(name).within([zone])))?;
    }
    let three = one.rebalanced();
    ensure!(three.shortfall() == 0, "{} copies are missing in 3 zones", three.shortfall());

    // A zone of one node beside one of many takes a copy of each slot, as it must.
    let weights = [1; 21];
    let zones: Vec<&str> = (0..21).map(|i| if i == 20 { "s" } else { "n" }).collect();
    let lopsided = table(SlotSpec { copies: 2, ..apart }, nodes(&weights, &zones))?;
    ensure!(
        lopsided.shortfall() == 0 && lopsided.load("u") == Some(60),
        "the small zone has {:?}",
        lopsided.load("u")
    );

    // Without the rule there are as many copies as nodes at most, on different ones.
    let few = table(spec(60, 5), nodes(&[1, 1, 1], &[]))?;
    ensure!(few.shortfall() == 120, "{} copies are missing on 3 nodes", few.shortfall());
    Ok("missing copies are counted".into())
}
