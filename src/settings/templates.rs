//! The templates that lie beside the configuration, and whether there is one for each client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::kinds::LANGUAGE;
use super::problem::{Cause, Place, Severity};
use super::review::quoted;
use super::section::Section;
use super::sources::read_text;
use crate::domain::draft::Templates;
use crate::domain::rules::RuleParts;

/// The folder of the templates, beside the main file.
pub const TEMPLATE_FOLDER: &str = "templates";

/// The embedded templates and those that lie in [`TEMPLATE_FOLDER`]. If anything is wrong with
/// those, the embedded ones; the review knows.
pub(super) fn templates(root: &Section<'_>, folder: &Path) -> Templates {
    let folder = folder.join(TEMPLATE_FOLDER);
    let refuse = |file: &Path, line: Option<usize>, what: &str| {
        let place = Place::File {
            file: file.display().to_string(),
            line,
        };
        root.review()
            .note(Severity::Problem, Cause::Value, &place, "", what);
    };
    let files = match listed(&folder) {
        Ok(files) => files,
        Err(error) => {
            let what = format!("can't be listed ({error}); let ackd read this folder");
            refuse(&folder, None, &what);
            return Templates::embedded();
        }
    };
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    for (name, path) in files {
        match read_text(&path) {
            Ok(text) => {
                sources.insert(name, text);
            }
            Err((line, what)) => refuse(&path, line, &what),
        }
    }
    Templates::with_overrides(sources).unwrap_or_else(|faults| {
        for fault in faults {
            refuse(&folder.join(&fault.name), fault.line, &fault.what);
        }
        Templates::embedded()
    })
}

/// The files of the folder by name, but for hidden ones and those that editors leave behind. No
/// such folder: none.
fn listed(folder: &Path) -> std::io::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !name.ends_with('~') {
            files.insert(name.into_owned(), path);
        }
    }
    Ok(files)
}

/// Whoever is acknowledged has to be so in a language there is a template for.
pub(super) fn judge_languages(root: &Section<'_>, parts: &RuleParts, templates: &Templates) {
    let is_acknowledged = |policy| {
        let policy = parts.policies.get(policy);
        policy.is_some_and(|own| own.auto_acknowledge_before.is_some())
    };
    let judge = |section: &Section<'_>| {
        let Some(found) = section.one("language", &LANGUAGE) else {
            return;
        };
        let code = &found.value;
        if templates.acknowledgement_in(code).is_none() {
            let what = format!(
                "{} has no acknowledgement; write {TEMPLATE_FOLDER}/acknowledgement.{code}.txt.j2, or another language",
                quoted(code)
            );
            section.review().dangles(&found, &what);
        }
    };
    let mut clients = parts.clients.values();
    if clients.any(|client| is_acknowledged(&client.policy)) {
        judge(&root.section_or_empty("team"));
    }
    for (key, section) in root.named("clients", "acme") {
        let client = parts.clients.values().find(|own| own.key.as_str() == key);
        if client.is_some_and(|own| is_acknowledged(&own.policy)) {
            judge(&section);
        }
    }
}
