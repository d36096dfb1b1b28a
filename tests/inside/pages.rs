//! The manual, the dashboard and the alert rules name what there is, and all of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ackd::control::PROBES;
use ackd::control::metrics::{METRICS, MetricKind};
use ackd::domain::decide::LogEvent;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn page(path: &str) -> String {
    let read = fs::read_to_string(root().join(path));
    read.unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table whose first column is called so, each with its cells.
fn rows(page: &str, first: &str) -> Vec<Vec<String>> {
    let head = format!("| {first} |");
    let lines = page.lines().skip_while(|line| !line.starts_with(&head));
    let rows = lines.skip(2).take_while(|line| line.starts_with("| `"));
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_manual_describes_every_metric_as_it_is() {
    let page = page("docs/monitoring.md");
    let told = rows(&page, "metric");
    let there: Vec<Vec<String>> = METRICS
        .iter()
        .map(|metric| {
            let labels = metric.labels.iter().map(|label| format!("`{label}`"));
            let labels = labels.collect::<Vec<_>>().join(", ");
            let name = format!("`{}`", metric.name);
            [
                name,
                metric.kind.as_str().into(),
                labels,
                metric.help.into(),
            ]
            .into()
        })
        .collect();
    for (told, there) in told.iter().zip(&there) {
        assert_eq!(told[..3], there[..3]);
    }
    assert_eq!(told.len(), there.len());
    for probe in PROBES {
        let (_, path) = probe.split_once(' ').expect("a path");
        assert!(
            page.contains(&format!("`{path}`")),
            "{path} is not described"
        );
    }
}

#[test]
fn names_follow_the_conventions() {
    for metric in METRICS {
        let name = metric.name;
        assert!(name.starts_with("ackd_"), "{name}");
        let is_counter = metric.kind == MetricKind::Counter;
        assert_eq!(name.ends_with("_total"), is_counter, "{name}");
        if metric.kind == MetricKind::Histogram {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        assert!(metric.help.ends_with('.'), "{name}");
        assert!(!metric.help.contains(['\n', '\\']), "{name}");
    }
    let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), METRICS.len(), "a name stands there twice");
}

/// The names of metrics that a text holds, histograms' series by the metric they belong to.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| word.starts_with("ackd_"));
    ours.map(|word| {
        let series = ["_bucket", "_sum", "_count"].into_iter();
        let mut whole = series.filter_map(|end| word.strip_suffix(end));
        let histogram = |name: &&str| {
            let mut metrics = METRICS.iter();
            metrics.any(|own| own.name == *name && own.kind == MetricKind::Histogram)
        };
        whole.find(histogram).unwrap_or(word).to_owned()
    })
    .collect()
}

