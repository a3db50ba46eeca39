//! Tables that are written and read again.

use std::fmt::Debug;

use quorate_hashring::{
    Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, KeyHash, Maglev, MaglevSize, ModN, Node, Place, Weight,
};
use quorate_machine::Rng;
use serde::{Serialize, de::DeserializeOwned};

use super::compared::equal;

/// As text and as bytes.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(table: &T) -> Result<(), String> {
    let json = serde_json::to_string(table).map_err(|error| error.to_string())?;
    let read: T = serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
    equal(|| json.clone(), &read, table)?;
    let bytes = postcard::to_allocvec(table).map_err(|error| error.to_string())?;
    let read: T = postcard::from_bytes(&bytes).map_err(|error| format!("{error}: {json}"))?;
    equal(|| json, &read, table)
}

/// After any history, what is read is equal to what was written, and goes on as it would have.
pub(crate) fn tables_come_back_with_their_history() -> Result<String, String> {
    fn live<T: Elastic + Serialize + DeserializeOwned + PartialEq + Debug>(
        mut table: T,
        weights: u64,
    ) -> Result<usize, String> {
        let mut rng = Rng::new(13);
        comes_back(&table)?;
        for step in 0..250_u64 {
            // Up and down, and down to the last.
            let name = rng.below(if step < 120 { 60 } else { 15 }).to_string();
            if table.remove(&name).is_err() {
                let weight = u32::try_from(1 + rng.below(weights)).expect("small");
                let weight = Weight::new(weight).map_err(|error| error.to_string())?;
                table.add(Node::new(name).weighing(weight)).map_err(|error| error.to_string())?;
            }
            comes_back(&table)?;
        }
        let names: Vec<_> = table.nodes().by_name().map(|(_, node)| node.name().to_owned()).collect();
        for name in names {
            table.remove(&name).map_err(|error| error.to_string())?;
            comes_back(&table)?;
        }
        Ok(250)
    }
    let hashing = Hashing::keyed([1, 2]);
    let size = MaglevSize::new(101).map_err(|error| error.to_string())?;
    let mut written = live(ModN::new(hashing), 1)?
        + live(Anchor::new(hashing), 1)?
        + live(Anchor::reserving(hashing, 70), 1)?
        + live(Hrw::new(hashing), 9)?
        + live(Maglev::new(hashing, size), 9)?
        + live(Maglev::envoy(size), 9)?;
    let (mut jump, mut back) = (Jump::new(hashing), JumpBack::new(hashing));
    for number in 0..20 {
        jump.push(Node::new(number.to_string())).map_err(|error| error.to_string())?;
        back.push(Node::new(number.to_string())).map_err(|error| error.to_string())?;
        comes_back(&jump)?;
        comes_back(&back)?;
        written += 2;
    }
    Ok(format!("{written} tables came back"))
}

