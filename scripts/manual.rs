//! Makes the manual pages and the shell completions of the packages:
//!
//! ```text
//! cargo run --example manual -- FOLDER
//! ```
//!
//! writes `man1/ackd*.1` (a page for each command), `man5/ackd.toml.5`, `bash/ackd`, `zsh/_ackd`
//! and `fish/ackd.fish`. All of it comes from where the truth is: the definitions of the commands, and
//! `docs/configuration.md`, of which a test makes the part on the keys. So none of it can go stale,
//! and the program carries nothing of it. The same sources give the same bytes; the date of the pages is
//! `SOURCE_DATE_EPOCH`, if it is set.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ackd::cli::Arguments;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, line_break, roman};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

const CONFIGURATION: &str = include_str!("../docs/configuration.md");
const MANUAL: &str = "ackd manual";

const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "Done."),
    (
        "1",
        "A problem was found; for ackd-status(1): something is blind or alarmed, or mail was given up.",
    ),
    ("2", "Called wrongly."),
    ("3", "The daemon, or what else is asked, can't be reached."),
];

const FILES: [(&str, &str); 4] = [
    (
        "/etc/ackd/ackd.toml",
        "The configuration, see ackd.toml(5).",
    ),
    (
        "/etc/ackd/ackd.d/*.toml",
        "Read after it; one client per file is usual.",
    ),
    (
        "/var/lib/ackd",
        "What ackd remembers, with its daily exports.",
    ),
    (
        "/run/ackd/ackd.sock",
        "Where the commands reach the running daemon.",
    ),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: manual FOLDER");
        return ExitCode::from(2);
    };
    let date = date_of_pages(std::env::var("SOURCE_DATE_EPOCH").ok().as_deref());
    match write_all(Path::new(&folder), &date) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let folder = Path::new(&folder).display();
            eprintln!("could not write the manual to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_all(folder: &Path, date: &str) -> io::Result<()> {
    let mut command = shown_commands();
    for (file, page) in command_pages(&command, date)? {
        write(&folder.join("man1").join(file), &page)?;
    }
    write(
        &folder.join("man5/ackd.toml.5"),
        configuration_page(date).as_bytes(),
    )?;
    for (file, shell) in [
        ("bash/ackd", Shell::Bash),
        ("zsh/_ackd", Shell::Zsh),
        ("fish/ackd.fish", Shell::Fish),
    ] {
        let mut completions = Vec::new();
        clap_complete::generate(shell, &mut command, "ackd", &mut completions);
        write(&folder.join(file), &completions)?;
    }
    Ok(())
}

fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, content)
}

/// The day of a moment in seconds since 1970, as pages are dated. Nothing else is a date.
fn date_of_pages(epoch: Option<&str>) -> String {
    let moment = epoch
        .and_then(|seconds| seconds.parse().ok())
        .and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0));
    moment.map_or_else(String::new, |moment| moment.format("%Y-%m-%d").to_string())
}

/// The commands without those that only the daemon calls: completions would offer them.
fn shown_commands() -> Command {
    let all = Arguments::command();
    let shown = all
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    let mut ackd = Command::new("ackd")
        .propagate_version(true)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand_value_name("COMMAND")
        .args(all.get_arguments().cloned())
        .subcommands(shown.cloned());
    if let (Some(short), Some(long)) = (all.get_about(), all.get_long_about()) {
        ackd = ackd.about(short.clone()).long_about(long.clone());
    }
    ackd
}

/// The name and the text of each command's page, in the order of the commands.
fn command_pages(command: &Command, date: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut built = command.clone().disable_help_subcommand(true);
    built.build();
    let mut pages = Vec::new();
    add_pages(&built, date, &mut pages)?;
    Ok(pages)
}

fn add_pages(command: &Command, date: &str, pages: &mut Vec<(PathBuf, Vec<u8>)>) -> io::Result<()> {
    let man = Man::new(command.clone())
        .date(date)
        .source(concat!("ackd ", env!("CARGO_PKG_VERSION")))
        .manual(MANUAL);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let is_ackd = command.get_name() == "ackd";
    let mut rest = Roff::new();
    add_list(&mut rest, "EXIT STATUS", &EXIT_STATUS);
    if is_ackd {
        add_list(&mut rest, "FILES", &FILES);
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text([roman(if is_ackd {
        "ackd.toml(5), /usr/share/doc/ackd"
    } else {
        "ackd(1), ackd.toml(5)"
    })]);
    rest.to_writer(&mut page)?;
    pages.push((PathBuf::from(man.get_filename()), page));
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        add_pages(inner, date, pages)?;
    }
    Ok(())
}

