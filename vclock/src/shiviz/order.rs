//! What led to what.

use alloc::{collections::BTreeMap, string::String, vec, vec::Vec};

use super::{Event, Execution};
use crate::{Dot, VClock, bug::Bug};

/// What one event learnt directly from another: a message, or whatever else carried a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// The event whose clock was taken over, by its place in the execution.
    pub from: usize,
    /// The event that took it over.
    pub to: usize,
}

/// The events of each host, by what they count themselves as.
pub(super) struct Order<'a> {
    events: &'a [Event],
    hosts: BTreeMap<&'a str, Vec<(u64, usize)>>,
}

impl<'a> Order<'a> {
    pub(super) fn new(events: &'a [Event]) -> Self {
        let mut hosts: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            hosts.entry(&event.host).or_default().push((event.number(), at));
        }
        for events in hosts.values_mut() {
            events.sort_unstable();
        }
        Self { events, hosts }
    }

    /// The events of each host, each with its number and its place.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &[(u64, usize)]> {
        self.hosts.values().map(Vec::as_slice)
    }

    /// How many events this host has.
    pub(super) fn made(&self, host: &str) -> usize {
        self.hosts.get(host).map_or(0, Vec::len)
    }

    /// The event of this dot, and its place.
    pub(super) fn find(&self, dot: Dot<&String>) -> Option<(usize, &'a Event)> {
        let of_host = self.hosts.get(dot.actor.as_str())?;
        let nth = of_host.binary_search_by_key(&dot.counter.get(), |(number, _)| *number).ok()?;
        let at = of_host.get(nth)?.1;
        Some((at, self.events.get(at)?))
    }

    /// What the event knows of other hosts and the event before it at its host did not, and where that is from.
    pub(super) fn learnt(&self, event: &'a Event, before: Option<&'a Event>) -> Vec<(usize, &'a Event)> {
        let new = event.clock.iter().filter(|dot| {
            let known = before.map_or(0, |before| before.clock.get(dot.actor));
            *dot.actor != event.host && dot.counter.get() > known
        });
        new.filter_map(|dot| self.find(dot)).collect()
    }

    fn messages(&self) -> Vec<Message> {
        let mut messages = Vec::new();
        for events in self.hosts() {
            let mut before = None;
            for (to, event) in events.iter().filter_map(|(_, at)| Some((*at, self.events.get(*at)?))) {
                let learnt = self.learnt(event, before);
                let is_told_by_another = |told: &Event| {
                    let knows = |clock: &VClock<String>| clock.get(&told.host) >= told.number();
                    learnt.iter().any(|(_, other)| other.host != told.host && knows(&other.clock))
                };
                let told_twice = Bug::ShivizTellsTwice.is_planted();
                let direct = learnt.iter().filter(|(_, told)| told_twice || !is_told_by_another(told));
                messages.extend(direct.map(|(from, _)| Message { from: *from, to }));
                before = Some(event);
            }
        }
        messages.sort_unstable_by_key(|message| (message.to, message.from));
        messages
    }
}

impl Execution {
    /// The messages, reconstructed from the clocks: whose clock each event took over, but for what another of these already knew. By
    /// the events that received them.
    ///
    /// With the order at each host, they are exactly what the clocks say led to what, if [`check`](Self::check) finds nothing.
    pub fn messages(&self) -> Vec<Message> {
        Order::new(&self.events).messages()
    }

    /// For each event the length of the longest chain of events that led to it: 0 if nothing did. An event is deeper than all that
    /// led to it, if [`check`](Self::check) finds nothing.
    pub fn depths(&self) -> Vec<usize> {
        let order = Order::new(&self.events);
        let mut causes = vec![Vec::new(); self.events.len()];
        for Message { from, to } in order.messages() {
            if let Some(causes) = causes.get_mut(to) {
                causes.push(from);
            }
        }
        for events in order.hosts() {
            for (before, after) in events.iter().zip(events.iter().skip(1)) {
                if let Some(causes) = causes.get_mut(after.1) {
                    causes.push(before.1);
                }
            }
        }
        // What led to an event has a smaller clock.
        let mut sorted: Vec<(u128, usize)> =
            self.events.iter().enumerate().map(|(at, event)| (event.clock.total(), at)).collect();
        sorted.sort_unstable();
        let mut depths = vec![0; self.events.len()];
        for (_, at) in sorted {
            let causes = causes.get(at).into_iter().flatten();
            let depth = causes.filter_map(|cause| depths.get(*cause)).map(|depth| depth + 1).max();
            if let Some(held) = depths.get_mut(at) {
                *held = depth.unwrap_or(0);
            }
        }
        depths
    }
}
