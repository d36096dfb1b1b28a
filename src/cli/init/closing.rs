//! What is said at the end: what was written, and what to do next.

use std::path::Path;

use serde_json::json;

use super::Desk;
use super::file::Plan;
use super::places::{Places, Written};

/// Tells what was written and what comes next.
pub(super) fn tell(desk: &mut Desk<'_, '_>, plan: &Plan, places: &Places, written: &Written) {
    let config = places.config.display().to_string();
    if desk.screen.json {
        let paths = |paths: &[std::path::PathBuf]| -> Vec<String> {
            paths
                .iter()
                .map(|path| path.display().to_string())
                .collect()
        };
        desk.screen.print_json(&json!({
            "file": config,
            "secrets": paths(&written.secrets),
            "unit_drop_in": written.drop_in.as_ref().map(|path| path.display().to_string()),
            "mailbox": plan.key,
            "clients": plan.clients.clients.iter().map(|own| &own.key).collect::<Vec<_>>(),
            "proposed": plan.clients.proposed.iter().map(|own| &own.key).collect::<Vec<_>>(),
            "mode": "observe",
        }));
        return;
    }
    let mut page = format!("\nWritten: {config}\n");
    for path in &written.secrets {
        page.push_str(&format!("         {} (the password)\n", path.display()));
    }
    if let Some(path) = &written.drop_in {
        page.push_str(&format!(
            "         {} (has systemd hand the password to ackd)\n",
            path.display()
        ));
    }
    page.push_str(&clients(plan));
    page.push_str(&next(plan, places, written));
    desk.screen.print(&page);
}

fn clients(plan: &Plan) -> String {
    let (own, proposed) = (&plan.clients.clients, &plan.clients.proposed);
    match (own.len(), proposed.len()) {
        (0, 0) => {
            "\nNo client is in it yet: write them down at its end, each with its domains.\n".into()
        }
        (0, 1) => {
            "\nNo client is in force yet: who wrote of late stands at its end, behind a #.\n".into()
        }
        (0, count) => format!(
            "\nNo client is in force yet: {count} that wrote of late stand at its end, each behind a #.\n"
        ),
        (1, _) => "\n1 client is in it.\n".into(),
        (count, _) => format!("\n{count} clients are in it.\n"),
    }
}

fn next(plan: &Plan, places: &Places, written: &Written) -> String {
    let option = match places.config == Path::new("/etc/ackd/ackd.toml") {
        true => String::new(),
        false => format!(" --config {}", places.config.display()),
    };
    let (start, reload) = match places.is_of_service() {
        true if written.drop_in.is_some() => (
            "systemctl daemon-reload && systemctl enable --now ackd".to_owned(),
            "systemctl reload ackd".to_owned(),
        ),
        true => (
            "systemctl enable --now ackd".to_owned(),
            "systemctl reload ackd".to_owned(),
        ),
        false => (format!("ackd run{option}"), format!("ackd reload{option}")),
    };
    // What systemd hands to the service, a command run by hand has to be led to.
    let secrets = written.secrets.first().and_then(|path| path.parent());
    let led = match secrets.filter(|_| written.drop_in.is_some()) {
        Some(folder) => format!("CREDENTIALS_DIRECTORY={} ", folder.display()),
        None => String::new(),
    };
    let lines = [
        (
            format!("{led}ackd check{option}"),
            "whether the file is sound",
        ),
        (
            format!("{led}ackd doctor{option}"),
            "tries logins, folders and certificates for real",
        ),
        (start, "begins to watch"),
        (
            format!("ackd status{option}"),
            "how it is doing; \"ackd cases\" shows who waits",
        ),
    ];
    let width = lines
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or(0);
    let mut text = "\nNext:\n".to_owned();
    for (command, what) in lines {
        text.push_str(&format!("  {command:<width$}  {what}\n"));
    }
    let smtp = match plan.smtp {
        Some(_) => "",
        None => " and write the section [smtp]",
    };
    text.push_str(&format!(
        "\nIt only observes: it sends nothing, and its log says what it would have sent. When it has been\n\
         right for some days, set mode = \"remind\"{smtp}: it reminds the team. When you trust it with\n\
         your clients, set mode = \"full\" and auto_acknowledge_before in the policy. Each time: {reload}.\n"
    ));
    text
}
