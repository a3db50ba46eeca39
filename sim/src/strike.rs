//! Processes that start and end, and everything else that a plan's faults do.

use core::time::Duration;

use quorate_machine::{Durable as _, Outbox, Time};

use crate::{
    disk::Losses,
    fault::{Fault, Loss, NodeSet, Who},
    invariant::StepKind,
    journal::fold_of_checkpoint,
    node::place,
    platter::Found,
    recording::{Fed, Happening},
    report::{Counters, Verdict},
    subject::{App, Subject},
    world::{What, World, draws},
};

impl<S: Subject> World<'_, S> {
    /// Recovers the node's machine from its image.
    pub(crate) fn start(&mut self, at: usize) -> Result<(), Verdict> {
        let seed = self.rng.fork(draws::MACHINES).fork(at as u64).fork(self.nodes[at].incarnation).draw();
        let node = &mut self.nodes[at];
        let config = self.subject.config(node.id, self.plan, &node.app);
        let local = node.clock.local(self.now);
        let image = node.disk.image().clone();
        let whose = (node.id, node.incarnation);
        self.recorder.step(self.now, self.events, whose, || Fed::Started);
        self.in_machine = true;
        let machine = match S::Machine::recover(config, image, seed, local) {
            Ok(machine) => machine,
            Err(error) => {
                let why = format!("{} cannot recover: {error:?}", node.id);
                return Err(self.violated("every image recovers", why));
            }
        };
        let checkpoint = fold_of_checkpoint(&machine);
        self.in_machine = false;
        node.machine = Some(machine);
        match checkpoint {
            Ok(folded) if folded == *node.disk.image() => {}
            Ok(_) => {
                let why = format!("{}: right after recovery, its checkpoint folds to another image", node.id);
                return Err(self.violated("recovery equals the fold", why));
            }
            Err(error) => return Err(self.unfoldable(at, &error)),
        }
        if node.incarnation > 0 {
            self.counters.restarts += 1;
        }
        self.with_app(at, App::on_start);
        self.settle(at, local, StepKind::Started)
    }

    pub(crate) fn strike_tripped(&mut self, at: usize, cut_short: bool) -> Result<(), Verdict> {
        self.counters.crashes_mid_step += u64::from(cut_short);
        while let Some((fault, by)) = self.trips.next() {
            self.counters.triggered += 1;
            self.strike(fault, Some(by))?;
        }
        debug_assert!(!cut_short || self.nodes[at].machine.is_none(), "effects were dropped for a crash");
        Ok(())
    }

    /// What the plan's fault does. `it` set it off.
    pub(crate) fn strike(&mut self, fault: usize, it: Option<usize>) -> Result<(), Verdict> {
        if !self.core.is_empty() {
            return Ok(());
        }
        let fault = self.plan.faults[fault].1;
        let until = fault.span().map(|span| self.now + span);
        self.recorder.add(self.now, || Happening::Fault { text: fault.to_string(), until });
        let Some(who) = fault.who() else {
            self.strike_links(fault);
            return Ok(());
        };
        let whom = match who {
            Who::Node(node) => Some(place(node)).filter(|at| *at < self.nodes.len()),
            Who::It => it,
        };
        whom.map_or(Ok(()), |at| self.strike_node(at, fault))
    }

    fn strike_links(&mut self, fault: Fault) {
        match fault {
            Fault::Cut { from, to, both, span } => self.cut(from, to, both, span),
            Fault::Clog { from, to, both, span } => {
                self.counters.clogs += 1;
                self.network.clog(from, to, both, self.now + span);
            }
            Fault::Crash { .. }
            | Fault::Pause { .. }
            | Fault::Isolate { .. }
            | Fault::Jump { .. }
            | Fault::Slow { .. }
            | Fault::Full { .. }
            | Fault::Wipe { .. }
            | Fault::Rot { .. }
            | Fault::Misdirect { .. } => {}
        }
    }

    fn strike_node(&mut self, at: usize, fault: Fault) -> Result<(), Verdict> {
        let (now, node) = (self.now, &mut self.nodes[at]);
        match fault {
            Fault::Crash { down, loss, .. } => return self.crash(at, down, loss),
            Fault::Wipe { down, .. } => return self.wipe(at, down),
            Fault::Pause { span, .. } => {
                self.counters.pauses += 1;
                node.paused_until = node.paused_until.max(now + span);
            }
            Fault::Isolate { span, .. } => {
                let alone = NodeSet::EMPTY.with(node.id);
                let others = NodeSet::first(self.plan.nodes).without(node.id);
                self.cut(alone, others, true, span);
            }
            Fault::Jump { by, back, .. } => {
                *(if back { &mut self.counters.jumps_back } else { &mut self.counters.jumps }) += 1;
                node.clock.jump(by, back);
                node.armed = None;
                self.arm(at);
            }
            Fault::Slow { by, span, .. } => {
                self.counters.slowed += 1;
                (node.slow_by, node.slow_until) = (by, now + span);
            }
            Fault::Full { span, .. } => node.full_until = node.full_until.max(now + span),
            Fault::Rot { .. } => {
                let struck = node.disk.platter().is_some_and(|platter| platter.rot(&mut node.rng));
                self.counters.rots += u64::from(struck);
            }
            Fault::Misdirect { .. } => {
                let struck = node.disk.platter().is_some_and(|platter| platter.misdirect(&mut node.rng));
                self.counters.misdirections += u64::from(struck);
            }
            Fault::Cut { .. } | Fault::Clog { .. } => {}
        }
        Ok(())
    }

    fn cut(&mut self, from: NodeSet, to: NodeSet, both: bool, span: Duration) {
        self.counters.cuts += 1;
        self.network.cut(from, to, both, false);
        self.queue.push(self.now + span, What::Mend { from, to, both });
    }

    fn crash(&mut self, at: usize, down: Duration, loss: Loss) -> Result<(), Verdict> {
        if self.nodes[at].machine.is_none() {
            return Ok(());
        }
        let losses = self.end_process(at, loss)?;
        self.counters.crashed(loss);
        match losses.found {
            Found::Whole { .. } => self.restart_after(at, down),
            Found::MadeUp => {
                let why = format!("{}: what was read is not what was written", self.nodes[at].id);
                return Err(self.violated("journals come back", why));
            }
            Found::Corrupt => {
                self.counters.damage_noticed += 1;
                self.destroy(at);
            }
            Found::Short => {
                self.counters.damage_missed += 1;
                self.destroy(at);
            }
        }
        Ok(())
    }

    /// A write has failed. What was written before it is the system's, which lives on.
    pub(crate) fn run_out_of_disk(&mut self, at: usize) -> Result<(), Verdict> {
        let down = self.nodes[at].full_until.since(self.now);
        self.counters.filled += 1;
        self.crash(at, down, Loss::Nothing)
    }

    fn wipe(&mut self, at: usize, down: Duration) -> Result<(), Verdict> {
        if self.nodes[at].destroyed {
            return Ok(());
        }
        if self.nodes[at].machine.is_some() {
            self.end_process(at, Loss::All)?;
        } else {
            // It may have been about to start again, with what it had.
            self.nodes[at].incarnation += 1;
        }
        self.counters.wipes += 1;
        self.lost = self.lost.with(self.nodes[at].id);
        if self.subject.survives_wipe() {
            self.nodes[at].disk.wipe();
            self.restart_after(at, down);
        } else {
            self.destroy(at);
        }
        Ok(())
    }

    /// The node stays down for ever.
    fn destroy(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.destroyed = true;
        node.incarnation += 1;
        self.lost = self.lost.with(node.id);
    }

    fn restart_after(&mut self, at: usize, down: Duration) {
        let restart = What::Restart { node: at, incarnation: self.nodes[at].incarnation };
        self.queue.push(self.now + down, restart);
    }

    fn end_process(&mut self, at: usize, loss: Loss) -> Result<Losses, Verdict> {
        let node = &mut self.nodes[at];
        node.machine = None;
        node.incarnation += 1;
        node.out = Outbox::new();
        node.armed = None;
        node.arming += 1;
        node.paused_until = Time::ZERO;
        node.open.clear();
        node.app.on_crash();
        let losses = match node.disk.crash(loss, &mut node.rng) {
            Ok(losses) => losses,
            Err(error) => return Err(self.unfoldable(at, &error)),
        };
        self.counters.records_lost += losses.records;
        self.counters.never_told += u64::from(losses.never_told);
        let (node, gone) = (node.id, losses.records);
        let for_ever = !matches!(losses.found, Found::Whole { .. });
        self.recorder.add(self.now, || Happening::Crashed { node, lost: gone, for_ever });
        Ok(losses)
    }

    /// Heals the core for good, and leaves the rest as it is for ever.
    pub(crate) fn heal(&mut self, core: NodeSet) -> Result<(), Verdict> {
        self.core = core;
        self.trips.disarm();
        self.network.heal(core);
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            let healed = core.contains(node.id);
            for until in [&mut node.paused_until, &mut node.full_until, &mut node.slow_until] {
                *until = if !healed && *until > self.now { Time::MAX } else { Time::ZERO };
            }
            if node.machine.is_none() {
                node.incarnation += 1;
                if healed {
                    self.start(at)?;
                }
            }
        }
        Ok(())
    }
}

impl Counters {
    const fn crashed(&mut self, loss: Loss) {
        *match loss {
            Loss::Nothing => &mut self.crashes_losing_nothing,
            Loss::Suffix => &mut self.crashes_losing_suffix,
            Loss::All => &mut self.crashes_losing_all,
            Loss::Subset => &mut self.crashes_losing_subset,
            Loss::Torn => &mut self.crashes_torn,
            Loss::Pages => &mut self.crashes_losing_pages,
        } += 1;
    }
}
