//! What moves when a node comes, goes, or changes its weight.

use quorate_hashring::{
    Anchor, Elastic, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, NodeIx, Place,
    PlaceExt as _, Weight,
};

use super::{
    chance::deviations,
    keys::{hashes, hashing, nodes},
};

const KEYS: u64 = 200_000;

/// The names of the owners do not change for nodes that stay, and neither do their indexes.
fn owners(table: &dyn Place, hashes: &[KeyHash]) -> Vec<Option<NodeIx>> {
    hashes.iter().map(|&hash| table.locate(hash)).collect()
}

/// A table before and after one more node has come.
type Pair = (&'static str, Box<dyn Place>, Box<dyn Place>);

fn pairs(count: u32) -> Vec<Pair> {
    fn grown<T: Elastic + Clone + 'static>(table: T) -> (Box<dyn Place>, Box<dyn Place>) {
        let mut after = table.clone();
        after.add(Node::new("new")).expect("room");
        (Box::new(table), Box::new(after))
    }
    let (hashing, given) = (hashing(9), nodes(count));
    let jump = Jump::new(hashing).with_nodes(given.clone()).expect("weight 1");
    let back = JumpBack::new(hashing).with_nodes(given.clone()).expect("weight 1");
    let (mut jump_after, mut back_after) = (jump.clone(), back.clone());
    jump_after.push(Node::new("new")).expect("room");
    back_after.push(Node::new("new")).expect("room");
    let anchor = Anchor::new(hashing).with_nodes(given.clone()).expect("weight 1");
    let mut removed = Anchor::new(hashing).with_nodes(nodes(count + 5)).expect("weight 1");
    for number in [1, 3, 2, 7, 4] {
        let name = format!("10.1.0.{number}:80");
        removed.remove(&name).expect("it is there");
    }
    let maglev = Maglev::new(hashing, MaglevSize::SMALL).with_nodes(given.clone()).expect("few");
    let of = |name, (before, after)| -> Pair { (name, before, after) };
    vec![
        of("remainder", grown(ModN::new(hashing).with_nodes(given.clone()).expect("weight 1"))),
        ("jump", Box::new(jump), Box::new(jump_after)),
        ("jump back", Box::new(back), Box::new(back_after)),
        of("anchor", grown(anchor)),
        of("anchor, some removed", grown(removed)),
        of("Maglev", grown(maglev)),
        of("rendezvous", grown(Hrw::new(hashing).with_nodes(given).expect("any"))),
    ]
}

/// Of equal nodes one more takes `1 / (n + 1)` of the keys, and one less gives up as many, within 5 standard deviations (6 · 10⁻⁷ for each
/// of 12 tables); nothing else moves. With remainders `n / (n + 1)` move. Of Maglev's slots up to one percent more.
pub(crate) fn as_many_keys_move_as_have_to() -> Result<String, String> {
    let hashes = hashes(9, 0, KEYS);
    let mut report = Vec::new();
    for count in [10_u32, 100] {
        for (name, before, after) in pairs(count) {
            let new = after.nodes().find("new");
            let (before, after) = (owners(&before, &hashes), owners(&after, &hashes));
            let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
            let to_others =
                before.iter().zip(&after).filter(|(before, after)| before != after && **after != new).count();
            let part = 1.0 / (f64::from(count) + 1.0);
            let (expected, others_max) = match name {
                "remainder" => (1.0 - part, hashes.len()),
                "Maglev" => (part, hashes.len() / 100),
                _ => (part, 0),
            };
            let needed = if name == "Maglev" { moved - to_others } else { moved };
            let off = deviations(needed, hashes.len(), expected);
            report.push(format!("{name} of {count}: {moved}, {to_others} of them to others"));
            if off > 5.0 || to_others > others_max {
                return Err(format!("{}, {off:.1} standard deviations off", report.join("; ")));
            }
        }
    }
    Ok(format!("of {KEYS} keys moved to one node more: {}", report.join("; ")))
}

/// A weight that goes from 2 to 3 among 20 of 2 moves 3/41 − 2/40 of the keys, all of them to that node, within 5 standard deviations.
pub(crate) fn a_weight_that_changes_moves_as_many_keys_as_have_to() -> Result<String, String> {
    let hashes = hashes(9, 1, KEYS);
    let [two, three] = [2, 3].map(|weight| Weight::new(weight).expect("not zero"));
    let mut table = Hrw::new(hashing(9));
    for (_, node) in nodes(20).iter() {
        table.add(node.clone().weighing(two)).map_err(|error| error.to_string())?;
    }
    let name = "10.1.0.13:80";
    let before = owners(&table, &hashes);
    table.set_weight(name, three).map_err(|error| error.to_string())?;
    let after = owners(&table, &hashes);
    let index = table.nodes().find(name);
    let moved = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    if before.iter().zip(&after).any(|(before, after)| before != after && *after != index) {
        return Err("a key moved that need not".to_owned());
    }
    let off = deviations(moved, hashes.len(), 3.0 / 41.0 - 2.0 / 40.0);
    let report = format!("{moved} of {KEYS} keys moved, {off:.1} standard deviations off");
    if off > 5.0 { Err(report) } else { Ok(report) }
}

/// Of three copies of each key among `n` nodes `3 / (n + 1)` have to move to one node more. By one order of all nodes that many do; by
/// one hash after another it is up to `(3 − 1) / 2n` more, since a key looks at more than three hashes. Within 5 standard deviations
/// (as of independent copies, 6 · 10⁻⁷).
pub(crate) fn copies_move_hardly_more_than_they_have_to() -> Result<String, String> {
    const COPIES: u32 = 3;
    const COUNT: u32 = 20;
    let mut hashes = hashes(9, 2, KEYS);
    hashes.truncate(50_000);
    let mut report = Vec::new();
    for (name, before, after) in
        pairs(COUNT).into_iter().filter(|(name, ..)| !["remainder", "Maglev"].contains(name))
    {
        let (mut lost, mut twice) = (0, 0);
        for &hash in &hashes {
            let copies =
                |table: &dyn Place| -> Vec<_> { table.preferences_of(hash).take(COPIES as usize).collect() };
            let after = copies(&after);
            let gone = copies(&before).into_iter().filter(|node| !after.contains(node)).count();
            lost += gone;
            twice += usize::from(gone > 1);
        }
        let all = hashes.len() * COPIES as usize;
        let part = 1.0 / (f64::from(COUNT) + 1.0);
        let more = 1.0 + f64::from(COPIES - 1) / f64::from(2 * COUNT);
        let expected = if name == "rendezvous" { part } else { part * more };
        let off = deviations(lost, all, expected);
        report.push(format!("{name}: {lost} of {all} copies, {twice} keys lose two"));
        if off > 5.0 || name == "rendezvous" && twice > 0 {
            return Err(format!("{}, {off:.1} standard deviations off", report.join("; ")));
        }
    }
    Ok(format!("moved to one node more of 20: {}", report.join("; ")))
}
