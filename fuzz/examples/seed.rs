//! Writes inputs to start from into `corpus/`: what correct nodes, clients and generators produce.

use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use quorate_consistency::{
    format::{Format, Order},
    generate::{
        Isolation, ObjectKind, Objects, Rng as Chance, Shape, TransactionKind, Transactions, objects,
        transactions,
    },
};
use quorate_fuzz::{
    hashring::model::Op,
    raft::{self, Happening, Turn},
    wire::{Act, Piece, Script, stream, written},
};
use quorate_hashring::{
    Elastic as _, Hashing, HotKeys, KeyHash, Node, Place as _, Plan, RangeMap, Ring, SlotSpec, Slots,
    plan::{MoveLimits, Progress, Schedule},
};
use quorate_kv::{
    Batch,
    command::{self, Request},
};
use quorate_machine::{Durable as _, Effect, Input, InputOf, Machine as _, NodeId, OutboxOf, Rng, Tag, Time};
use quorate_raft::{Command, Event, Image, Index, Raft, Record};
use quorate_sim::{Bounds, generate};
use quorate_vclock::{
    CausalContext, CausalMessage, DenseClock, Dot, DotRange, HlcStamp, LamportStamp, Siblings, VClock,
    itc::Stamp, shiviz::write_event, wire::Wire,
};
use serde::Serialize;

fn main() -> std::io::Result<()> {
    save("wire_frame", frames())?;
    save("wire_journal", journals())?;
    let (machine, records) = (0..24).map(cluster).unzip::<_, _, Vec<_>, Vec<_>>();
    save("raft_machine", machine)?;
    save("raft_records", records)?;
    let (requests, batches) = commands();
    save("kv_requests", requests)?;
    save("kv_batches", batches)?;
    let (bytes, judged) = histories().into_iter().unzip();
    save("history_bytes", bytes)?;
    save("history_judged", judged)?;
    save("vclock_decode", clocks())?;
    save("vclock_shiviz", logs())?;
    save("hashring_stored", tables())?;
    save("hashring_ranges", (0..20).map(changes).collect())?;
    save("phi_detector", (0..18).map(heartbeats).collect())?;
    save(
        "sim_plan",
        (0..40).map(|seed| generate::mix(seed, &Bounds::default()).to_string().into_bytes()).collect(),
    )
}

fn save(target: &str, inputs: Vec<Vec<u8>>) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    for (nth, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{nth}")), input)?;
    }
    println!("{target}: {} inputs", inputs.len());
    Ok(())
}

/// A model at usual settings, and a peer of which heartbeats come, are lost and come twice.
fn heartbeats(seed: u8) -> Vec<u8> {
    fn number(script: &mut Vec<u8>, number: u64) {
        let bits = u64::BITS - number.leading_zeros();
        script.push(u8::try_from(bits).expect("64 at most"));
        script.extend(&number.to_le_bytes()[..bits.div_ceil(8) as usize]);
    }
    let (kind, mut rng) = (seed % 9, Rng::new(seed.into()));
    let mut script = vec![kind];
    script.extend(match kind {
        1 | 3 | 4 | 5 => Some(seed),
        6.. => Some(64),
        _ => None,
    });
    let ms = 1_000_000;
    let settings: &[u64] = match kind {
        0 => &[300 * ms],
        1 | 2 => &[20, 10_000 * ms, 10 * ms, 100 * ms, 200 * ms],
        3 => &[20, 10_000 * ms, 100 * ms, 5],
        4 if seed % 2 == 1 => &[20, 100 * ms, 10 * ms, 2_000 * ms],
        4 => &[20, 100 * ms, 10 * ms],
        5 => &[20, 10_000 * ms, ms, 100 * ms],
        6 => &[20, 100 * ms, 3_000 * ms, 100 * ms],
        7 => &[20, 2_000 * ms, 2_000 * ms],
        _ => &[20, 10_000 * ms, 5_000 * ms, 5],
    };
    settings.iter().for_each(|&setting| number(&mut script, setting));
    for _ in 0..60 {
        let step = rng.below(8);
        script.push(u8::try_from(step).expect("few"));
        match step {
            0 | 1 => number(&mut script, 95 * ms + rng.below(10 * ms)),
            2 | 3 => {
                number(&mut script, 95 * ms + rng.below(10 * ms));
                number(&mut script, rng.below(3));
            }
            4 => (0..2).for_each(|_| number(&mut script, rng.below(4))),
            5 => number(&mut script, rng.below(10_000 * ms)),
            6 => {}
            _ => {
                number(&mut script, rng.below(1_000 * ms));
                script.push(u8::try_from(rng.below(200)).expect("less"));
            }
        }
    }
    script
}

