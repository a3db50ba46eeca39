//! One loop owns the machine. A turn feeds it what has come, wakes it if that is due, and flushes what it did.

use std::{pin::Pin, sync::Arc, time::Duration};

use quorate_machine::{Input, InputOf, Machine, OutboxOf, Time};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, Sleep},
};

use crate::{
    Application, Limits, RunError,
    handle::Ask,
    ports::{MessageOf, Ports, RecordOf},
    transport::Arrival,
};

/// The loop and everything in it.
pub(crate) struct EventLoop<A: Application> {
    pub(crate) machine: A::Machine,
    pub(crate) out: OutboxOf<A::Machine>,
    pub(crate) ports: Ports<A>,
    pub(crate) messages: mpsc::Receiver<Arrival<MessageOf<A>>>,
    pub(crate) asks: mpsc::Receiver<Ask<A>>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) limits: Limits,
    pub(crate) epoch: Instant,
    /// When a stopping host gives up waiting; `None` while it is not stopping.
    pub(crate) drain_until: Option<Instant>,
    pub(crate) held: Held<A>,
}

/// What was received while waiting, and is fed in the next turn.
pub(crate) struct Held<A: Application> {
    message: Option<Arrival<MessageOf<A>>>,
    ask: Option<Ask<A>>,
}

impl<A: Application> Default for Held<A> {
    fn default() -> Self {
        Self { message: None, ask: None }
    }
}

impl<A: Application> EventLoop<A>
where
    RecordOf<A>: Send + 'static,
{
    /// Turns until it is stopped or something breaks; the journal is then closed, and everything in it durable.
    pub(crate) async fn run(mut self) -> Result<(), RunError> {
        let mut alarm = Box::pin(tokio::time::sleep(Duration::ZERO));
        loop {
            self.turn()?;
            if self.is_done() {
                break;
            }
            if self.has_work() {
                tokio::task::yield_now().await;
            } else {
                self.wait(alarm.as_mut()).await;
            }
        }
        self.ports.ledger.close().await
    }

    fn turn(&mut self) -> Result<(), RunError> {
        self.heed_stop();
        let begin = Instant::now();
        let now = self.now();
        let metrics = Arc::clone(&self.ports.metrics);
        let mut inputs = 0;
        if let Some(ticket) = self.ports.ledger.take_progress()? {
            self.step(now, Input::Persisted(ticket))?;
            inputs += 1;
        }
        let room = self.limits.inputs_per_turn_max;
        // Peers first and only half the turn, so that neither they nor the callers can starve the others.
        let half = begin + self.limits.turn_max / 2;
        inputs += self.take_messages(now, half, room.div_ceil(2))?;
        inputs += self.take_asks(now, begin + self.limits.turn_max, room.saturating_sub(inputs).max(1))?;
        if self.is_due() {
            self.step(self.now(), Input::Wake)?;
            inputs += 1;
        }
        self.ports.flush();
        self.ports.ledger.checkpoint_if_due::<A::Machine, A::Codec>(&self.machine);
        metrics.turns.add(1);
        metrics.turn_nanos_max.raise(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        metrics.inputs.add(inputs as u64);
        Ok(())
    }

    fn take_messages(&mut self, now: Time, until: Instant, room: usize) -> Result<usize, RunError> {
        for taken in 0..room {
            if self.ports.ledger.is_far_behind() || is_late(taken, until) {
                return Ok(taken);
            }
            let next = self.held.message.take().or_else(|| self.messages.try_recv().ok());
            let Some(Arrival { from, message, .. }) = next else { return Ok(taken) };
            self.step(now, Input::Receive { from, message })?;
        }
        Ok(room)
    }

    fn take_asks(&mut self, now: Time, until: Instant, room: usize) -> Result<usize, RunError> {
        for taken in 0..room {
            if is_late(taken, until) {
                return Ok(taken);
            }
            if let Some((tag, command)) = self.ports.commands.pop() {
                self.step(now, Input::Submit { tag, command })?;
                continue;
            }
            if self.ports.ledger.is_behind() {
                return Ok(taken);
            }
            match self.held.ask.take().or_else(|| self.asks.try_recv().ok()) {
                None => return Ok(taken),
                Some(Ask::Submit { tag, command }) => self.step(now, Input::Submit { tag, command })?,
                Some(Ask::Visit(visit)) => {
                    visit(&self.machine, &mut self.ports.application, &mut self.ports.commands);
                }
            }
        }
        Ok(room)
    }

    fn step(&mut self, now: Time, input: InputOf<A::Machine>) -> Result<(), RunError> {
        self.machine.step(now, input, &mut self.out);
        for effect in self.out.drain() {
            self.ports.perform(now, effect)?;
        }
        Ok(())
    }

    /// Whether another turn would find something at once.
    fn has_work(&self) -> bool {
        let message = self.held.message.is_some() || !self.messages.is_empty();
        let ask = self.held.ask.is_some() || !self.asks.is_empty();
        let taken_in =
            (message && !self.ports.ledger.is_far_behind()) || (ask && !self.ports.ledger.is_behind());
        taken_in || !self.ports.commands.is_empty() || self.is_due()
    }

    fn is_due(&self) -> bool {
        self.machine.deadline().is_some_and(|deadline| deadline <= self.now())
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, mut alarm: Pin<&mut Sleep>) {
        let wake_at = self.next_alarm();
        if let Some(at) = wake_at.filter(|at| alarm.deadline() != *at) {
            alarm.as_mut().reset(at);
        }
        let (hears, obeys) = (!self.ports.ledger.is_far_behind(), !self.ports.ledger.is_behind());
        // What a turn held back because the disk was behind must not be overwritten.
        let (no_message, no_ask) = (self.held.message.is_none(), self.held.ask.is_none());
        let stopping = self.drain_until.is_some();
        tokio::select! {
            () = self.ports.ledger.changed() => {}
            Some(message) = self.messages.recv(), if hears && no_message => self.held.message = Some(message),
            Some(ask) = self.asks.recv(), if obeys && no_ask => self.held.ask = Some(ask),
            () = alarm, if wake_at.is_some() => {}
            Ok(()) = self.stop.changed(), if !stopping => {}
        }
    }

    fn next_alarm(&self) -> Option<Instant> {
        let deadline = self
            .machine
            .deadline()
            .and_then(|deadline| self.epoch.checked_add(Duration::from_nanos(deadline.as_nanos())));
        [deadline, self.drain_until].into_iter().flatten().min()
    }

    fn heed_stop(&mut self) {
        if self.drain_until.is_some() || !*self.stop.borrow() {
            return;
        }
        tracing::info!("stopping");
        self.asks.close();
        self.drain_until = Some(Instant::now() + self.limits.drain_max);
    }

    /// Whether a stopping host has nothing left to do, or no time left to do it.
    fn is_done(&self) -> bool {
        let Some(until) = self.drain_until else { return false };
        let quiet = self.asks.is_empty()
            && self.held.ask.is_none()
            && self.ports.commands.is_empty()
            && self.ports.ledger.is_caught_up(self.out.issued())
            && !self.ports.application.has_pending();
        quiet || Instant::now() >= until
    }

    fn now(&self) -> Time {
        Time::ZERO + self.epoch.elapsed()
    }
}

/// Whether taking inputs has taken long enough; the first always has its turn.
fn is_late(taken: usize, until: Instant) -> bool {
    taken > 0 && Instant::now() >= until
}
