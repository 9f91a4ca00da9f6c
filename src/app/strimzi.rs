//! Topics as Strimzi's KafkaTopic resources, one YAML document each.

use std::fmt::Write as _;

use crate::kafka::topics::TopicPlan;

/// What `segue topics plan --strimzi CLUSTER` prints.
pub fn topics(plans: &[TopicPlan], cluster: &str) -> String {
    plans.iter().fold(String::new(), |yaml, plan| yaml + &topic(plan, cluster))
}

fn topic(plan: &TopicPlan, cluster: &str) -> String {
    let mut yaml = format!(
        "---\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: {}\n  labels:\n    \
         strimzi.io/cluster: {cluster}\nspec:\n  topicName: {}\n  partitions: {}\n  replicas: {}\n  config:\n",
        resource_name(&plan.name),
        plan.name,
        plan.partitions,
        plan.replication
    );
    for (name, value) in &plan.configs {
        // Writing into a string cannot fail.
        let _ = writeln!(yaml, "    {name}: {value}");
    }
    yaml
}

/// Kubernetes takes lower-case letters, digits, points and dashes; the topic keeps its own name beside it.
fn resource_name(topic: &str) -> String {
    topic.to_ascii_lowercase().replace('_', "-").trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{Names, topics};

    #[test]
    fn a_topic_keeps_its_name_where_kubernetes_does_not_take_it() {
        let plans = topics::design(&Names::new("CC_", "app"), Some(4), Some(1));
        assert_eq!(
            topic(&plans[3], "my-cluster"),
            "---\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: cc-conversation.summaries\n  \
             labels:\n    strimzi.io/cluster: my-cluster\nspec:\n  topicName: CC_conversation.summaries\n  partitions: 4\n  \
             replicas: 1\n  config:\n    cleanup.policy: compact,delete\n    retention.ms: 7776000000\n"
        );
    }
}
