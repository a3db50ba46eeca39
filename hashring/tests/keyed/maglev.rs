//! Maglev tables: their sizes, their filling, and what Envoy makes of the same hosts.

use quorate_hashring::{
    AddReason, Elastic, Hashing, KeyHash, Maglev, MaglevSize, MaglevSizeError, Node, NodeIx, Nodes, Place,
    Weight,
};
use quorate_machine::Rng;

use super::compared::equal;

fn size(slots: u32) -> Result<MaglevSize, String> {
    MaglevSize::new(slots).map_err(|error| error.to_string())
}

fn weight(weight: u32) -> Result<Weight, String> {
    Weight::new(weight).map_err(|error| error.to_string())
}

fn filled(table: Maglev, with: impl IntoIterator<Item = Node>) -> Result<Maglev, String> {
    let nodes = Nodes::of(with).map_err(|error| error.to_string())?;
    table.with_nodes(nodes).map_err(|error| error.to_string())
}

/// The two tables of Envoy's own tests: six hosts in seven slots, which are hashed by address and by name.
pub(crate) fn maglev_agrees_with_envoy() -> Result<String, String> {
    for (prefix, expected) in [("127.0.0.1:", [2, 4, 0, 1, 5, 0, 3]), ("", [2, 5, 0, 3, 4, 1, 0])] {
        let hosts = (90..96).map(|port| Node::new(format!("{prefix}{port}")));
        let table = filled(Maglev::envoy(size(7)?), hosts)?;
        let at = |slot| table.locate(KeyHash::new(slot)).map(NodeIx::get);
        equal(|| prefix.to_owned(), [0, 1, 2, 3, 4, 5, 6].map(at), expected.map(Some))?;
        // A slot is the remainder, also of the hashes at the edges.
        let remainder = u64::MAX % 7;
        equal(|| "the last hash".to_owned(), at(u64::MAX), at(remainder))?;
        equal(|| "its hash".to_owned(), table.hash(b"a").get(), 0xd24e_c4f1_a98c_6e5b)?;
    }
    Ok("2 tables of 7 slots agree".to_owned())
}

/// The steps through a composite number of slots need not come to all of them, and a table would never be full.
pub(crate) fn a_table_has_a_prime_number_of_slots() -> Result<String, String> {
    let is_prime = |number: u32| number > 1 && (2..number).all(|divisor| number % divisor != 0);
    for number in 0..2_000 {
        equal(|| format!("{number} slots"), MaglevSize::new(number).is_ok(), is_prime(number))?;
        let next = (number..2 * number + 3).find(|&number| is_prime(number)).unwrap_or(0);
        equal(|| format!("{number} or more"), MaglevSize::at_least(number).map(MaglevSize::get), Ok(next))?;
    }
    let last = MaglevSize::MAX.get();
    equal(|| "the largest".to_owned(), MaglevSize::at_least(last), Ok(MaglevSize::MAX))?;
    let slots = last + 1;
    equal(|| "beyond".to_owned(), MaglevSize::at_least(slots), Err(MaglevSizeError::TooLarge { slots }))?;
    for (slots, divisor) in [(0, 0), (1, 1), (8, 2), (65_536, 2), (9_901 * 11, 11), (8_191 * 8_191, 8_191)] {
        let error = MaglevSizeError::NotPrime { slots, divisor };
        equal(|| format!("{slots} slots"), MaglevSize::new(slots), Err(error))?;
    }
    for slots in [67_108_879, u32::MAX] {
        equal(|| format!("{slots}"), MaglevSize::new(slots), Err(MaglevSizeError::TooLarge { slots }))?;
    }
    for named in [MaglevSize::SMALL, MaglevSize::LARGE, MaglevSize::MAX] {
        equal(|| format!("{named}"), MaglevSize::new(named.get()), Ok(named))?;
    }
    Ok("2000 sizes are judged".to_owned())
}

/// Equal weights: as many slots each, to within one. Others: shares to within a slot, and what giving each node one costs.
pub(crate) fn slots_are_shared_by_weight() -> Result<String, String> {
    let mut rng = Rng::new(5);
    let mut compared = 0;
    for slots in [13, 101, 1_009, 10_007] {
        for heaviest in [1, 2, 10, 1_000_000] {
            let count = 1 + rng.below(12);
            let weighed = (0..count).map(|number| {
                let weight = weight(1 + u32::try_from(rng.below(heaviest)).expect("small"))?;
                Ok(Node::new(number.to_string()).weighing(weight))
            });
            let weighed = weighed.collect::<Result<Vec<_>, String>>()?;
            let table = filled(Maglev::new(Hashing::default(), size(slots)?), weighed)?;
            let (all, slots) = (i128::from(table.nodes().weight()), i128::from(slots));
            let mut shared = 0;
            for (index, node) in table.nodes().iter() {
                let has = i128::try_from(table.slots_of(index)).expect("few");
                let weight = i128::from(node.weight().get());
                let off = (has * all - slots * weight).abs();
                if has == 0 || off > all + i128::from(count) * weight || heaviest == 1 && off >= all {
                    return Err(format!("{weight} of {all} has {has} of {slots} slots"));
                }
                shared += has;
                compared += 1;
            }
            equal(|| "all slots".to_owned(), shared, slots)?;
        }
    }
    Ok(format!("{compared} shares are as they should be"))
}

