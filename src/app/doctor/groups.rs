//! Who we are to the cluster: what we may do, and who else is in our groups.

use super::{Bench, Finding, Seen, not_asked};
use crate::kafka::granted::{Group, Kind, is_refusal};
use crate::kafka::rights::{Granted, Operation, Resource};

/// What the cluster says that we may do. Nothing is tried.
pub(super) fn rights(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("rights") };
    let mut findings = on_topics(seen);
    findings.extend(seen.groups.iter().map(|(group, answer)| match answer {
        Ok(found) => on_group(group, found),
        Err(error) if is_refusal(error.message()) => {
            let remedy = format!("grant READ on the group {group}");
            Finding::problem(&format!("group {group}"), error.message(), &remedy)
        }
        Err(error) => Finding::unknown(&format!("group {group}"), error.message()),
    }));
    let found = format!(
        "WRITE on ids that begin with {}- cannot be known without writing; `segue run` says so at its start",
        bench.settings.engine.application_id
    );
    findings.push(Finding::unknown("transactional ids", &found));
    findings
}

fn on_topics(seen: &Seen) -> Vec<Finding> {
    let answers = match &seen.rights {
        Ok(answers) => answers,
        Err(error) => return vec![Finding::unknown("topics", &error.to_string())],
    };
    let mut findings = Vec::new();
    let mut well = 0;
    for (right, granted) in answers {
        let Resource::Topic(name) = &right.resource else { continue };
        match granted {
            Granted::All => well += 1,
            // Told among the topics.
            Granted::Hidden | Granted::NoAnswer => {}
            Granted::Untold => {
                findings.push(Finding::unknown(name, "the broker does not tell what we may do"));
            }
            Granted::Lacks(operations) => {
                let lacks: Vec<String> = operations.iter().map(|operation| operation.word()).collect();
                let lacks = lacks.join(" and ");
                findings.push(Finding::problem(
                    name,
                    &format!("we lack {lacks}"),
                    &format!("grant {lacks} on it"),
                ));
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
    match &found.operations {
        None => Finding::unknown(&check, "the broker does not tell what we may do"),
        Some(allowed) if allowed.contains(&Operation::Read) => Finding::ok(&check, "READ"),
        Some(_) => Finding::problem(&check, "we lack READ", &format!("grant READ on the group {name}")),
    }
}

/// Who is in our groups, and by which protocol.
pub(super) fn groups(bench: &Bench) -> Vec<Finding> {
    let Some(seen) = &bench.seen else { return not_asked("groups") };
    let judged = seen.groups.iter().map(|(group, answer)| match answer {
        Ok(found) => judge(group, found),
        Err(error) => Finding::unknown(group, error.message()),
    });
    judged.collect()
}

fn judge(name: &str, group: &Group) -> Finding {
    let other = "another program uses this group: stop it, or choose another engine.application_id";
    if group.members.is_empty() {
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
    use super::*;
    use crate::app::doctor::Status;

    fn group(kind: Kind, assignor: &str) -> Group {
        let members =
            vec![("segue".to_owned(), "/10.0.0.1".to_owned()), ("segue".to_owned(), "/10.0.0.1".to_owned())];
        Group { kind, assignor: assignor.to_owned(), members, operations: None }
    }

    #[test]
    fn a_stranger_in_the_group_is_a_problem() {
        let well = judge("g", &group(Kind::Classic, "cooperative-sticky"));
        assert_eq!(well, Finding::ok("g", "2 members on 10.0.0.1"));
        assert_eq!(judge("g", &group(Kind::Classic, "range")).status, Status::Problem);
        assert_eq!(judge("g", &group(Kind::Consumer, "uniform")).status, Status::Problem);
        let empty = Group { members: Vec::new(), ..group(Kind::Unknown, "") };
        assert_eq!(judge("g", &empty), Finding::ok("g", "no members"));
    }

    #[test]
    fn a_right_that_is_missing_is_named() {
        let with = |operations: &[Operation]| Group {
            operations: Some(operations.to_vec()),
            ..group(Kind::Classic, "")
        };
        assert_eq!(on_group("g", &group(Kind::Classic, "")).status, Status::Unknown);
        assert_eq!(on_group("g", &with(&[Operation::Read, Operation::Describe])).status, Status::Ok);
        assert!(
            on_group("g", &with(&[])).remedy.is_some(),
            "allowed is something that no right of ours is about"
        );
        assert_eq!(
            on_group("g", &with(&[Operation::Describe])).remedy.as_deref(),
            Some("grant READ on the group g")
        );
    }
}