fn add_list(page: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    page.control("SH", [title]);
    for (name, text) in entries {
        page.control("TP", []);
        page.text([bold(*name)]);
        page.text([roman(*text)]);
    }
}

/// ackd.toml(5): the chapter on the configuration, which ends with every key.
fn configuration_page(date: &str) -> String {
    let mut page = Roff::new();
    let source = concat!("ackd ", env!("CARGO_PKG_VERSION"));
    page.control("TH", ["ackd.toml", "5", date, source, MANUAL]);
    page.control("SH", ["NAME"]);
    page.text([roman(
        "ackd.toml - what ackd watches, promises and may send",
    )]);
    page.control("SH", ["SYNOPSIS"]);
    page.text([
        bold("/etc/ackd/ackd.toml"),
        roman(", "),
        bold("/etc/ackd/ackd.d/*.toml"),
    ]);
    page.control("SH", ["DESCRIPTION"]);
    Chapter::new(&mut page).add(CONFIGURATION);
    page.control("SH", ["SEE ALSO"]);
    page.text([roman("ackd(1), ackd-check(1), systemd.exec(5)")]);
    page.to_roff()
}

/// A chapter of the documentation on its way into a manual page.
struct Chapter<'a> {
    page: &'a mut Roff,
    line: Vec<Inline>,
    /// The number of the next entry for each list around, `None` for points.
    lists: Vec<Option<u64>>,
    is_strong: bool,
    is_code_block: bool,
    /// The title of the document is the page's own, and a page has no columns to be headed.
    is_left_out: bool,
}

impl<'a> Chapter<'a> {
    fn new(page: &'a mut Roff) -> Self {
        let (line, lists) = (Vec::new(), Vec::new());
        Chapter {
            page,
            line,
            lists,
            is_strong: false,
            is_code_block: false,
            is_left_out: false,
        }
    }

    fn add(&mut self, markdown: &str) {
        for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
            match event {
                Event::Start(tag) => self.start(&tag),
                Event::End(tag) => self.end(tag),
                Event::Text(text) if self.is_code_block => add_code(self.page, &text),
                Event::Text(_) | Event::Code(_) if self.is_left_out => {}
                Event::Text(text) if self.is_strong => self.line.push(bold(text.as_ref())),
                Event::Text(text) => self.line.push(roman(text.as_ref())),
                Event::Code(code) => self.line.push(bold(code.as_ref())),
                Event::SoftBreak => self.line.push(roman(" ")),
                Event::HardBreak => self.line.push(line_break()),
                _ => {}
            }
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.is_left_out = *level == HeadingLevel::H1;
            }
            Tag::Paragraph if self.lists.is_empty() => {
                self.page.control("PP", []);
            }
            Tag::CodeBlock(_) => {
                self.is_code_block = true;
                self.page.control("PP", []);
                self.page.control("nf", []);
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(*first);
            }
            Tag::Item => self.start_item(),
            Tag::TableHead => self.is_left_out = true,
            Tag::TableRow => {
                self.page.control("TP", []);
            }
            Tag::Strong | Tag::Emphasis => self.is_strong = true,
            _ => {}
        }
    }

    fn start_item(&mut self) {
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}.", *number - 1)
            }
            _ => "\\(bu".to_owned(),
        };
        self.page.control("IP", [mark.as_str(), "4"]);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let words = std::mem::take(&mut self.line);
                if !self.is_left_out {
                    self.page.control("SS", [plain(&words).as_str()]);
                }
                self.is_left_out = false;
            }
            TagEnd::CodeBlock => {
                self.is_code_block = false;
                self.page.control("fi", []);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.page.control("PP", []);
            }
            TagEnd::TableHead => self.is_left_out = false,
            TagEnd::Paragraph | TagEnd::Item | TagEnd::TableCell => self.flush(),
            TagEnd::Strong | TagEnd::Emphasis => self.is_strong = false,
            _ => {}
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.page.text(line);
        }
    }
}