/// Values one after the other, after a byte that the target reads first.
fn encoded<T: Serialize>(first: u8, values: &[T]) -> Vec<u8> {
    let mut bytes = vec![first];
    for value in values {
        bytes.extend(postcard::to_allocvec(value).expect("an encoding has no limit"));
    }
    bytes
}

/// Generated histories in every format that holds them, and the same after the number of their model.
fn histories() -> Vec<(Vec<u8>, Vec<u8>)> {
    let shape = Shape { processes: 3, operations: 6, pending_percent: 10, failed_percent: 5 };
    let mut made = Vec::new();
    for (model, kind) in [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].into_iter().zip(ObjectKind::ALL) {
        let what = Objects { kind, keys: 1 + usize::from(model % 3), values: 3 };
        made.push((model, objects(what, &mut Chance(model.into()), shape)));
    }
    for (model, kind) in
        [(15, TransactionKind::ListAppend), (16, TransactionKind::RwRegister), (16, TransactionKind::Mini)]
    {
        let what = Transactions { kind, isolation: Isolation::ReadCommitted, keys: 2, length: 3 };
        let shape = Shape { pending_percent: 0, ..shape };
        let mut recording = transactions(what, &mut Chance(model.into()), shape);
        made.push((model, recording.clone()));
        recording.header.order = Order::Sessions;
        made.push((model, recording));
    }
    let mut inputs = Vec::new();
    for (model, recording) in made {
        for format in Format::ALL {
            if let Ok(text) = recording.write(format) {
                inputs.push((text.clone().into_bytes(), [&[model], text.as_bytes()].concat()));
            }
        }
    }
    inputs
}

/// A value of each kind, after the number of its kind.
fn clocks() -> Vec<Vec<u8>> {
    let after = |kind: u8, bytes: Vec<u8>| [vec![kind], bytes].concat();
    let dots = [(1, 1), (1, 2), (1, 5), (1, 200), (7, 3), (7, 64), (7, 65)];
    let context: CausalContext<u16> =
        dots.into_iter().filter_map(|(actor, counter)| Dot::new(actor, counter)).collect();
    let mut key = Siblings::new();
    for (actor, value) in [(1_u64, "x"), (1, "y"), (9, "")] {
        key.update(&VClock::new(), actor, value.as_bytes().to_vec()).expect("counters are left");
    }
    let dot = Dot::new(b"a".to_vec(), 3).expect("not zero");
    let message =
        CausalMessage { dot, after: VClock::from([(b"b".to_vec(), 300)]), payload: "said".to_owned() };
    let named: VClock<String> = [("a".to_owned(), 1), ("bob".to_owned(), 70_000)].into();
    let (mut left, mut right) = Stamp::seed().fork().expect("room");
    left.event().expect("room");
    right.event().expect("room");
    let (right, third) = right.fork().expect("room");
    vec![
        after(0, VClock::from([(1_u8, 1), (255, 128)]).to_bytes()),
        after(1, VClock::from([(1_u64, u64::MAX), (1 << 40, 7)]).to_bytes()),
        after(2, named.to_bytes()),
        after(3, VClock::from([([7_u8; 16], 3), ([8; 16], 1)]).to_bytes()),
        after(4, VClock::from([((7_u32, 1_u16), 3), ((7, 2), 1)]).to_bytes()),
        after(5, context.to_bytes()),
        after(6, key.to_bytes()),
        after(7, message.to_bytes()),
        after(8, DotRange::new(7_u16, 3, 500).expect("a run").to_bytes()),
        after(9, HlcStamp::new(1_700_000_000_000, 9).to_bytes()),
        after(10, LamportStamp { time: 300, actor: 7_u64 }.to_bytes()),
        after(11, DenseClock::from([0, 1, 127, 128, u64::MAX]).to_bytes()),
        after(12, left.join(third).expect("apart").encode()),
        after(12, right.encode()),
    ]
}

