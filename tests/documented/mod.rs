//! The table of `docs/metrics.md` against a page of `/metrics`: the same names, each with its type and its labels.

use std::collections::{BTreeMap, BTreeSet};

/// Type and labels.
type Described = (String, BTreeSet<String>);

/// Fails with every difference at once.
pub fn check(page: &str) {
    let (told, shown) = (table(include_str!("../../docs/metrics.md")), families(page));
    let mut differences = Vec::new();
    for (name, documented) in &told {
        match shown.get(name) {
            None => differences.push(format!("{name} is documented and not shown")),
            Some(found) if found != documented => {
                differences.push(format!("{name} is documented as {documented:?} and shown as {found:?}"));
            }
            Some(_) => {}
        }
    }
    differences.extend(
        shown
            .keys()
            .filter(|name| !told.contains_key(*name))
            .map(|name| format!("{name} is shown and not documented")),
    );
    assert!(differences.is_empty(), "docs/metrics.md:\n{}\nthe page:\n{page}", differences.join("\n"));
    assert!(told.len() > 40, "the table is not where it was");
}

/// Rows: `| name | type | labels | ..`.
fn table(text: &str) -> BTreeMap<String, Described> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[2].split(',').map(str::trim).filter(|label| !label.is_empty());
        (
            cells[0].trim_end_matches('`').to_owned(),
            (cells[1].to_owned(), labels.map(str::to_owned).collect()),
        )
    })
    .collect()
}

/// What a page shows; all samples of a family must have the same labels.
fn families(page: &str) -> BTreeMap<String, Described> {
    let mut found: BTreeMap<String, Described> = BTreeMap::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            current = name.to_owned();
            found.insert(current.clone(), (kind.to_owned(), BTreeSet::from(["?".to_owned()])));
        } else if !line.starts_with('#') {
            let labels: BTreeSet<String> = labels(line).into_iter().filter(|label| label != "le").collect();
            let (_, known) = found.get_mut(&current).expect("a type comes before samples");
            if known.contains("?") {
                known.clone_from(&labels);
            }
            assert_eq!(*known, labels, "{line}");
        }
    }
    found
}

/// `name{a="x",b="y"} 1`; values hold no quotation marks here.
fn labels(sample: &str) -> Vec<String> {
    let inside =
        sample.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}')).map_or("", |(inside, _)| inside);
    inside
        .split('"')
        .step_by(2)
        .filter_map(|part| Some(part.strip_suffix('=')?.trim_start_matches(',').to_owned()))
        .collect()
}

#[test]
fn a_page_is_read_as_prometheus_does() {
    let page = "# HELP a x\n# TYPE a histogram\na_bucket{t=\"1\",le=\"+Inf\"} 3\na_sum{t=\"1\"} 1\n# TYPE b gauge\nb 7\n";
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let expected = BTreeMap::from([
        ("a".to_owned(), ("histogram".to_owned(), set(&["t"]))),
        ("b".to_owned(), ("gauge".to_owned(), set(&[]))),
    ]);
    assert_eq!(families(page), expected);
}
