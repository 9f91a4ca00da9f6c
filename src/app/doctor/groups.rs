//! Who we are to the cluster: what we may do, and who else is in our groups.

use super::{Bench, Finding, Seen, not_asked};
use crate::engine::port::Topic;
use crate::kafka::granted::{self, Group, Kind, Operation};

/// What an instance does with a topic.
fn needed(topic: Topic) -> &'static [Operation] {
    match topic {
        Topic::Turns | Topic::Outcomes | Topic::Policies => &[Operation::Read],
        Topic::Events | Topic::Summaries | Topic::Shadow | Topic::DeadLetters => &[Operation::Write],
        Topic::Changelog | Topic::Deltas | Topic::Metrics => &[Operation::Read, Operation::Write],
    }
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Read => "READ",
        Operation::Write => "WRITE",
        Operation::Describe => "DESCRIBE",
        Operation::DescribeConfigs => "DESCRIBE_CONFIGS",
        Operation::Other => "another",
    }
}

/// What the cluster says that we may do. Nothing is tried.
pub(super) fn rights(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("rights") };
    let mut findings = on_topics(bench, seen);
    for group in groups_of(bench) {
        match granted::group(&bench.spec, &group) {
            Ok(found) => findings.push(on_group(&group, &found)),
            Err(error) if granted::is_refusal(error.message()) => {
                let remedy = format!("grant READ on the group {group}");
                findings.push(Finding::problem(&format!("group {group}"), error.message(), &remedy));
            }
            Err(error) => findings.push(Finding::unknown(&format!("group {group}"), error.message())),
        }
    }
    let found = format!(
        "WRITE on ids that begin with {}- cannot be known without writing; `segue run` says so at its start",
        bench.settings.engine.application_id
    );
    findings.push(Finding::unknown("transactional ids", &found));
    findings
}

fn on_topics(bench: &Bench, seen: &Seen) -> Vec<Finding> {
    let answers = match &seen.rights {
        Ok(answers) => answers,
        Err(error) => return vec![Finding::unknown("topics", error)],
    };
    let mut findings = Vec::new();
    let mut well = 0;
    for (topic, answer) in Topic::ALL.into_iter().zip(answers) {
        let name = bench.spec.names.of(topic);
        match answer {
            // Told among the topics.
            Err(_) => {}
            Ok(may) if may.is_empty() => {
                findings.push(Finding::unknown(name, "the broker does not tell what we may do"));
            }
            Ok(may) => {
                let lacks: Vec<&str> =
                    needed(topic).iter().filter(|one| !may.contains(one)).map(|one| word(*one)).collect();
                if lacks.is_empty() {
                    well += 1;
                } else {
                    let lacks = lacks.join(" and ");
                    findings.push(Finding::problem(
                        name,
                        &format!("we lack {lacks}"),
                        &format!("grant {lacks} on it"),
                    ));
                }
            }
        }
    }
    if well > 0 {
        findings.insert(0, Finding::ok("topics", &format!("{well} can be read and written as needed")));
    }
    findings
}

fn on_group(name: &str, found: &Group) -> Finding {
    let check = format!("group {name}");
    if found.operations.is_empty() {
        return Finding::unknown(&check, "the broker does not tell what we may do");
    }
    if found.operations.contains(&Operation::Read) {
        return Finding::ok(&check, "READ");
    }
    Finding::problem(&check, "we lack READ", &format!("grant READ on the group {name}"))
}

fn groups_of(bench: &Bench) -> [String; 2] {
    let application = &bench.settings.engine.application_id;
    [application.clone(), format!("{application}-metrics")]
}

/// Who is in our groups, and by which protocol.
pub(super) fn groups(bench: &Bench) -> Vec<Finding> {
    if bench.seen.is_none() {
        return not_asked("groups");
    }
    let judged = groups_of(bench).map(|group| match granted::group(&bench.spec, &group) {
        Ok(found) => judge(&group, &found),
        Err(error) => Finding::unknown(&group, error.message()),
    });
    judged.into()
}

fn judge(name: &str, group: &Group) -> Finding {
    let other = "another program uses this group: stop it, or choose another engine.application_id";
    if !group.has_members {
        return Finding::ok(name, "no members");
    }
    if group.kind == Kind::Consumer {
        return Finding::problem(
            name,
            "its members speak the new consumer protocol, Segue the classic one",
            other,
        );
    }
    if group.assignor != "cooperative-sticky" && !group.assignor.is_empty() {
        let found = format!("its members assign by {}, Segue by cooperative-sticky", group.assignor);
        return Finding::problem(name, &found, other);
    }
    let mut hosts: Vec<&str> = group.members.iter().map(|(_, host)| host.trim_start_matches('/')).collect();
    hosts.sort_unstable();
    hosts.dedup();
    Finding::ok(name, &format!("{} members on {}", group.members.len(), hosts.join(", ")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::app::doctor::Status;

    fn group(kind: Kind, assignor: &str) -> Group {
        let members =
            vec![("segue".to_owned(), "/10.0.0.1".to_owned()), ("segue".to_owned(), "/10.0.0.1".to_owned())];
        Group { kind, has_members: true, assignor: assignor.to_owned(), members, operations: BTreeSet::new() }
    }

    #[test]
    fn a_stranger_in_the_group_is_a_problem() {
        let well = judge("g", &group(Kind::Classic, "cooperative-sticky"));
        assert_eq!(well, Finding::ok("g", "2 members on 10.0.0.1"));
        assert_eq!(judge("g", &group(Kind::Classic, "range")).status, Status::Problem);
        assert_eq!(judge("g", &group(Kind::Consumer, "uniform")).status, Status::Problem);
        let empty = Group { has_members: false, ..group(Kind::Unknown, "") };
        assert_eq!(judge("g", &empty), Finding::ok("g", "no members"));
    }

    #[test]
    fn a_right_that_is_missing_is_named() {
        let with = |operations: &[Operation]| Group {
            operations: operations.iter().copied().collect(),
            ..group(Kind::Classic, "")
        };
        assert_eq!(on_group("g", &with(&[])).status, Status::Unknown);
        assert_eq!(on_group("g", &with(&[Operation::Read, Operation::Other])).status, Status::Ok);
        assert_eq!(
            on_group("g", &with(&[Operation::Describe])).remedy.as_deref(),
            Some("grant READ on the group g")
        );
    }
}
