//! What must hold of what is stored: it comes back, and what could not have been stored does not come at all.

use std::{fmt::Debug, sync::Arc};

use quorate_hashring::{
    HotKeys, LoadLimits, Node, Nodes, Place as _, Plan, RangeMap, SlotSpec, Slots,
    plan::{Fingerprint, Fraction, HashSpan, KeySpan, MoveLimits, Progress, Schedule},
};
use quorate_machine::Rng;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    plans::{change_nodes, ring},
    tables::{ensure, node, nodes, sound, table},
};

fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Result<String, String> {
    let json = sound(serde_json::to_string(value))?;
    let bytes = sound(postcard::to_allocvec(value))?;
    let (one, two) = (serde_json::from_str::<T>(&json), postcard::from_bytes::<T>(&bytes));
    ensure!(one.as_ref().ok() == Some(value), "{value:?} comes back as {one:?}");
    ensure!(two.as_ref().ok() == Some(value), "{value:?} comes back as {two:?}");
    Ok(json)
}

pub(crate) fn slots_and_plans_come_back() -> Result<String, String> {
    let mut rng = Rng::new(12);
    let mut stored = 0;
    for round in 0..60 {
        let weights: Vec<u32> =
            (0..rng.below(6)).map(|_| 1 + u32::try_from(rng.below(3)).unwrap_or(0)).collect();
        let apart = (round % 2 == 0).then_some(0);
        let spec = SlotSpec { count: 30, copies: 2, apart, tags: round % 3 == 0, ..SlotSpec::default() };
        let mut old = table(spec, nodes(&weights, &["n", "s", "n", "w"]))?;
        returns(&old)?;
        sound(old.add(Node::new("z").within(["e"])))?;
        // Some slots are pinned, and some indexes are free.
        for slot in [3, 29] {
            sound(old.pin(old.epoch(), slot))
                .or_else(|error| if weights.is_empty() { Ok(old.epoch()) } else { Err(error) })?;
        }
        let new = old.rebalanced();
        returns(&new)?;
        let plan = sound(Plan::between(&old, &new, 2))?;
        returns(&plan)?;
        let mut progress = Progress::new(&plan);
        let schedule = sound(Schedule::new(&plan, MoveLimits::default(), |_| 1))?;
        for _ in 0..rng.below(10) {
            for step in sound(schedule.ready(&progress))? {
                sound(progress.start(&step))?;
                match rng.below(3) {
                    0 => {}
                    1 => sound(progress.fail(&step))?,
                    _ => sound(progress.finish(&step))?,
                }
            }
            returns(&progress)?;
            progress.restart();
        }
        let rings = ring(&mut rng)?;
        let mut others = rings.clone();
        change_nodes(&mut others, &mut rng)?;
        returns(&sound(Plan::between(&rings, &others, 3))?)?;
        stored += 1;
    }
    Ok(format!("{stored} tables, plans and their progress come back"))
}

