//! `segue doctor`: is everything there that an instance needs, and what to do where it is not. It changes nothing.
//!
//! 1. settings that cannot be read end it at once
//! 2. every bootstrap address by itself; where none answers, what only a cluster can tell is unknown
//! 3. the checks of `CHECKS`, in their order; another system to talk to is one more line there

mod applied;
mod cluster;
mod groups;
mod host;
mod registry;
mod report;
mod settings;
mod topics;

use std::collections::BTreeMap;

pub use report::{Finding, Report, Status};

use super::run::{names, properties};
use crate::cli::SettingsArgs;
use crate::config::Settings;
use crate::engine::error::Error;
use crate::engine::port::{Topic, Topology};
use crate::kafka::granted::{self, Group};
use crate::kafka::group_of;
use crate::kafka::rights::{self, Granted, Right};
use crate::kafka::topics::{Found, Spec, TopicPlan};

/// What checks look at.
pub struct Bench {
    pub settings: Settings,
    pub spec: Spec,
    /// The cluster as it describes itself; `None`: it does not answer.
    pub seen: Option<Seen>,
}

/// The cluster's own words.
pub struct Seen {
    /// Brokers by number, with their addresses.
    pub brokers: Vec<(i32, String)>,
    pub topics: BTreeMap<Topic, Found>,
    pub plans: Vec<TopicPlan>,
    /// What an instance must be allowed on topics, and what the cluster says of it.
    pub rights: Result<Vec<(Right, Granted)>, Error>,
    /// Our groups by name.
    pub groups: Vec<(String, Result<Group, Error>)>,
}

/// One area of checks.
type Check = (&'static str, fn(&Bench) -> Vec<Finding>);

/// In the order in which they are shown; `brokers` comes before these.
const CHECKS: &[Check] = &[
    ("settings", settings::combinations),
    ("policy", settings::policy),
    ("host", host::host),
    ("features", cluster::features),
    ("broker settings", cluster::broker_settings),
    ("topics", topics::topics),
    ("applied policy", applied::applied),
    ("registry", registry::registry),
    ("rights", groups::rights),
    ("groups", groups::groups),
    ("clock", cluster::clock),
    ("memory", host::memory),
];

/// Looks at everything. Settings that cannot be read are the only finding then.
pub fn examine(args: &SettingsArgs) -> Report {
    let settings = match Settings::read(args.config.as_deref(), &args.set) {
        Ok(settings) => settings,
        Err(problems) => {
            let wrong = |line: &str| Finding::problem("settings", line, "correct it, and run doctor again");
            return Report::new(None, problems.lines().map(|line| ("settings", wrong(line))).collect());
        }
    };
    let properties = match properties(&settings) {
        Ok(properties) => properties,
        Err(failure) => {
            let wrong = |line: &str| Finding::problem("login", line, "correct it, and run doctor again");
            let findings = failure.message.lines().map(|line| ("settings", wrong(line))).collect();
            return Report::new(Some(settings.effective()), findings);
        }
    };
    let spec = Spec {
        bootstrap: settings.kafka.bootstrap_servers.clone(),
        properties,
        names: names(&settings),
        partitions: None,
        replication: None,
    };
    let effective = settings.effective();
    let mut findings: Vec<(&'static str, Finding)> = Vec::new();
    let (brokers, answers) = cluster::addresses(&settings, &spec);
    findings.extend(answers.into_iter().map(|finding| ("brokers", finding)));
    let seen = match brokers {
        Some(brokers) => match crate::kafka::topics::observe(&spec) {
            Ok((topics, plans)) => {
                const ALL: [Topology; 2] = [Topology::Conversations, Topology::Windows];
                let app = &settings.engine.application_id;
                let rights = granted::topics(&spec, &rights::to_run(&spec.names, app, &ALL));
                let names = ALL.map(|topology| group_of(app, topology)).into_iter();
                let groups = names.map(|name| (name.clone(), granted::group(&spec, &name))).collect();
                Some(Seen { brokers, topics, plans, rights, groups })
            }
            Err(error) => {
                let remedy = "see the message; an administrator's rights are not needed";
                findings.push(("brokers", Finding::problem("topics are told", &error.to_string(), remedy)));
                None
            }
        },
        None => None,
    };
    let bench = Bench { settings, spec, seen };
    for (area, check) in CHECKS {
        findings.extend(check(&bench).into_iter().map(|finding| (*area, finding)));
    }
    Report::new(Some(effective), findings)
}

/// What a check says when no broker answered.
fn not_asked(check: &str) -> Vec<Finding> {
    vec![Finding::unknown(check, "not asked, because the cluster does not answer")]
}
