use std::process::ExitCode;
use crate::problem::Problem;
/// x
#[derive(Debug, clap::Args)]
#[command(after_help = "x")]
pub(crate) struct Options {}
pub(crate) async fn run(_: Options) -> Result<ExitCode, Problem> { Ok(ExitCode::SUCCESS) }
