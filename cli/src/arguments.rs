use clap::{Parser, Subcommand};

use crate::{
    bench, check, client, clock, cluster, demo, dump, history, phi, restore, ring, serve, sim, status,
};

const EXAMPLES: &str = "\
Examples:
  quorate cluster                           three nodes on this machine, until Ctrl-C
  quorate client SET greeting hello         one command, to any node
  quorate client                            a prompt
  quorate bench --seconds 5                 how fast is it?
  quorate demo                              a tour of half a minute
  quorate check --model cas-register FILE   is a recorded history linearizable?
  quorate clock draw LOG -o log.svg         what led to what, by vector clocks
  quorate ring compare                      what a change of nodes moves, by every algorithm
  quorate phi ping tcp:127.0.0.1:7001       how suspicious is its silence?

Any Redis client works too: redis-cli -p 7002 GET greeting";

/// A replicated, crash-safe key-value store that speaks the Redis protocol.
#[derive(Debug, Parser)]
#[command(name = "quorate", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Options),
    Cluster(cluster::Options),
    Client(client::Options),
    Status(status::Options),
    Bench(bench::Options),
    Sim(sim::Options),
    Check(check::Options),
    History(history::Options),
    Clock(clock::Options),
    Ring(ring::Options),
    Phi(phi::Options),
    Demo(demo::Options),
    Dump(dump::Options),
    Restore(restore::Options),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_option_is_explained() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} has no explanation", command.get_name());
            assert!(command.get_after_help().is_some(), "{} has no examples", command.get_name());
            for option in command.get_arguments() {
                assert!(
                    option.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    option.get_id()
                );
            }
        }
    }
}
