//! `segue topics`.

use super::{read, start_logs};
use crate::app::print::{print, print_line};
use crate::app::run::{Failure, names, properties};
use crate::app::strimzi;
use crate::cli::{self, Output, TopicsAction};
use crate::kafka::topics::{self, Spec, State, TopicPlan};

pub(super) fn topics_command(action: TopicsAction) -> Result<(), Failure> {
    let (args, ask): (_, fn(&Spec) -> _) = match &action {
        TopicsAction::Plan(args) => (&args.topics, topics::plan),
        TopicsAction::Create(args) => (args, topics::create),
        TopicsAction::Check(args) => (args, topics::plan),
    };
    let settings = read(&args.settings)?;
    if let TopicsAction::Plan(cli::PlanArgs { strimzi: Some(cluster), .. }) = &action {
        let plans = topics::design(&names(&settings), args.partitions, args.replication_factor);
        print(strimzi::topics(&plans, cluster))?;
        return Ok(());
    }
    start_logs(&settings, None)?;
    let spec = Spec {
        bootstrap: settings.kafka.bootstrap_servers.clone(),
        properties: properties(&settings)?,
        names: names(&settings),
        partitions: args.partitions,
        replication: args.replication_factor,
    };
    let plans: Vec<TopicPlan> = ask(&spec)?;
    for plan in &plans {
        print_line(match args.output {
            Output::Text => topic_line(plan),
            Output::Json => topic_json(plan).to_string(),
        })?;
    }
    let problems: Vec<String> = match action {
        TopicsAction::Plan(_) => Vec::new(),
        TopicsAction::Create(_) | TopicsAction::Check(_) => {
            plans.iter().filter_map(topics::problem).collect()
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(Failure::running(problems.join("\n"))) }
}

fn topic_line(plan: &TopicPlan) -> String {
    let state = match &plan.state {
        State::Exists => "exists".to_owned(),
        State::Missing => "missing".to_owned(),
        State::Wrong { problem, .. } => format!("wrong: {problem}"),
    };
    let configs: Vec<String> = plan.configs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "{:<40} {:>3} partitions × {}  {:<8} {}",
        plan.name,
        plan.partitions,
        plan.replication,
        state,
        configs.join(" ")
    )
}

fn topic_json(plan: &TopicPlan) -> serde_json::Value {
    let (state, problem, remedy) = match &plan.state {
        State::Exists => ("exists", None, None),
        State::Missing => ("missing", None, None),
        State::Wrong { problem, remedy } => ("wrong", Some(problem), Some(remedy)),
    };
    let configs: serde_json::Map<String, serde_json::Value> =
        plan.configs.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    serde_json::json!({ "name": plan.name, "partitions": plan.partitions, "replication_factor": plan.replication,
        "configs": configs, "state": state, "problem": problem, "remedy": remedy })
}
