//! Processes that start and end, and everything else that a plan's faults do.

use core::time::Duration;

use quorate_machine::{Durable as _, Outbox, Time};

use crate::{
    fault::{Fault, Loss, NodeSet, Who},
    invariant::StepKind,
    journal::fold_of_checkpoint,
    node::place,
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
        self.trace.started(self.now, node.id, node.incarnation);
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
        let nodes = self.nodes.len();
        let whom = |who| match who {
            Who::Node(node) => Some(place(node)).filter(|at| *at < nodes),
            Who::It => it,
        };
        self.trace.fault(self.now, &fault);
        match fault {
            Fault::Crash { who, down, loss } => match whom(who) {
                Some(at) => return self.crash(at, down, loss),
                None => return Ok(()),
            },
            Fault::Pause { who, span } => {
                let Some(at) = whom(who) else { return Ok(()) };
                self.counters.pauses += 1;
                let node = &mut self.nodes[at];
                node.paused_until = node.paused_until.max(self.now + span);
            }
            Fault::Cut { from, to, both, span } => self.cut(from, to, both, span),
            Fault::Isolate { who, span } => {
                let Some(at) = whom(who) else { return Ok(()) };
                let alone = NodeSet::EMPTY.with(self.nodes[at].id);
                let others = NodeSet::first(self.plan.nodes).without(self.nodes[at].id);
                self.cut(alone, others, true, span);
            }
            Fault::Clog { from, to, span } => {
                self.counters.clogs += 1;
                let (from, to) = (NodeSet::EMPTY.with(from), NodeSet::EMPTY.with(to));
                self.network.clog(from, to, self.now + span);
            }
            Fault::Jump { who, by } => {
                let Some(at) = whom(who) else { return Ok(()) };
                self.counters.jumps += 1;
                self.nodes[at].clock.jump(by);
                self.nodes[at].armed = None;
                self.arm(at);
            }
        }
        Ok(())
    }

    fn cut(&mut self, from: NodeSet, to: NodeSet, both: bool, span: Duration) {
        self.counters.cuts += 1;
        self.network.cut(from, to, both, false);
        self.queue.push(self.now + span, What::Mend { from, to, both });
    }

    fn crash(&mut self, at: usize, down: Duration, loss: Loss) -> Result<(), Verdict> {
        let node = &mut self.nodes[at];
        if node.machine.take().is_none() {
            return Ok(());
        }
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
        let restart = What::Restart { node: at, incarnation: node.incarnation };
        self.queue.push(self.now + down, restart);
        self.counters.crashed(loss, losses.records, losses.never_told);
        Ok(())
    }

    /// Heals the core for good, and leaves the rest as it is for ever.
    pub(crate) fn heal(&mut self, core: NodeSet) -> Result<(), Verdict> {
        self.core = core;
        self.trips.disarm();
        self.network.heal(core);
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if !core.contains(node.id) {
                if node.paused_until > self.now {
                    node.paused_until = Time::MAX;
                }
                if node.machine.is_none() {
                    node.incarnation += 1;
                }
                continue;
            }
            node.paused_until = Time::ZERO;
            if node.machine.is_none() {
                node.incarnation += 1;
                self.start(at)?;
            }
        }
        Ok(())
    }
}

impl Counters {
    fn crashed(&mut self, loss: Loss, records: u64, never_told: bool) {
        match loss {
            Loss::Nothing => self.crashes_losing_nothing += 1,
            Loss::Suffix => self.crashes_losing_suffix += 1,
            Loss::All => self.crashes_losing_all += 1,
        }
        self.records_lost += records;
        self.never_told += u64::from(never_told);
    }
}
