//! Stories with a wrong ending that a correct implementation avoids: told to the real one, and to one with the mistake.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use quorate_machine::NodeId;
use quorate_raft::{Body, Config, Entries, Event, Index, Message, Role, Term};

use crate::lab::{Lab, Letter, at, carries_entries, id};

/// Thesis §6.4: n1 leads, is cut off, and is asked for a read before it knows that n2 leads and has committed more. Says
/// whether it answers.
pub fn a_deposed_leader_answers_a_read(adjust: impl Fn(&mut Config)) -> bool {
    let mut lab = Lab::with(&[&[], &[], &[]], adjust);
    lab.elect(id(1));
    lab.isolate(id(1));
    lab.elect(id(2));
    lab.propose(id(2), "new");
    lab.run();
    assert_eq!((lab.role(id(1)), lab.applied(id(2)).len()), (Role::Leader, 1));
    let tag = lab.read(id(1));
    lab.run();
    lab.beat(id(1), 2);
    matches!(lab.outcome(tag), Some(Event::Readable { .. }))
}

/// Raft figure 8, up to the moment of truth: an entry of term 2 is on a majority, put there by the leader of term 4, whose
/// own first entry is not.
pub fn figure_8(adjust: impl Fn(&mut Config)) -> Lab {
    let mut lab = Lab::with(&[&[1], &[1], &[1], &[1], &[1]], |config| {
        config.batch_entries_max = 1;
        adjust(config);
    });
    // (a) S1 leads term 2, and its entry at index 2 reaches S2 alone.
    lab.lose(|letter| carries_entries(letter) && letter.to != id(2));
    lab.elect(id(1));
    assert_eq!((lab.log(id(2)), lab.log(id(3))), (vec![1, 2], vec![1]));
    // (b) S1 is gone. S5 leads term 3, and its entry at index 2 reaches nobody.
    lab.crash(id(1), 0);
    lab.lose(carries_entries);
    lab.elect(id(5));
    assert_eq!(lab.log(id(5)), vec![1, 3]);
    // (c) S5 is gone. S1 leads term 4. Its first append to S3 is refused, the one before it is accepted, and what comes
    // next, or goes to others, is lost, but for a heartbeat that S2 answers.
    lab.crash(id(5), 0);
    lab.restart(id(1));
    lab.elect(id(1));
    lab.heal();
    lab.expire(id(1));
    for _ in 0..2 {
        lab.exchange(id(1), id(3));
    }
    lab.wire.clear();
    let body = Body::Append { prev: at(2, 2), entries: Entries::new(), committed: Index(0), round: 0 };
    lab.wire.push_back(Letter { from: id(1), to: id(2), message: Message { term: Term(4), body } });
    lab.exchange(id(1), id(2));
    lab.wire.clear();
    assert_eq!((lab.status(id(1)).term.0, lab.log(id(1))), (4, vec![1, 2, 4]));
    for node in [2, 3] {
        assert_eq!(lab.log(id(node)), [1, 2], "on a majority");
    }
    lab
}

/// (d) S1 crashes; S5 is elected by those whose logs it does not lag behind, and its entry takes the place of the other.
pub fn s5_overwrites(lab: &mut Lab) -> NodeId {
    lab.crash(id(1), usize::MAX);
    lab.restart(id(5));
    lab.heal();
    lab.run();
    lab.campaign(id(5));
    if lab.role(id(5)) != Role::Leader {
        lab.campaign(id(5)); // the first time it learned of a later term
    }
    id(5)
}