/// Logs in every form, and clocks as people type them.
fn logs() -> Vec<Vec<u8>> {
    let (mut alice, mut bob) = (VClock::new(), VClock::new());
    let mut log = String::new();
    for round in 0..3 {
        alice.increment("alice").expect("counters are left");
        write_event(&mut log, &"alice", &alice, &format!("asks {round} {{\"x\": 1}}")).expect("a name");
        bob.merge(&alice);
        bob.increment("bob").expect("counters are left");
        write_event(&mut log, &"bob", &bob, "hears").expect("a name");
    }
    let lines: Vec<&str> = log.lines().collect();
    let swapped: Vec<&str> = lines.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
    let header = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})";
    let texts = [
        log.clone(),
        swapped.join("\n"),
        format!("=== one ===\n{log}\n\n=====\n{log}"),
        format!("{header}\n^--(?<trace>.*)--$\n--a--\n{log}--b--\n{log}"),
        format!("{header}\n\n{log}"),
        log.replace("\"bob\": 2", "\"bob\": 4"),
        "{a:1, b:2}".to_owned(),
        "{\"a\": 1, \"\\u00e9\\ud83d\\ude00\": 2}".to_owned(),
        "a=1 10.0.0.1:7:18446744073709551615".to_owned(),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

fn frames() -> Vec<Vec<u8>> {
    let bodies = || [&b""[..], b"vote", &[7; 64], &[0; 65], b"x"].map(<[u8]>::to_vec);
    let pieces: Vec<_> = bodies().into_iter().map(Piece::Framed).collect();
    let header = Piece::Header { version: 1, length: 3, body_sum: 0 };
    let newer = Piece::Header { version: 2, length: 3, body_sum: 0 };
    let raw = [&[0][..], &stream(&pieces)].concat();
    let broken: Vec<_> =
        bodies().into_iter().take(2).map(Piece::Framed).chain([Piece::Raw(vec![1; 20])]).collect();
    let good: Vec<_> = bodies().into_iter().take(3).map(Piece::Framed).collect();
    let raw_good = [&[8][..], &stream(&good)].concat();
    let [one, two, three] =
        [(1, pieces), (5, broken), (9, good)].map(|(first, pieces)| encoded(first, &pieces));
    vec![raw, raw_good, one, two, three, encoded(1, &[header]), encoded(3, &[newer])]
}

fn journals() -> Vec<Vec<u8>> {
    let damages: [fn() -> Vec<Act>; 7] = [
        Vec::new,
        || vec![Act::Cut(120)],
        || vec![Act::Flip(8 * 60 + 3)],
        || vec![Act::Blank(56, 40)],
        || vec![Act::Copy(28, 200, 60)],
        || vec![Act::Raw(vec![0; 64])],
        || vec![Act::Raw(b"rest of an older file".to_vec())],
    ];
    let script = |floor, damage: fn() -> Vec<Act>| {
        let append = |body: &[u8]| Act::Append(body.to_vec());
        let mut acts = vec![append(b"one"), append(b""), Act::Sync, append(&[3; 40]), append(b"four")];
        acts.extend(damage());
        Script { salt: 0x5a17, first: 1, floor, acts }
    };
    let scripts = damages.iter().map(|damage| encoded(1, &[script(None, *damage)]));
    let floors = damages.iter().map(|damage| encoded(1, &[script(Some(3), *damage)]));
    let files = damages.iter().map(|damage| [vec![0], written(&script(None, *damage))].concat());
    scripts.chain(floors).chain(files).collect()
}

/// A cluster with a slow network; what its first node met, and what it wrote down.
fn cluster(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let choice = [2, 1, 6, 9, 13, 0][usize::try_from(seed % 6).unwrap_or(0)]
        | u8::try_from(seed * 16 % 256).unwrap_or(0);
    let mut nodes = BTreeMap::new();
    let ids = raft::config(choice, raft::ID).voters.ids().to_vec();
    let start = Time::from_nanos(1 << 50);
    for id in ids.iter().copied() {
        let raft = Raft::recover(raft::config(choice, id), Image::default(), 7 + (id.0 + seed) % 7, start);
        nodes.insert(id, (raft.expect("a new node"), OutboxOf::<Raft>::new()));
    }
    let mut rng = Rng::new(seed);
    let mut agenda: BTreeMap<(Time, u64), (NodeId, InputOf<Raft>)> = BTreeMap::new();
    let (mut turns, mut records): (Vec<Turn>, Vec<Record>) = (Vec::new(), Vec::new());
    let (mut now, mut told, mut order) = (start, start, 0_u64);
    while turns.len() < 160 {
        let due = nodes.iter().filter_map(|(id, (raft, _))| Some((raft.deadline()?, *id))).min();
        let (due, sleeper) = due.expect("a node of Raft always waits for something");
        let next = agenda.first_key_value().map(|((at, _), _)| *at);
        let (id, input) = match next.filter(|at| *at <= due) {
            Some(at) => {
                now = now.max(at);
                agenda.pop_first().expect("it was there").1
            }
            None => {
                now = now.max(due);
                (sleeper, Input::Wake)
            }
        };
        if id == raft::ID {
            let after_us = i32::try_from(now.since(told).as_micros()).unwrap_or(0) + 1;
            told = now;
            turns.push(Turn { after_us, happening: happening(&input) });
        }
        order += 1;
        if order % 9 == 0 {
            let id = ids[usize::try_from(rng.below(ids.len() as u64)).unwrap_or(0)];
            let payload = |length| Bytes::from(vec![b'p'; length]);
            let command = match rng.below(4) {
                0 => Command::Read,
                1 => Command::ProposeAll(vec![payload(5), payload(9)]),
                _ => Command::Propose(payload(20)),
            };
            agenda.insert((now, order << 8), (id, Input::Submit { tag: Tag(order), command }));
        }
        let (raft, out) = nodes.get_mut(&id).expect("one of them");
        raft.step(now, input, out);
        for effect in out.drain() {
            order += 1;
            let later =
                now + rng.span(core::time::Duration::from_micros(100)..core::time::Duration::from_millis(4));
            match effect {
                Effect::Send { to, message } => {
                    if rng.below(12) != 0 {
                        agenda.insert((later, order << 8), (to, Input::Receive { from: id, message }));
                    }
                }
                Effect::Persist { ticket, record } => {
                    if id == raft::ID {
                        records.push(record);
                    }
                    if let Some(ticket) = ticket {
                        agenda.insert((later, order << 8), (id, Input::Persisted(ticket)));
                    }
                }
                Effect::Emit(Event::Committed { first, entries }) if first.0 % 3 == 0 => {
                    let upto = Index(first.0 + entries.len() as u64 - 1);
                    let command = Command::Compact { upto, parts: vec![Bytes::from_static(b"state"); 2] };
                    agenda.insert((later, order << 8), (id, Input::Submit { tag: Tag(order), command }));
                }
                Effect::Emit(_) => {}
            }
        }
    }
    if seed % 3 == 0 {
        turns.insert(120, Turn { after_us: 5, happening: Happening::Crash(1) });
    }
    if seed % 2 == 0 {
        let (raft, _) = &nodes[&raft::ID];
        records.clear();
        raft.checkpoint(&mut |record| records.push(record));
    }
    (encoded(choice, &turns), encoded(choice, &records))
}

fn happening(input: &InputOf<Raft>) -> Happening {
    match input.clone() {
        Input::Receive { from, message } => {
            Happening::Receive { from: u8::try_from(from.0).unwrap_or(0), message }
        }
        Input::Persisted(ticket) => Happening::Persisted(ticket.0),
        Input::Wake => Happening::WakeWhenDue,
        Input::Submit { command, .. } => match command {
            Command::Propose(payload) => Happening::Propose(vec![payload]),
            Command::ProposeAll(payloads) => Happening::Propose(payloads),
            Command::Read => Happening::Read,
            Command::Compact { upto, parts } => Happening::Compact(upto, parts),
        },
    }
}

/// Commands in both spellings, and those of them that write as batches.
fn commands() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let lines = [
        "SET k v EX 100",
        "GET k",
        "SET k 5 KEEPTTL XX GET",
        "INCRBY k -3",
        "DECR n",
        "APPEND k tail",
        "MSET a 1 b 2 a 3",
        "MSETNX c 1 d 2",
        "DEL a b",
        "EXPIRE k 10 NX",
        "PEXPIREAT k 99999999999999 GT",
        "PERSIST k",
        "TTL k",
        "GETDEL b",
        "SETNX k 1",
        "GETSET k 2",
        "STRLEN k",
        "EXISTS k n a",
        "TYPE k",
        "KEYS *[a-z^]?\\*",
        "SCAN 0 MATCH k* COUNT 2 TYPE string",
        "DBSIZE",
        "FLUSHALL",
        "HELLO 3 AUTH u p SETNAME me",
        "CLIENT SETNAME me",
        "COMMAND DOCS get",
        "CONFIG GET *",
        "INFO server",
        "PING",
        "ECHO \"a\\x41\\n\" ",
        "SELECT 0",
        "TIME",
        "NOPE 'it\\'s'",
        "MGET a b",
        "PSETEX k 5 v",
        "PTTL k",
        "QUIT",
    ];
    let bulk = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        let bodies: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        format!("*{}\r\n{bodies}", words.len())
    };
    let input = |stream: String| [&[5][..], stream.as_bytes()].concat();
    let single = lines.iter().flat_map(|line| [input(format!("{line}\r\n")), input(bulk(line))]);
    let all = [input(lines.join("\n")), input(lines.iter().map(|line| bulk(line)).collect())];
    let requests = single.chain(all).collect();
    let batches: Vec<Batch> =
        lines.iter().enumerate().filter_map(|(nth, line)| batch(nth as u64, line)).collect();
    let one_each = batches.iter().map(|batch| encoded(3, std::slice::from_ref(batch)));
    (requests, one_each.chain([encoded(9, &batches)]).collect())
}