/// What is written is this, and stays this.
pub(crate) fn what_is_written_stays() -> Result<String, String> {
    fn written<T: Serialize>(table: &T, expected: &str) -> Result<(), String> {
        let json = serde_json::to_string(table).map_err(|error| error.to_string())?;
        equal(|| "as text".to_owned(), json.as_str(), expected)
    }
    let mut anchor = Anchor::reserving(Hashing::default(), 8);
    let mut hrw = Hrw::new(Hashing::default());
    for name in ["a", "b", "c"] {
        anchor.add(Node::new(name)).map_err(|error| error.to_string())?;
        hrw.add(Node::new(name)).map_err(|error| error.to_string())?;
    }
    for name in ["b", "c"] {
        anchor.remove(name).map_err(|error| error.to_string())?;
        hrw.remove(name).map_err(|error| error.to_string())?;
    }
    let a = r#"[{"name":"a","weight":1,"path":[]}]"#;
    let sip = r#"{"id":"sip13/1","key":[0,0]}"#;
    written(
        &anchor,
        &format!(
            r#"{{"version":"anchor/1","hashing":{sip},"capacity":8,"nodes":{a},"buckets":[0,null,null],"removed":[1,2]}}"#
        ),
    )?;
    written(&hrw, &format!(r#"{{"version":"rendezvous/1","hashing":{sip},"nodes":{a}}}"#))?;
    let size = MaglevSize::new(7).map_err(|error| error.to_string())?;
    let envoy = r#"{"version":"maglev/1","dialect":"envoy","hashing":{"id":"xxh64/1","key":[0]},"size":7,"nodes":[]}"#;
    written(&Maglev::envoy(size), envoy)?;
    Ok("3 tables are written as ever".to_owned())
}

/// What no table could have been is not read, whatever is wrong with it.
pub(crate) fn nonsense_is_not_read() -> Result<String, String> {
    fn refuses<T: DeserializeOwned + Debug>(json: &str) -> Result<(), String> {
        match serde_json::from_str::<T>(json) {
            Err(_) => Ok(()),
            Ok(table) => Err(format!("{json} is read as {table:?}")),
        }
    }
    let mut refused = 0;
    let sip = r#""hashing":{"id":"sip13/1","key":[0,0]}"#;
    let node = |name: &str, weight: u32| format!(r#"{{"name":"{name}","weight":{weight},"path":[]}}"#);
    let (a, b, heavy) = (node("a", 1), node("b", 1), node("c", 2));
    for (version, nodes) in [
        ("jump/2", format!("[{a}]")),
        ("jump-back/1", format!("[{a}]")),
        ("jump/1", format!("[null,{a}]")),
        ("jump/1", format!("[{heavy}]")),
        ("jump/1", format!("[{a},{a}]")),
    ] {
        refuses::<Jump>(&format!(r#"{{"version":"{version}",{sip},"nodes":{nodes}}}"#))?;
        refused += 1;
    }
    refuses::<ModN>(&format!(r#"{{"version":"remainder/1",{sip},"nodes":[{heavy}]}}"#))?;
    refuses::<Hrw>(&format!(r#"{{"version":"rendezvous/1",{sip},"nodes":[{a}],"more":1}}"#))?;
    refuses::<Hrw>(&format!(r#"{{"version":"rendezvous/1","nodes":[{a}]}}"#))?;
    for (dialect, size, nodes) in [
        ("native", 8, "[]"),
        ("native", 2, &*format!("[{a},{b},{heavy}]")),
        ("envoy", 7, "[]"),
        ("katran", 7, "[]"),
    ] {
        let parts = format!(r#""dialect":"{dialect}",{sip},"size":{size},"nodes":{nodes}"#);
        refuses::<Maglev>(&format!(r#"{{"version":"maglev/1",{parts}}}"#))?;
        refused += 1;
    }
    // Of all short histories of two nodes, those that can be are read, and are what happened; others are not.
    let (mut read, mut impossible) = (0, 0);
    let mut lists: Vec<Vec<Option<u32>>> = vec![vec![]];
    for length in 0..4 {
        for list in lists.clone().into_iter().filter(|list| list.len() == length) {
            for of in [None, Some(0), Some(1), Some(2)] {
                lists.push(list.iter().copied().chain([of]).collect());
            }
        }
    }
    let mut orders: Vec<Vec<u32>> = vec![vec![]];
    for length in 0..3 {
        for order in orders.clone().into_iter().filter(|order| order.len() == length) {
            orders.extend((0..5).map(|bucket| order.iter().copied().chain([bucket]).collect()));
        }
    }
    for (buckets, removed) in lists.iter().flat_map(|list| orders.iter().map(move |order| (list, order))) {
        let holds = |node| buckets.iter().filter(|&&of| of == Some(node)).count() == 1;
        let mut vacant: Vec<_> =
            (0..).zip(buckets).filter(|(_, of)| of.is_none()).map(|(bucket, _)| bucket).collect();
        let last = u32::try_from(buckets.len()).expect("short").wrapping_sub(1);
        let can_be =
            holds(0) && holds(1) && !buckets.contains(&Some(2)) && removed.first() != Some(&last) && {
                let mut sorted = removed.clone();
                sorted.sort_unstable();
                vacant.sort_unstable();
                sorted == vacant
            };
        let json = format!(
            r#"{{"version":"anchor/1",{sip},"capacity":null,"nodes":[{a},{b}],"buckets":{},"removed":{}}}"#,
            serde_json::to_string(buckets).map_err(|error| error.to_string())?,
            serde_json::to_string(removed).map_err(|error| error.to_string())?,
        );
        if !can_be {
            refuses::<Anchor>(&json)?;
            impossible += 1;
            continue;
        }
        let anchor: Anchor = serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
        let located = (0..50).map(KeyHash::mixed).all(|hash| anchor.locate(hash).is_some());
        equal(|| json, located && anchor.buckets() == buckets.len(), true)?;
        comes_back(&anchor)?;
        read += 1;
    }
    refuses::<Anchor>(&format!(
        r#"{{"version":"anchor/1",{sip},"capacity":1,"nodes":[{a},{b}],"buckets":[0,1],"removed":[]}}"#
    ))?;
    Ok(format!("{read} histories are read, {} are not", impossible + refused + 4))
}
