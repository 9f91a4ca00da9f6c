//! `segue demo`.

use clap::Args;

use super::{Output, SettingsArgs};

/// Watch generated conversations in an embedded log, without Kafka; or play them into a cluster
#[derive(Debug, PartialEq, Args)]
#[command(
    mut_arg("config", |arg| arg.requires("to_kafka")),
    mut_arg("set", |arg| arg.requires("to_kafka")),
    after_help = "Examples:\n  \
    segue demo\n  \
    segue demo --conversations 200 --exit-when-done --output json\n  \
    segue demo --seed 7 --speed 60\n  \
    segue demo --to-kafka --config segue.toml --rate 30\n\n\
    --to-kafka plays at the clock's own pace until it is told to stop, or until --conversations have ended. With --speed \
    timers keep their own time, so some hand-offs do not come about, and what the desktop says of them is refused. The \
    same seed gives the same conversation ids, which a cluster that saw them before takes for duplicates."
)]
pub struct Demo {
    /// Conversations to generate; without it the demo goes on until it is told to stop
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub conversations: Option<u32>,
    /// Play them as fast as the engine can (20 without --conversations), print what happened, and exit
    #[arg(long)]
    pub exit_when_done: bool,
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
    /// The same seed generates the same conversations; 1, and with --to-kafka another one each time
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Event time passes this many times faster than the clock (60); with --to-kafka the pauses are so much shorter (1)
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub speed: Option<f64>,
    /// Produce turns and outcomes to the topics of the settings, and leave the rest to `segue run`
    #[arg(long, conflicts_with = "exit_when_done")]
    pub to_kafka: bool,
    /// Conversations that begin in a minute
    #[arg(long, value_name = "N", default_value_t = 20.0, requires = "to_kafka", value_parser = factor)]
    pub rate: f64,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.1..=100_000.0).contains(&factor) => Ok(factor),
        Ok(_) | Err(_) => Err("a number from 0.1 to 100000 is wanted".to_owned()),
    }
}
