//! What was deleted under the program: the beginning of an input that had been read, and the changelog.

use std::future::Future;
use std::process::Command;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::live::{Load, PATIENCE, SEGUE, Site, Tail, Writer, until};

type Admin = AdminClient<DefaultClientContext>;

fn admin(site: &Site) -> Admin {
    ClientConfig::new().set("bootstrap.servers", &site.bootstrap).create().expect("an admin client")
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// An instance reads some turns, and stops.
fn read(site: &Site) -> (Load, Writer, Tail) {
    let (mut load, writer) = (Load::new(), Writer::new(site));
    let mut events = Tail::of(site, "handoff.events");
    let mut instance = site.start("one");
    writer.turns(&load.turns(60));
    events.reach(&load);
    instance.stop();
    (load, writer, events)
}

#[test]
fn an_input_whose_read_beginning_was_deleted_is_taken_up_at_every_start() {
    let Some(mut site) = Site::new("beginning", 3, 1) else { return };
    // One thread is assigned all partitions at once.
    site.engine = "threads = 1\n".to_owned();
    site.create_topics(1);
    let (mut load, writer, mut events) = read(&site);
    let mut first = TopicPartitionList::new();
    for partition in 0..site.partitions {
        first
            .add_partition_offset(&site.topic("conversation.turns"), partition, Offset::Offset(1))
            .expect("an offset");
    }
    wait(admin(&site).delete_records(&first, &options())).expect("deleted");
    for _ in 0..4 {
        let mut instance = site.start("one");
        instance.until_ready();
        writer.turns(&load.turns(6));
        events.reach(&load);
        instance.stop();
    }
    let again = site.start("one");
    site.finish(load, &writer, [again], events);
    site.done();
}

#[test]
fn an_emptied_changelog_is_told_and_not_taken_for_a_beginning() {
    let Some(site) = Site::new("emptied", 2, 1) else { return };
    site.create_topics(1);
    drop(read(&site));
    let changelog = site.topic(&format!("{}.state.changelog", site.application_id()));
    wait(admin(&site).delete_topics(&[&changelog], &options())).expect("deleted");
    // A name is free again some time after its topic is gone.
    until("the changelog can be created again", || {
        let mut create = Command::new(SEGUE);
        create
            .args(["topics", "create", "--partitions", "2", "--replication-factor", "1", "--config"])
            .arg(site.config("topics"));
        create.output().expect("segue starts").status.success()
    });
    let mut refused = site.start("one");
    assert_eq!(refused.end().code(), Some(1), "{}", refused.path().display());
    assert!(site.logged().contains("the changelog holds nothing of it"), "{}", refused.path().display());
    let mut accepted = site.start_with("one", &["--accept-gap"]);
    accepted.until_ready();
    assert!(accepted.has_logged("the state is lost; going on without it"));
    accepted.stop();
    site.done();
}