pub(crate) fn ranges_and_counts_come_back() -> Result<String, String> {
    let mut rng = Rng::new(13);
    for _ in 0..60 {
        let mut map: RangeMap<u8, Vec<Arc<str>>> = RangeMap::new(vec!["a".into()]);
        let mut keys = sound(HotKeys::new(4))?;
        let before = map.clone();
        for _ in 0..rng.below(30) {
            let key = u8::try_from(rng.below(256)).unwrap_or(0);
            keys.record(&key, rng.below(5));
            let range = map.locate(&key);
            let (id, epoch, end) = (range.id, range.epoch, range.end.copied());
            let _ = map.split(id, key, epoch);
            if let Some(end) = end.filter(|_| key % 5 == 0) {
                let (left, right) = (map.locate(&(end - 1)), map.locate(&end));
                let (left, right) = ((left.id, left.epoch), (right.id, right.epoch));
                sound(map.merge(left, right))?;
            }
            if key % 3 == 0 {
                let range = map.locate(&key);
                let (id, epoch) = (range.id, range.epoch);
                sound(map.assign(id, vec!["b".into(), "a".into()], epoch))?;
                sound(map.assign(id, vec!["a".into()], sound(map.get(id).ok_or("gone"))?.epoch))?;
            }
        }
        returns(&map)?;
        returns(&keys)?;
        returns(&sound(Plan::between_ranges(&before, &map))?)?;
    }
    returns(&LoadLimits::default())?;
    returns(&MoveLimits::default())?;
    let some: LoadLimits = sound(serde_json::from_str(r#"{"split_rate":9}"#))?;
    ensure!(some == LoadLimits { split_rate: 9, ..LoadLimits::default() }, "{some:?}");
    Ok("maps of ranges and counters come back".into())
}

/// What is written, letter by letter: whoever has stored it reads it with any later release.
pub(crate) fn what_is_stored_is_the_same_in_every_release() -> Result<String, String> {
    let spec = SlotSpec { count: 4, copies: 2, ..SlotSpec::default() };
    let old = table(spec, [node("a", 1).within(["n"]), node("b", 2)])?;
    let mut new = old.clone();
    sound(new.add(node("c", 1)))?;
    let new = new.rebalanced();
    let plan = sound(Plan::between(&old, &new, 2))?;
    let found = [returns(&old)?, returns(&plan)?, returns(&Progress::new(&plan))?];
    let expected = [SLOTS, PLAN, PROGRESS];
    for (found, expected) in found.iter().zip(expected) {
        ensure!(found == expected, "{found} is stored, not {expected}");
    }
    let print = sound(Fingerprint::of(&new, 2))?.to_string();
    ensure!(print == PRINT, "the fingerprint is {print}");
    Ok("what is stored is as it was".into())
}

const SLOTS: &str = r#"{"version":"slots/1","hashing":{"id":"sip13/1","key":[0,0]},"count":4,"copies":2,"apart":null,"tags":false,"epoch":2,"nodes":[{"name":"a","weight":1,"path":["n"]},{"name":"b","weight":2,"path":[]}],"runs":[[1,[1,0]],[2,[0,1]],[1,[1,0]]],"pinned":[]}"#;
const PLAN: &str = r#"{"version":"plan/1","old":12954951705092601930,"new":3717434738212420509,"all":8,"unavoidable":2,"minimum":[1,4],"changes":[{"region":0,"old":["b","a"],"new":["b","c"]},{"region":1,"old":["a","b"],"new":["c","b"]}]}"#;
const PROGRESS: &str =
    r#"{"version":"progress/1","plan":5771194431036932323,"stages":["Waiting","Waiting"],"failures":[]}"#;
const PRINT: &str = "3396fb32d6d93b9d";

fn refused<T: DeserializeOwned + Debug>(json: &str) -> Result<(), String> {
    match serde_json::from_str::<T>(json) {
        Ok(value) => Err(format!("{json} is read as {value:?}")),
        Err(_) => Ok(()),
    }
}

/// One thing changed in what is stored, that no table, plan or progress has.
fn spoilt<T: DeserializeOwned + Debug>(json: &str, changes: &[(&str, &str)]) -> Result<usize, String> {
    ensure!(serde_json::from_str::<T>(json).is_ok(), "{json} is not read");
    for (from, to) in changes {
        ensure!(json.contains(from), "{from} is not in {json}");
        refused::<T>(&json.replacen(from, to, 1))?;
    }
    Ok(changes.len())
}

pub(crate) fn what_could_not_be_is_not_read() -> Result<String, String> {
    let mut tried = spoilt::<Slots>(
        SLOTS,
        &[
            ("slots/1", "slots/2"),
            ("\"count\":4", "\"count\":5"),
            ("\"count\":4", "\"count\":0"),
            ("\"count\":4", "\"count\":4294967295"),
            ("\"copies\":2", "\"copies\":1"),
            ("\"copies\":2", "\"copies\":0"),
            ("\"copies\":2", "\"copies\":33"),
            ("\"epoch\":2", "\"epoch\":18446744073709551615"),
            ("[0,1]", "[0,0]"),
            ("[0,1]", "[0,2]"),
            ("[0,1]", "[]"),
            ("\"runs\":[[", "\"runs\":[[0,[0]],["),
            ("\"runs\":[[", "\"runs\":[[4294967295,[0]],["),
            ("\"pinned\":[]", "\"pinned\":[4]"),
            ("\"pinned\":[]", "\"pinned\":[2,1]"),
            ("\"pinned\":[]", "\"pinned\":[1,1]"),
            ("\"pinned\":[]", "\"pinned\":[],\"more\":1"),
        ],
    )?;
    let together = SLOTS.replace("\"apart\":null", "\"apart\":0").replace("\"path\":[]", "\"path\":[\"n\"]");
    refused::<Slots>(&together)?;
    tried += spoilt::<Plan<u32>>(
        PLAN,
        &[("plan/1", "plan/0"), ("\"all\":8", "\"all\":1"), ("[1,4]", "[2,8]"), ("[1,4]", "[5,4]")],
    )?;
    tried += spoilt::<Progress>(
        PROGRESS,
        &[
            ("\"failures\":[]", "\"failures\":[[2,1]]"),
            ("\"failures\":[]", "\"failures\":[[0,0]]"),
            ("\"failures\":[]", "\"failures\":[[1,1],[0,1]]"),
            ("\"Waiting\"", "\"Gone\""),
            ("progress/1", "plan/1"),
        ],
    )?;
    let mut map: RangeMap<u8, u8> = RangeMap::new(1);
    for key in [10, 20, 30] {
        let range = map.locate(&key);
        let (id, epoch) = (range.id, range.epoch);
        sound(map.split(id, key, epoch))?;
    }
    tried += spoilt::<RangeMap<u8, u8>>(
        &returns(&map)?,
        &[
            ("ranges/1", "range/1"),
            ("\"next\":4", "\"next\":3"),
            ("[[null,", "[[5,"),
            ("[10,1,", "[null,1,"),
            ("[10,1,", "[21,1,"),
            ("[10,1,", "[20,1,"),
            ("[10,1,", "[10,2,"),
            ("[10,1,", "[10,0,"),
        ],
    )?;
    refused::<RangeMap<u8, u8>>(r#"{"version":"ranges/1","next":4,"ranges":[]}"#)?;
    Ok(format!("{tried} that could not be are not read"))
}

pub(crate) fn regions_out_of_order_are_not_read() -> Result<String, String> {
    let mut tried = 0;
    for spans in [
        "[[0,10],[5,20]]",
        "[[0,10],[20,15]]",
        "[[0,0],[0,5]]",
        "[[0,5],[0,5]]",
        "[[10,5],[2,8]]",
        "[[20,30],[10,25]]",
    ] {
        let spans: Vec<(u64, u64)> = sound(serde_json::from_str(spans))?;
        let spans: Vec<_> = spans.into_iter().map(|(after, to)| HashSpan { after, to }).collect();
        ensure!(!in_order(&spans), "{spans:?} are in order");
        tried += 1;
    }
    for spans in [vec![(10, 5)], vec![(10, 5), (5, 10)], vec![(3, 3)], vec![(20, 30), (35, 40), (40, 10)]] {
        let spans: Vec<_> = spans.into_iter().map(|(after, to)| HashSpan { after, to }).collect();
        ensure!(in_order(&spans), "{spans:?} are not in order");
    }
    let key = |start, end| KeySpan { start, end };
    ensure!(in_order(&[key(None, Some(3)), key(Some(3), Some(9)), key(Some(10), None)]), "spans of keys");
    for wrong in [
        vec![key(Some(3), Some(3))],
        vec![key(Some(3), Some(2))],
        vec![key(Some(3), Some(5)), key(Some(4), None)],
        vec![key(None, None), key(Some(4), None)],
        vec![key(None, Some(4)), key(None, Some(5))],
    ] {
        ensure!(!in_order(&wrong), "{wrong:?} are in order");
        tried += 1;
    }
    refused::<Fraction>("[1,0]")?;
    refused::<Fraction>("[0,5]")?;
    for json in [
        r#"{"version":"hot-keys/1","capacity":2,"total":5,"counted":[[1,5,0],[1,0,0]]}"#,
        r#"{"version":"hot-keys/1","capacity":2,"total":5,"counted":[[1,4,0],[2,2,0]]}"#,
        r#"{"version":"hot-keys/1","capacity":1,"total":5,"counted":[[1,4,0],[2,1,0]]}"#,
        r#"{"version":"hot-keys/1","capacity":2,"total":5,"counted":[[1,5,5]]}"#,
        r#"{"version":"hot-keys/1","capacity":2,"total":5,"counted":[[1,5,1]]}"#,
        r#"{"version":"hot-keys/1","capacity":0,"total":0,"counted":[]}"#,
        r#"{"version":"hot-keys/1","capacity":99999999999,"total":0,"counted":[]}"#,
    ] {
        refused::<HotKeys<u8>>(json)?;
        tried += 1;
    }
    Ok(format!("{tried} that nobody tells in that order"))
}

fn in_order<R: quorate_hashring::plan::Region>(regions: &[R]) -> bool {
    R::are_in_order(&regions.iter().collect::<Vec<_>>())
}

/// A table that comes back places keys where it did, whatever its indexes were.
pub(crate) fn a_table_that_comes_back_places_alike() -> Result<String, String> {
    let all = sound(Nodes::of(["x", "a", "b", "c"].map(Node::new)))?;
    let mut slots = sound(Slots::new(SlotSpec { count: 64, ..SlotSpec::default() }))?.with_nodes(all);
    slots = sound(slots.drained(&["x"]))?;
    sound(slots.remove("x"))?;
    let back: Slots = sound(serde_json::from_str(&returns(&slots)?))?;
    for key in 0..500_u32 {
        let key = key.to_be_bytes();
        ensure!(back.locate(back.hash(&key)) == slots.locate(slots.hash(&key)), "{key:?} has moved");
    }
    ensure!(back.epoch() == slots.epoch(), "its epoch is {}", back.epoch());
    Ok("500 keys are where they were".into())
}
