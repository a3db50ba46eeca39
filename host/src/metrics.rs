use core::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that any thread may change.
#[derive(Debug, Default)]
pub(crate) struct Number(AtomicU64);

impl Number {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn raise(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! metrics {
    ($($field:ident: $family:literal $labels:literal $kind:literal $help:literal;)*) => {
        /// What a host counts. Reading it costs nothing to the loop.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $(pub(crate) $field: Number,)*
        }

        impl Metrics {
            $(
                #[doc = concat!($help, " (`", $family, $labels, "`)")]
                pub fn $field(&self) -> u64 {
                    self.$field.get()
                }
            )*

            fn samples(&self) -> impl Iterator<Item = Sample> {
                [$(Sample { family: $family, labels: $labels, kind: $kind, help: $help, value: self.$field.get() },)*]
                    .into_iter()
            }
        }
    };
}

metrics! {
    messages_sent: "quorate_messages_total" r#"{direction="sent"}"# "counter" "Messages handed to connections, or received.";
    messages_received: "quorate_messages_total" r#"{direction="received"}"# "counter" "Messages handed to connections, or received.";
    dropped_queue_full: "quorate_messages_dropped_total" r#"{reason="queue_full"}"# "counter" "Messages not sent, or not understood.";
    dropped_unreachable: "quorate_messages_dropped_total" r#"{reason="unreachable"}"# "counter" "Messages not sent, or not understood.";
    dropped_unknown_peer: "quorate_messages_dropped_total" r#"{reason="unknown_peer"}"# "counter" "Messages not sent, or not understood.";
    dropped_not_encoded: "quorate_messages_dropped_total" r#"{reason="not_encoded"}"# "counter" "Messages not sent, or not understood.";
    dropped_not_decoded: "quorate_messages_dropped_total" r#"{reason="not_decoded"}"# "counter" "Messages not sent, or not understood.";
    bytes_sent: "quorate_peer_bytes_total" r#"{direction="sent"}"# "counter" "Bytes exchanged with peers.";
    bytes_received: "quorate_peer_bytes_total" r#"{direction="received"}"# "counter" "Bytes exchanged with peers.";
    frames_bad: "quorate_frames_bad_total" "" "counter" "Connections closed for a bad frame.";
    connections_made: "quorate_connections_total" r#"{direction="outgoing"}"# "counter" "Connections made.";
    connections_accepted: "quorate_connections_total" r#"{direction="incoming"}"# "counter" "Connections made.";
    connections_lost: "quorate_connections_lost_total" r#"{direction="outgoing"}"# "counter" "Connections lost.";
    connections_closed: "quorate_connections_lost_total" r#"{direction="incoming"}"# "counter" "Connections lost.";
    dials_failed: "quorate_dials_failed_total" "" "counter" "Attempts to connect that failed or were refused.";
    refused_stranger: "quorate_connections_refused_total" r#"{reason="stranger"}"# "counter" "Incoming connections refused.";
    refused_cluster: "quorate_connections_refused_total" r#"{reason="foreign_cluster"}"# "counter" "Incoming connections refused.";
    refused_target: "quorate_connections_refused_total" r#"{reason="wrong_target"}"# "counter" "Incoming connections refused.";
    refused_stale: "quorate_connections_refused_total" r#"{reason="old_incarnation"}"# "counter" "Incoming connections refused.";
    refused_version: "quorate_connections_refused_total" r#"{reason="version"}"# "counter" "Incoming connections refused.";
    refused_malformed: "quorate_connections_refused_total" r#"{reason="malformed"}"# "counter" "Incoming connections refused.";
    refused_crowded: "quorate_connections_refused_total" r#"{reason="too_many"}"# "counter" "Incoming connections refused.";
    journal_records: "quorate_journal_records_total" "" "counter" "Records appended to the journal.";
    journal_bytes_written: "quorate_journal_written_bytes_total" "" "counter" "Bytes appended to the journal.";
    journal_syncs: "quorate_journal_syncs_total" "" "counter" "Syncs of the journal.";
    journal_sync_nanos: "quorate_journal_sync_nanoseconds_total" "" "counter" "Time spent in syncs of the journal.";
    journal_sync_nanos_max: "quorate_journal_sync_nanoseconds_max" "" "gauge" "The longest sync of the journal.";
    journal_bytes: "quorate_journal_bytes" "" "gauge" "Bytes in the journal since the latest checkpoint.";
    checkpoints: "quorate_checkpoints_total" "" "counter" "Checkpoints published.";
    checkpoint_bytes: "quorate_checkpoint_bytes" "" "gauge" "Bytes of the latest checkpoint.";
    turns: "quorate_loop_turns_total" "" "counter" "Turns of the event loop.";
    turn_nanos_max: "quorate_loop_turn_nanoseconds_max" "" "gauge" "The longest turn of the event loop: for so long it neither heard nor answered.";
    inputs: "quorate_loop_inputs_total" "" "counter" "Inputs fed to the machine.";
}

struct Sample {
    family: &'static str,
    labels: &'static str,
    kind: &'static str,
    help: &'static str,
    value: u64,
}

impl Metrics {
    /// All of it in the Prometheus text format.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut family = "";
        for Sample { family: next, labels, kind, help, value } in self.samples() {
            if next != family {
                family = next;
                // Writing to a string cannot fail.
                let _ = writeln!(text, "# HELP {family} {help}\n# TYPE {family} {kind}");
            }
            let _ = writeln!(text, "{family}{labels} {value}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn every_family_is_declared_once_and_before_its_samples() {
        let metrics = Metrics::default();
        metrics.messages_received.add(7);
        let text = metrics.prometheus();
        assert!(text.contains("quorate_messages_total{direction=\"received\"} 7\n"), "{text}");
        let families: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let mut unique = families.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(families.len(), unique.len(), "a family is split: {families:?}");
    }
}
