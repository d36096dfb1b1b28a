//! `ackd check` as it is called: what it prints, and how it ends.

const GOOD: &str = r#"
[team]
domains = ["northwind.example"]
escalate_to = ["lead@northwind.example"]
[calendars.office]
time_zone = "Europe/London"
mon = ["09:00-17:00"]
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
[clients.acme]
domains = ["acme.example"]
owners = ["alice@northwind.example"]
policy = "standard"
"#;

fn folder_with(content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("ackd.toml"), content).expect("a file");
    folder
}

/// Runs `ackd` with this environment beside an empty one; gives exit code, output and errors.
fn ackd(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ackd"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .expect("ackd runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn check_ends_with_1_only_on_problems() {
    let folder = folder_with(GOOD);
    let file = folder.path().join("ackd.toml").display().to_string();
    let (code, out, err) = ackd(&["check", "--config", &file], &[]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    insta::assert_snapshot!(out.replace(&file, "ackd.toml"));
    assert_eq!(ackd(&["--config", &file, "check"], &[]).1, out);
    assert_eq!(ackd(&["check"], &[("ACKD_CONFIG", &file)]).1, out);

    let warned = [("ACKD__SERVICE__MODE", "full")];
    let (code, out, _) = ackd(&["check", "--config", &file], &warned);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(out.replace(&file, "ackd.toml"));

    let refused = [("ACKD__SERVICE__MODE", "half")];
    let (code, out, _) = ackd(&["check", "--config", &file], &refused);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(out.replace(&file, "ackd.toml"));
}

#[test]
fn check_prints_json() {
    let folder = folder_with(&GOOD.replace("3h", "3 h"));
    let file = folder.path().join("ackd.toml").display().to_string();
    let (code, out, _) = ackd(&["check", "--json", "--config", &file], &[]);
    assert_eq!(code, Some(1));
    let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let problem = &value["problems"][0];
    assert_eq!(problem["file"], file.as_str());
    assert_eq!(problem["line"], 10);
    assert_eq!(problem["key"], "policies.standard.acknowledge_within");
    assert_eq!(problem["severity"], "problem");
}

#[test]
fn a_wrong_call_ends_with_2() {
    for arguments in [
        &[][..],
        &["chekc"],
        &["check", "--colour"],
        &["check", "more"],
    ] {
        assert_eq!(ackd(arguments, &[]).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn nobody_reading_the_output_is_no_panic() {
    let folder = folder_with(GOOD);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ackd"))
        .args(["check", "--config"])
        .arg(folder.path().join("ackd.toml"))
        .stdout(writer)
        .output()
        .expect("ackd runs");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Runs `ackd` with its output going to a place, and gives exit code and errors.
fn ackd_into(arguments: &[&str], out: std::process::Stdio) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ackd"))
        .args(arguments)
        .env_clear()
        .stdout(out)
        .output()
        .expect("ackd runs");
    let err = String::from_utf8(output.stderr).expect("text");
    (output.status.code(), err)
}

#[test]
fn an_answer_that_could_not_be_printed_is_a_problem() {
    let folder = folder_with(GOOD);
    let file = folder.path().join("ackd.toml").display().to_string();
    let mail = folder.path().join("mail.eml").display().to_string();
    std::fs::write(&mail, "From: bob@acme.example\r\n\r\nHi\r\n").expect("a file");
    let show = [
        "calendar",
        "show",
        "--calendar",
        "office",
        "--from",
        "2026-03-02",
    ];
    let commands: [&[&str]; 6] = [
        &["check"],
        &["check", "--json"],
        &show,
        &["explain", &mail],
        &["--version"],
        &["calendar", "--help"],
    ];
    for command in commands {
        let arguments = [&["--config", &file], command].concat();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let (code, err) = ackd_into(&arguments, full.expect("a device").into());
        assert_eq!(code, Some(1), "{command:?}: {err}");
        let told = err.starts_with("ackd: could not print the result: ");
        assert!(told && err.lines().count() == 1, "{command:?}: {err}");

        // A reader that has gone away is no problem.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (code, err) = ackd_into(&arguments, writer.into());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{command:?}");
    }
}

#[test]
fn what_is_wrong_with_a_template_is_told_all_at_once_with_file_and_line() {
    let folder = folder_with(GOOD);
    let file = folder.path().join("ackd.toml").display().to_string();
    let templates = folder.path().join("templates");
    std::fs::create_dir(&templates).expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(templates.join(name), text).expect("a file");
    };
    write(
        "acknowledgement.de.txt.j2",
        "Hallo {{ kontakt }}\n{{ team }}\n{{ besitzer }}\n",
    );
    write("acknowledgement.fr.txt.j2", "{{ team }}\n{% if owner %}\n");
    write("reminder.txt", "Hello");
    write(".acknowledgement.es.txt.j2.swp", "{{");
    write("acknowledgement.es.txt.j2~", "{{");
    let (code, out, _) = ackd(&["check", "--config", &file], &[]);
    assert_eq!(code, Some(1));
    let folder = format!("{}/", templates.display());
    insta::assert_snapshot!(
        out.replace(&folder, "templates/")
            .replace(&file, "ackd.toml")
    );
}

#[test]
fn who_is_acknowledged_has_to_be_in_a_language_there_is() {
    let folder = folder_with(&GOOD.replace(
        "acknowledge_within = \"3h\"",
        "acknowledge_within = \"3h\"\nauto_acknowledge_before = \"10m\"",
    ));
    let file = folder.path().join("ackd.toml").display().to_string();
    let polish = [("ACKD__CLIENTS__ACME__LANGUAGE", "pl")];
    let (code, out, _) = ackd(&["check", "--config", &file], &polish);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("write templates/acknowledgement.pl.txt.j2"),
        "{out}"
    );

    let templates = folder.path().join("templates");
    std::fs::create_dir(&templates).expect("a folder");
    let text = "Dziękujemy, {{ contact }}. {{ answer_by }}\n{{ team }}\n";
    std::fs::write(templates.join("acknowledgement.pl.txt.j2"), text).expect("a file");
    assert_eq!(ackd(&["check", "--config", &file], &polish).0, Some(0));
    let (_, out, _) = ackd(&["template", "list", "--config", &file], &[]);
    assert!(
        out.contains("/templates/acknowledgement.pl.txt.j2"),
        "{out}"
    );

    let preview = ["template", "preview", "--client", "acme", "--config", &file];
    let (code, out, err) = ackd(&preview, &polish);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Subject: Re: Invoice 2041\n"), "{out}");
    assert!(out.contains("\n\nDziękujemy, Anna Bell. "), "{out}");
    assert!(
        err.contains("mode = \"observe\" acknowledges nothing"),
        "{err}"
    );
    let (code, _, err) = ackd(&[&preview[..], &["--language", "fi"]].concat(), &[]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("there is one in de, en, es, fr, it, nl, pl, pt"),
        "{err}"
    );
    let (code, _, err) = ackd(
        &["template", "preview", "--client", "acne", "--config", &file],
        &[],
    );
    assert_eq!(
        (code, err.contains("known are acme")),
        (Some(2), true),
        "{err}"
    );
}
