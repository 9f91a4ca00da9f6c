//! Windows count once, and become final.

use segue::engine::port::{Record, Topic, Topology};
use segue::memory::faults::Call;
use segue::wire;

use super::*;

#[test]
fn a_lost_answer_of_a_windows_commit_counts_once() {
    let fixtures = Fixtures::new();
    for (truth, fault) in truths() {
        for final_after_ms in [4_000 * DAY, 60_000] {
            for nth in 1..4 {
                let fault = fault.clone();
                let case = Case::new(
                    &fixtures,
                    Scenario { final_after_ms, batch_records: 1, ..scenario(Family::Backlog) },
                );
                run::until_over(&case.world, Topology::Conversations).expect("conversations end");
                case.start(WINDOW);
                case.once(is(WINDOW, Call::Commit, nth), move |_| vec![fault.clone()]);
                case.until_struck(WINDOW, 0);
                case.rounds(WINDOW, 3, 0);
                case.end(&format!("{truth}, final after {final_after_ms} ms, commit {nth}"));
            }
        }
    }
}

#[test]
fn a_partition_without_records_holds_no_window_open() {
    let fixtures = Fixtures::new();
    let lonely =
        Scenario { partitions: 4, conversations: 1, final_after_ms: 60_000, ..scenario(Family::Live) };
    let case = Case::new(&fixtures, lonely);
    let broker = case.world.broker.clone();
    assert!((0..4).any(|at| broker.high(Topic::Turns, at) == Ok(0)), "one has no records");
    case.start(FIRST);
    case.start(WINDOW);
    for _ in 0..300 {
        case.rounds(FIRST, 1, 1_000);
        case.rounds(WINDOW, 1, 1_000);
    }
    let rows = (0..2).flat_map(|at| broker.read_committed(Topic::Metrics, at, 0));
    let is_final = |row: &Record| {
        let row = wire::window::decode(row.value().unwrap_or_default());
        row.is_ok_and(|row| row.is_final)
    };
    assert!(rows.filter(is_final).count() > 0, "windows became final while it was empty");
    case.end("and all is counted");
}

#[test]
fn a_proof_of_idleness_without_answer_is_the_last_of_its_round() {
    let fixtures = Fixtures::new();
    let lonely = Scenario { partitions: 4, conversations: 1, ..scenario(Family::Live) };
    let case = Case::new(&fixtures, lonely);
    case.start(FIRST);
    case.rounds(FIRST, 20, 0);
    let asked: Arc<AtomicUsize> = Arc::default();
    let counted = asked.clone();
    case.world.set_script(Some(Box::new(move |_, moment| {
        if moment.call != Call::Bounds {
            return Vec::new();
        }
        counted.fetch_add(1, SeqCst);
        vec![Fault::Before(Error::Retry("no answer".into()))]
    })));
    case.rounds(FIRST, 10, 60_000);
    let asked = asked.load(SeqCst);
    assert!((1..=10).contains(&asked), "{asked} questions in ten rounds");
    case.end("and all is counted");
}