/// Nodes beyond 65,536 need wider slots; nothing else changes. The table is made once.
pub(crate) fn a_table_of_many_nodes_is_wide() -> Result<String, String> {
    let many = |count: u32| (0..count).map(|number| Node::new(number.to_string()));
    let slots = size(65_543)?;
    let narrow = filled(Maglev::new(Hashing::default(), slots), many(65_536))?;
    let wide = filled(Maglev::new(Hashing::default(), slots), many(65_537))?;
    equal(|| "bytes".to_owned(), (narrow.table_bytes(), wide.table_bytes()), (2 * 65_543, 4 * 65_543))?;
    for table in [narrow, wide] {
        let mut seen = vec![0_u8; table.nodes().span()];
        for slot in 0..65_543_u64 {
            // A hash of each slot, as `scaled` has them.
            let hash =
                KeyHash::new(u64::try_from((u128::from(slot) << 64) / 65_543 + 1).expect("below 2^64"));
            let index = table.locate(hash).ok_or("a node")?;
            *seen.get_mut(index.index()).ok_or("a node of the table")? += 1;
        }
        equal(
            || "every node has one slot or two".to_owned(),
            seen.iter().all(|&seen| (1..3).contains(&seen)),
            true,
        )?;
    }
    Ok("65,536 nodes at 2 bytes a slot, 65,537 at 4".to_owned())
}

/// Slots that move although neither their old node has left nor their new one has come: a few in a thousand at most.
pub(crate) fn few_slots_move_without_need() -> Result<String, String> {
    let mut report = Vec::new();
    for count in [10_u32, 100, 655] {
        let all: Vec<_> =
            (0..count).map(|number| Node::new(format!("10.0.{}.{}", number / 256, number % 256))).collect();
        let table = filled(Maglev::new(Hashing::default(), MaglevSize::SMALL), all.clone())?;
        let slots = u64::from(MaglevSize::SMALL.get());
        let hashes: Vec<_> = (0..slots)
            .map(|slot| {
                KeyHash::new(u64::try_from((u128::from(slot) << 64) / u128::from(slots) + 1).expect("small"))
            })
            .collect();
        let mut worst = 0;
        for gone in [0, count / 2, count - 1] {
            let name = all.get(gone as usize).map(|node| node.name().to_owned()).ok_or("a node")?;
            let gone = table.nodes().find(&name);
            let mut rest = table.clone();
            rest.remove(&name).map_err(|error| error.to_string())?;
            let moved =
                |&&hash: &&KeyHash| table.locate(hash) != gone && rest.locate(hash) != table.locate(hash);
            let extra = hashes.iter().filter(moved).count();
            if extra as u64 * 100 > slots {
                return Err(format!("{extra} slots moved without need, one of {count} nodes having left"));
            }
            worst = worst.max(extra);
        }
        report.push(format!("{worst} of {count}"));
    }
    Ok(format!("of 65,537 slots moved without need, when one node left: {}", report.join(", ")))
}

/// What cannot come does not, says why, and changes nothing; and when all are gone, there is nobody.
pub(crate) fn a_maglev_table_refuses_what_it_cannot_have() -> Result<String, String> {
    let mut table = Maglev::new(Hashing::default(), size(2)?);
    equal(|| "no nodes".to_owned(), table.owner(b"key"), None)?;
    for name in ["a", "b"] {
        table.add(Node::new(name)).map_err(|error| error.to_string())?;
    }
    let before = table.clone();
    for (name, reason) in [("a", AddReason::Duplicate), ("c", AddReason::TooManyNodes { max: 2 })] {
        let refused = table.add(Node::new(name)).map_err(|error| (error.node, error.reason));
        equal(|| name.to_owned(), refused, Err((Node::new(name), reason)))?;
    }
    equal(|| "unknown".to_owned(), table.remove("c").is_err(), true)?;
    equal(|| "unknown".to_owned(), table.set_weight("c", Weight::ONE).is_err(), true)?;
    let three = Nodes::of(["a", "b", "c"].map(Node::new)).map_err(|error| error.to_string())?;
    let refused = Maglev::new(Hashing::default(), size(2)?).with_nodes(three);
    let refused = refused.map_err(|error| (error.node, error.reason));
    equal(|| "three".to_owned(), refused, Err((Node::new("c"), AddReason::TooManyNodes { max: 2 })))?;
    equal(|| "what is refused changes nothing".to_owned(), &table, &before)?;
    for name in ["a", "b"] {
        table.remove(name).map_err(|error| error.to_string())?;
    }
    equal(|| "all are gone".to_owned(), (table.owner(b"key"), table.table_bytes()), (None, 0))?;
    Ok("5 refusals".to_owned())
}