fn batch(nth: u64, line: &str) -> Option<Batch> {
    let words: Vec<_> = line.split(' ').map(|word| Bytes::copy_from_slice(word.as_bytes())).collect();
    let Ok(Request::Write(operation)) = command::parse(&words) else { return None };
    Some(Batch {
        origin: 1,
        sequence: nth,
        at_ms: 1_000 * nth,
        memory_bytes_max: 2_000,
        operations: vec![operation],
    })
}

fn stored(kind: u8, value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![kind];
    bytes.extend(postcard::to_allocvec(value).expect("values can be stored"));
    bytes
}

/// Tables before and after a node comes, and what lies between them.
fn tables() -> Vec<Vec<u8>> {
    let node = |name: &str, zone: &str| Node::new(name).within([zone]);
    let mut inputs = vec![];
    for copies in 1..=3 {
        let spec = SlotSpec { count: 12, copies, apart: (copies == 2).then_some(0), ..SlotSpec::default() };
        let mut old = Slots::new(spec).expect("the numbers are sound");
        for (name, zone) in [("a", "n"), ("b", "s"), ("c", "n"), ("d", "w")] {
            old.add(node(name, zone)).expect("the names differ");
            old = old.rebalanced();
        }
        old.pin(old.epoch(), 7).expect("it is somebody's");
        let new = old.drained(&["b"]).unwrap_or_else(|_| old.clone());
        let plan = Plan::between(&old, &new, 3).expect("they hash alike");
        let mut progress = Progress::new(&plan);
        let schedule = Schedule::new(&plan, MoveLimits::default(), |_| 1).expect("something may move");
        for step in schedule.ready(&progress).expect("it is its progress") {
            progress.start(&step).expect("it is its turn");
        }
        let text = serde_json::to_vec(&new).expect("tables can be written");
        inputs.push([vec![1], text].concat());
        inputs.extend([
            stored(0, &old),
            stored(2, &plan),
            stored(5, &progress),
            stored(6, &(&plan, &progress)),
        ]);

        let mut ring = Ring::new(Hashing::default(), core::num::NonZeroU32::MIN);
        for name in ["a", "b", "c"] {
            ring.add(node(name, "n")).expect("the names differ");
        }
        let before = ring.clone();
        ring.add(node("d", "s")).expect("the names differ");
        let plan = Plan::between(&before, &ring, copies as usize).expect("they hash alike");
        inputs.extend([stored(9, &ring), stored(10, ring.nodes()), stored(3, &plan)]);
    }
    let mut map: RangeMap<u16, Vec<String>> = RangeMap::new(vec!["a".into()]);
    let mut keys = HotKeys::new(4).expect("there are counters");
    for i in 0..9 {
        let key = u16::try_from(KeyHash::mixed(i).scaled(1_000)).unwrap_or(0);
        keys.record(&(key % 7), 3);
        let range = map.locate(&key);
        let (id, epoch) = (range.id, range.epoch);
        let _ = map.split(id, key, epoch);
    }
    let limits = br#"{"split_rate":100,"merge_rate":50,"window":{"secs":1,"nanos":0}}"#;
    inputs.extend([stored(7, &map), stored(8, &keys), [&[11][..], limits].concat()]);
    inputs
}

/// Ranges are cut, joined and given away.
fn changes(seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut byte = || u8::try_from(rng.below(256)).unwrap_or(0);
    let mut change = || {
        let stale = byte() < 20;
        match byte() % 5 {
            0..=2 => Op::Split { range: byte(), at: byte(), stale },
            3 => Op::Merge { left: byte(), right: byte(), next: byte() % 2 == 0, stale },
            _ => Op::Assign { range: byte(), value: byte() < 80, stale },
        }
    };
    let changes: Vec<_> = (0..12 + seed).map(|_| change()).collect();
    postcard::to_allocvec(&changes).expect("changes can be stored")
}
