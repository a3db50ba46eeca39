//! Three nodes of Raft in one thread: a network and disks without faults, and a clock that jumps to whatever is due next.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use quorate_machine::{Durable, Effect, Input, Machine, NodeId, Outbox, Tag, Time};
use quorate_quorum::Voters;
use quorate_raft::{Command, Config, Event, Image, Raft, Role};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ids = [1, 2, 3].map(NodeId);
    let mut nodes = BTreeMap::new();
    for id in ids {
        let config = Config::new(id, Voters::majority(ids)?);
        let seed = 7 + id.0; // never the same on two nodes
        nodes.insert(id, (Raft::recover(config, Image::default(), seed, Time::ZERO)?, Outbox::new()));
    }

    let (mut now, mut inputs, mut applied) = (Time::ZERO, VecDeque::new(), BTreeMap::new());
    while applied.len() < ids.len() {
        // When nothing is left to do, the clock jumps to the next deadline.
        let (id, input) = inputs.pop_front().unwrap_or_else(|| {
            let due = nodes.iter().filter_map(|(id, (raft, _))| Some((raft.deadline()?, *id)));
            let (at, id) = due.min().expect("a node of Raft always waits for something");
            now = now.max(at);
            (id, Input::Wake)
        });
        let (raft, out) = nodes.get_mut(&id).expect("one of the three");
        raft.step(now, input, out);
        for effect in out.drain() {
            match effect {
                Effect::Send { to, message } => inputs.push_back((to, Input::Receive { from: id, message })),
                // A real driver writes the record to its journal, syncs, and only then says so.
                Effect::Persist { ticket, .. } => {
                    inputs.extend(ticket.map(|ticket| (id, Input::Persisted(ticket))));
                }
                Effect::Emit(Event::Role { role: Role::Leader, term, .. }) => {
                    println!("{id} leads term {term}");
                    let any = ids[usize::from(id == ids[0])]; // a follower takes proposals as well
                    let command = Command::Propose(Bytes::from_static(b"hello"));
                    inputs.push_back((any, Input::Submit { tag: Tag(1), command }));
                }
                Effect::Emit(Event::Committed { entries, .. }) => {
                    for data in entries.iter().filter_map(|entry| entry.payload.data()) {
                        println!("{id} applies {data:?}");
                        applied.insert(id, data.clone());
                    }
                }
                Effect::Emit(Event::Proposed { at, .. }) => println!("{id} knows it is committed at {at:?}"),
                Effect::Emit(_) => {}
            }
        }
    }
    assert!(applied.values().all(|data| *data == "hello"));
    Ok(())
}