/// Every text in a JSON value.
fn texts<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                match inner {
                    Value::String(text) => found.push((name, text)),
                    other => texts(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

fn metric_names() -> BTreeSet<String> {
    METRICS.iter().map(|own| own.name.to_owned()).collect()
}

#[test]
fn the_dashboard_shows_what_there_is() {
    let text = page("config/grafana/ackd-dashboard.json");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = Vec::new();
    texts(&dashboard, &mut found);
    let queries = found.iter().filter(|(name, _)| *name == "expr");
    let queries: Vec<&str> = queries.map(|(_, text)| *text).collect();
    assert!(queries.len() >= 15, "{queries:?}");
    for query in &queries {
        let unknown: Vec<String> = named(query).difference(&metric_names()).cloned().collect();
        assert_eq!(unknown, [""; 0], "{query}");
        let of_instance = query.contains("instance=~\"$instance\"");
        assert!(of_instance, "of whatever instance: {query}");
    }
    let shown = named(&queries.join(" "));
    let unseen: Vec<String> = metric_names().difference(&shown).cloned().collect();
    assert_eq!(unseen, [""; 0], "nobody sees these");
    let panels = dashboard["panels"].as_array().expect("panels");
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(
            panel["datasource"]["uid"], "${datasource}",
            "{}",
            panel["title"]
        );
        assert!(panel["description"].is_string(), "{}", panel["title"]);
    }
    let variables = dashboard["templating"]["list"].as_array().expect("a list");
    let variables: Vec<&Value> = variables.iter().map(|own| &own["name"]).collect();
    assert_eq!(variables, ["datasource", "instance"]);
}

#[test]
fn every_alert_goes_by_what_there_is_and_the_manual_says_what_to_do() {
    let rules = page("config/grafana/ackd-alerts.yml");
    let manual = page("docs/monitoring.md");
    let unknown: Vec<String> = named(&rules).difference(&metric_names()).cloned().collect();
    assert_eq!(unknown, [""; 0]);
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alerts: Vec<String> = alerts.map(|name| format!("`{name}`")).collect();
    let told = rows(&manual, "alert");
    let told: Vec<&String> = told.iter().map(|row| &row[0]).collect();
    assert_eq!(told, alerts.iter().collect::<Vec<_>>());
}

/// What Prometheus itself says of the rules and of a page; passed over where it is not installed.
#[test]
fn promtool_finds_nothing_wrong() {
    let snapshot = page("tests/inside/snapshots/inside__numbers__a_morning_in_numbers.snap");
    let start = snapshot.find("# HELP").expect("a page");
    let folder = tempfile::tempdir().expect("a folder");
    let metrics = folder.path().join("metrics");
    fs::write(&metrics, format!("{}\n", &snapshot[start..])).expect("writable");
    let rules = root().join("config/grafana/ackd-alerts.yml");
    let rules = rules.to_str().expect("a plain path");
    let story = folder.path().join("story.yml");
    let told = page("tests/inside/alerts.yml").replace("RULES", rules);
    fs::write(&story, told).expect("writable");
    let story = story.to_str().expect("a plain path");
    for (arguments, input) in [
        (vec!["check", "rules", rules], None),
        (vec!["test", "rules", story], None),
        (vec!["check", "metrics"], Some(&metrics)),
    ] {
        let input = input.map_or_else(Stdio::null, |path| {
            fs::File::open(path).expect("readable").into()
        });
        let said = Command::new("promtool")
            .args(&arguments)
            .stdin(input)
            .output();
        match said {
            Ok(said) => assert!(said.status.success(), "{arguments:?}: {said:?}"),
            Err(_) => return println!("skipped: promtool is not installed"),
        }
    }
}

/// Every file of the program, but for tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// What stands between the brackets of every `info!`, `warn!` and `error!` of a source.
fn log_calls(text: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for name in ["info!(", "warn!(", "error!("] {
        for (at, _) in text.match_indices(name) {
            let (mut depth, mut in_text, mut escaped) = (0, false, false);
            let inside = text[at + name.len() - 1..].chars().take_while(|c| {
                match c {
                    _ if escaped => escaped = false,
                    '\\' if in_text => escaped = true,
                    '"' => in_text = !in_text,
                    '(' if !in_text => depth += 1,
                    ')' if !in_text => depth -= 1,
                    _ => {}
                }
                depth > 0
            });
            calls.push(inside.collect());
        }
    }
    calls
}

#[test]
fn every_line_of_the_log_has_an_event_and_the_manual_lists_them() {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    let mut there: BTreeSet<String> = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a source file is text");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in log_calls(text) {
            let named = call.split_once("event = \"").map(|(_, rest)| rest);
            let named = named.and_then(|rest| rest.split('"').next());
            match named {
                Some(named) => {
                    there.insert(named.to_owned());
                }
                None => assert!(
                    call.trim_start_matches('(')
                        .trim_start()
                        .starts_with("event,"),
                    "{}: a line without an event: {call}",
                    path.display()
                ),
            }
        }
    }
    there.extend(LogEvent::ALL.map(|event| event.as_str().to_owned()));
    let told = rows(&page("docs/monitoring.md"), "event");
    let told: BTreeSet<String> = told
        .iter()
        .flat_map(|row| row[0].split(", "))
        .map(|name| name.trim_matches('`').to_owned())
        .collect();
    let missing: Vec<&String> = there.difference(&told).collect();
    let gone: Vec<&String> = told.difference(&there).collect();
    assert_eq!(
        (missing, gone),
        (vec![], vec![]),
        "not in the manual; not in the program"
    );
}