fn add_code(page: &mut Roff, code: &str) {
    for line in code.trim_end().lines() {
        page.text([roman(line)]);
    }
}

fn plain(words: &[Inline]) -> String {
    let texts = words.iter().map(|word| match word {
        Inline::Roman(text) | Inline::Italic(text) | Inline::Bold(text) => text.as_str(),
        Inline::LineBreak => " ",
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Vec<(String, String)> {
        let pages = command_pages(&shown_commands(), "2026-01-02").expect("memory can be written");
        let text = |bytes| String::from_utf8(bytes).expect("a page is text");
        let pages = pages.into_iter();
        pages
            .map(|(file, page)| (file.display().to_string(), text(page)))
            .collect()
    }

    #[test]
    fn each_command_has_a_page_of_its_own() {
        let files: Vec<String> = pages().into_iter().map(|(file, _)| file).collect();
        for expected in [
            "ackd.1",
            "ackd-run.1",
            "ackd-case.1",
            "ackd-case-show.1",
            "ackd-check.1",
        ] {
            assert!(
                files.iter().any(|file| file == expected),
                "no {expected} in {files:?}"
            );
        }
        let hidden = files
            .iter()
            .find(|file| file.contains("mend") || file.contains("help"));
        assert_eq!(hidden, None, "what nobody is to call has no page");
    }

    #[test]
    fn a_page_tells_what_it_is_and_of_when() {
        let pages = pages();
        let (_, page) = pages
            .iter()
            .find(|(file, _)| file == "ackd-case-show.1")
            .expect("there is one");
        let version = env!("CARGO_PKG_VERSION");
        let title = format!(".TH ackd-case-show 1 2026-01-02 \"ackd {version}\" \"ackd manual\"\n");
        assert!(page.contains(&title), "{page}");
        assert!(page.contains(".SH \"EXIT STATUS\""), "{page}");
    }

    #[test]
    fn the_page_of_the_configuration_explains_every_key_of_the_example() {
        let example = include_str!("../config/ackd.example.toml");
        let page = configuration_page("").replace('\\', "");
        let tables = example.lines().filter(|line| line.starts_with('['));
        assert!(tables.clone().count() > 5);
        for table in tables {
            assert!(
                page.contains(&format!(".SS {table}\n")),
                "no part for {table}"
            );
        }
        let keys = example.lines().filter_map(|line| line.split_once(" = "));
        let keys = keys.map(|(key, _)| key.trim_start_matches('#'));
        for key in keys.filter(|key| !key.contains(' ')) {
            assert!(page.contains(&format!("fB{key}fR")), "not there: {key}");
        }
    }

    #[test]
    fn a_chapter_becomes_parts_paragraphs_lists_and_code() {
        let mut page = Roff::new();
        Chapter::new(&mut page).add(
            "# Title\n\nOne\n`two`.\n\n## Part\n\n1. first\n2. second\n\n| a | b |\n|---|---|\n| x | y |\n\n    .code\n",
        );
        let expected = ".PP\nOne \\fBtwo\\fR.\n.SS Part\n.IP 1. 4\nfirst\n.IP 2. 4\nsecond\n.PP\n\
                        .TP\nx\ny\n.PP\n.nf\n\\&.code\n.fi\n";
        assert_eq!(page.to_roff(), expected);
    }

    #[test]
    fn completions_offer_no_command_that_only_the_daemon_calls() {
        let mut completions = Vec::new();
        clap_complete::generate(Shell::Bash, &mut shown_commands(), "ackd", &mut completions);
        let completions = String::from_utf8(completions).expect("a script is text");
        assert!(completions.contains("quarantine"));
        assert!(!completions.contains("mend"));
    }

    #[test]
    fn only_a_moment_in_seconds_dates_a_page() {
        assert_eq!(date_of_pages(Some("1767225600")), "2026-01-01");
        assert_eq!(date_of_pages(Some("yesterday")), "");
        assert_eq!(date_of_pages(None), "");
    }
}
