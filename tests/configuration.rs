//! The configuration as its writers meet it: what loads, what is refused, and in which words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ackd::domain::address::Address;
use ackd::domain::ids::{ClientKey, MailboxName};
use ackd::domain::rules::{Mode, Party, SendingHours};
use ackd::settings::{Loaded, PasswordSource, Problem, TlsMode, demands_of_run, load};

/// A folder with configuration files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        Self(folder)
    }

    fn main(&self) -> PathBuf {
        self.0.path().join("ackd.toml")
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Loaded, String> {
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        load(&self.main(), &environment).map_err(|problems| self.lines(&problems))
    }

    /// Every line that is told, of problems or of warnings.
    fn told(&self, environment: &[(&str, &str)]) -> String {
        match self.load(environment) {
            Err(told) => told,
            Ok(loaded) => self.lines(&loaded.warnings),
        }
    }

    fn lines(&self, problems: &[Problem]) -> String {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let folder = format!("{}/", self.0.path().display());
        lines.join("\n").replace(&folder, "")
    }
}

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

/// What is told of a drop-in with this text beside a good file.
fn told(more: &str) -> String {
    Folder::with(&[("ackd.toml", GOOD), ("ackd.d/more.toml", more)]).told(&[])
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

#[test]
fn the_example_loads() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/ackd.example.toml");
    let loaded = load(&example, &[]).expect("the example is good");
    // Its credentials are nobody's.
    let mut warnings = loaded.warnings.iter();
    assert!(warnings.all(|warning| warning.key.ends_with("password.credential")));
    let settings = loaded.settings;
    assert_eq!(demands_of_run(&settings), []);
    assert_eq!(settings.service.mode, Mode::Full);
    assert_eq!(settings.service.state_dir, Path::new("/var/lib/ackd"));
    assert_eq!(
        settings.service.socket,
        Path::new("/var/lib/ackd/ackd.sock")
    );
    assert_eq!(settings.service.blind_after, Duration::from_secs(900));
    assert_eq!(settings.service.keep, Duration::from_secs(400 * 86_400));
    let smtp = settings.smtp.expect("[smtp]");
    assert_eq!((smtp.port, smtp.tls), (465, TlsMode::Tls));
    assert_eq!(smtp.from.name.as_deref(), Some("Ackd"));
    let mailbox = &settings.mailboxes[&MailboxName::new("clients")];
    assert_eq!(mailbox.address, Some(address("clients@northwind.example")));
    assert_eq!(mailbox.folders, ["INBOX"]);
    assert_eq!(mailbox.poll_every, Duration::from_secs(60));
    assert!(
        matches!(&mailbox.password, PasswordSource::Credential(name) if name == "clients-password")
    );
    let rules = settings.rules;
    let acme = ClientKey::new("acme");
    for (who, party) in [
        ("x@acme.example", Party::Client(&acme)),
        ("x@berlin.acme.example", Party::Client(&acme)),
        ("acme.boss@freemail.example", Party::Client(&acme)),
        ("bob@northwind.example", Party::Team),
        ("clients@northwind.example", Party::Team),
        ("x@other.example", Party::Stranger),
    ] {
        assert_eq!(rules.party(&address(who)), party, "{who}");
    }
    assert!(rules.promise(&acme).is_some());
    assert!(rules.keep_subjects && rules.team.answered_flag);
    assert!(
        matches!(&rules.team.sending_hours, SendingHours::Calendar(name) if name.as_str() == "office")
    );
}

#[test]
fn a_good_file_draws_no_remark_and_needs_no_mailbox() {
    let folder = Folder::with(&[("ackd.toml", GOOD)]);
    let loaded = folder.load(&[]).expect("a good file");
    assert_eq!(loaded.warnings, []);
    let demands: Vec<String> = demands_of_run(&loaded.settings)
        .iter()
        .map(|demand| demand.message.clone())
        .collect();
    insta::assert_snapshot!(demands.join("\n"));
    let reminding = folder
        .load(&[("ACKD__SERVICE__MODE", "remind")])
        .expect("a good mode");
    let demands: Vec<String> = demands_of_run(&reminding.settings)
        .iter()
        .map(|demand| demand.message.clone())
        .collect();
    insta::assert_snapshot!(demands.join("\n"));
}

#[test]
fn an_empty_file_is_valid_and_a_missing_one_is_named() {
    assert!(Folder::with(&[("ackd.toml", "")]).load(&[]).is_ok());
    let folder = Folder::with(&[]);
    insta::assert_snapshot!(folder.told(&[]));
}

#[test]
fn wrong_types_are_never_converted() {
    insta::assert_snapshot!(told(
        r#"
[service]
mode = 5
keep_subjects = "yes"
blind_after = 900
[smtp]
host = 5
port = "465"
tls = true
from = ["ackd@northwind.example"]
[mailboxes.clients]
host = "imap.northwind.example"
username = "clients@northwind.example"
password = 12345
folders = "INBOX"
poll_every = 1.5
[clients.umbrella]
domains = [5, "umbrella.example"]
owners = "alice@northwind.example"
policy = ["standard"]
urgent = 1
[limits]
breaker = 99999999999999999999
per_client_per_hour = 0
"#
    ));
}

#[test]
fn bad_values_are_named_with_what_to_write() {
    insta::assert_snapshot!(told(
        r#"
[service]
mode = "obsreve"
blind_after = "15 minutes"
keep = "1h"
[team]
addresses = ["lead"]
own_lists = ["Clients <clients@northwind.example>"]
auth_servers = ["mx; dmarc"]
urgent_words = [""]
[smtp]
host = "https://smtp.northwind.example:465/"
port = 70000
tls = "ssl"
from = "Ackd"
[mailboxes.clients]
host = "imap northwind"
address = "clients"
username = "clients"
password = { credential = "clients-password" }
poll_every = "0s"
folders = ["INBOX", "INBOX"]
start_from = "2026-01-01"
file_sent = "sometimes"
[alarm]
to = ["ops@"]
"#
    ));
}

#[test]
fn times_are_checked() {
    insta::assert_snapshot!(told(
        r#"
[calendars.berlin]
time_zone = "Europe/Berln"
mon = ["9-17", "09:00-09:00", "09:00-25:00", "18:00"]
[calendars.london]
time_zone = "London"
tue = ["09:00-17:00"]
holidays = ["25.12.2026", "2026-02-30", { dat = "2026-12-24" }, { date = "2026-12-24", hours = ["9:00"] }, "2026-01-01", "2026-01-01"]
holiday_files = ["missing.ics"]
[calendars.never]
time_zone = "Mars/Olympus"
[calendars.shut]
time_zone = "UTC"
mon = []
[policies.odd]
calendar = "office"
acknowledge_within = "2d"
urgent_within = "soon"
remind_before = ["1h", "30"]
escalate_after = "2h"
[calendars.hour]
time_zone = "UTC"
mon = ["09:00-10:00"]
[policies.forever]
calendar = "hour"
acknowledge_within = "1000h"
same_business_day = false
[policies.lead]
calendar = "hour"
acknowledge_within = "1h"
min_lead = "2h"
[policies.late]
calendar = "office"
acknowledge_within = "3h"
urgent_within = "4h"
answer_within = "1h"
remind_before = ["3h", "1h", "60m"]
auto_acknowledge_before = "3h"
"#
    ));
}

#[test]
fn nobody_is_two_parties_and_nobody_owns_free_mail() {
    insta::assert_snapshot!(told(
        r#"
[clients.twin]
domains = ["ACME.example", "*.acme.example"]
addresses = ["boss@gmail.com"]
owners = ["alice@northwind.example"]
policy = "standard"
[clients.greedy]
domains = ["gmail.com", "co.uk", "*.Yahoo.de", "northwind.example"]
addresses = ["Boss@Gmail.com"]
owners = ["alice@northwind.example"]
policy = "standard"
[clients.mixed]
domains = ["boss@mixed.example", "@mixed.example", "bad domain", "mixed.*"]
addresses = ["mixed.example"]
owners = []
policy = "standard"
language = "english"
check_in = "fortnightly"
[clients.nobody]
policy = "standard"
owners = ["alice"]
"#
    ));
}

#[test]
fn what_the_team_tells_itself_goes_to_no_client() {
    insta::assert_snapshot!(told(
        r#"
[team]
escalate_to = ["lead@northwind.example", "boss@deep.harbour.example"]
[alarm]
to = ["ops@acme.example", "pager@texts.example"]
[clients.harbour]
domains = ["harbour.example", "*.harbour.example"]
addresses = ["dan@freemail.example"]
owners = ["anna@harbour.example", "alice@northwind.example"]
backups = ["dan@freemail.example", "temp@agency.example", "carol@acme.example"]
policy = "standard"
"#
    ));
}

#[test]
fn an_offset_is_no_time_zone_and_its_sign_is_not_guessed() {
    let zone = |zone: &str| {
        told(&format!(
            "[calendars.far]\ntime_zone = \"{zone}\"\nmon = [\"09:00-17:00\"]\n"
        ))
    };
    for offset in [
        "GMT+1",
        "UTC-5",
        "UTC +2",
        "+01:00",
        "gmt+01:00",
        "Etc/GMT+20",
    ] {
        let told = zone(offset);
        assert!(told.contains("is no time zone but an offset"), "{told}");
        assert!(
            !told.contains("Etc/GMT") || offset.starts_with("Etc"),
            "{told}"
        );
    }
    assert!(zone("Etc/GMT+1").contains("\"Etc/GMT+1\" is one hour behind UTC (UTC-1)"));
    assert!(zone("Etc/GMT-10").contains("\"Etc/GMT-10\" is 10 hours ahead of UTC (UTC+10)"));
    for known in ["UTC", "Etc/UTC", "Europe/Berlin", "GMT", "Etc/GMT"] {
        assert_eq!(zone(known), "", "{known}");
    }
}

#[test]
fn names_must_lead_somewhere() {
    insta::assert_snapshot!(told(
        r#"
[policies.night]
calendar = "offices"
acknowledge_within = "1h"
[clients.umbrella]
domains = ["umbrella.example"]
owners = ["alice@northwind.example"]
policy = "standrad"
[clients.other]
domains = ["other.example"]
"#
    ));
    let dangling = "[team]\nsending_hours = \"office\"\n[clients.a]\ndomains = [\"a.example\"]\npolicy = \"p\"";
    insta::assert_snapshot!(Folder::with(&[("ackd.toml", dangling)]).told(&[]));
    let always = "[calendars.always]\ntime_zone = \"UTC\"\nmon = [\"00:00-24:00\"]\n";
    assert_eq!(told(always), "");
    let both = told(&format!("{always}[team]\nsending_hours = \"always\"\n"));
    assert!(
        both.contains("warning: team.sending_hours: \"always\" means at any time"),
        "{both}"
    );
}

#[test]
fn answers_to_reminders_need_a_mailbox_that_can_take_them() {
    let all = told(
        r#"
[mailboxes.clients]
host = "imap.northwind.example"
username = "clients"
password = { env = "CLIENTS" }
[mailboxes.sales]
host = "imap.northwind.example"
username = "sales@northwind.example"
password = { env = "SALES" }
folders = ["Inbound"]
[replies]
mailbox = "client"
detail = "x"
valid_for = "200d"
languages = ["en", "pl"]
"#,
    );
    for expected in [
        "there is no mailbox \"client\"; write \"clients\"",
        "\"x\" can't stand before the detail of an address",
        "valid_for",
        "the words of \"pl\" are not known",
    ] {
        assert!(all.contains(expected), "{expected}: {all}");
    }
    let mailboxes = |name: &str| {
        told(&format!(
            "[mailboxes.clients]\nhost = \"imap.northwind.example\"\nusername = \"clients\"\npassword = {{ env = \"CLIENTS\" }}\n[mailboxes.sales]\nhost = \"imap.northwind.example\"\nusername = \"sales@northwind.example\"\npassword = {{ env = \"SALES\" }}\nfolders = [\"Inbound\"]\n[replies]\nmailbox = \"{name}\"\n"
        ))
    };
    let without = mailboxes("clients");
    assert!(
        without.contains("mailboxes.clients has no address to answer to"),
        "{without}"
    );
    // Where mail arrives that nobody sorts is not looked at.
    let unseen = mailboxes("sales");
    assert!(
        unseen.contains("warning: replies.mailbox") && unseen.contains("does not watch INBOX"),
        "{unseen}"
    );
}

#[test]
fn plain_text_goes_no_further_than_this_machine() {
    let smtp = |host: &str| {
        told(&format!(
            "[smtp]\nhost = \"{host}\"\ntls = \"none\"\nfrom = \"ackd@northwind.example\""
        ))
    };
    for here in ["localhost", "127.0.0.1", "127.5.5.5", "::1", "[::1]"] {
        assert_eq!(smtp(here), "", "{here}");
    }
    insta::assert_snapshot!(smtp("mail.northwind.example"));
    assert!(smtp("10.0.0.1").contains("\"none\" would send"));
}

#[test]
fn unknown_keys_are_named_at_every_level() {
    insta::assert_snapshot!(told(
        r#"
[servise]
[service]
statedir = "/var/lib/ackd"
[limits]
braker = 5
[alarm]
too = []
[alarm.smtp]
hots = "x"
[team]
domain = ["northwind.example"]
[smtp]
host = "smtp.northwind.example"
from = "ackd@northwind.example"
zzz = 1
[mailboxes.clients]
host = "imap.northwind.example"
username = "clients@northwind.example"
password = { credental = "clients-password" }
folder = ["INBOX"]
[calendars.office]
monday = ["09:00-17:00"]
[policies.standard]
acknowledge = "3h"
[clients.acme]
owner = "alice"
poll_every = "60s"
"#
    ));
}

#[test]
fn a_syntax_error_hides_no_other_file() {
    let folder = Folder::with(&[
        ("ackd.toml", &format!("{GOOD}[service]\nmode = \"ful\"\n")),
        (
            "ackd.d/10-broken.toml",
            "[clients.broken]\ndomains = [\"broken.example\"\nowners = [\"x\"]\npolicy = standard\n",
        ),
        (
            "ackd.d/20-twice.toml",
            "[clients.twice]\nname = \"a\"\nname = \"b\"\n",
        ),
        (
            "ackd.d/30-bad.toml",
            "[clients.bad]\ndomains = [\"gmail.com\"]\nowners = [\"alice@northwind.example\"]\npolicy = \"standard\"\n",
        ),
    ]);
    insta::assert_snapshot!(folder.told(&[]));
}

#[test]
fn a_list_that_is_not_closed_is_one_problem_where_it_begins() {
    let slip = "[clients.b]\ndomains = [\"b.example\"]\nowners = [\n  \"alice@northwind.example\"\n\
                policy = \"standard\"\nurgent = true\n[clients.c]\nname = \"C\"\n";
    let told = told(slip);
    assert_eq!(
        told,
        "ackd.d/more.toml:3: not valid TOML: the list that begins here lacks a comma or its end; write [\"a\", \"b\"]"
    );
}

#[test]
fn hours_that_look_swapped_are_warned_of_and_nights_are_not() {
    let hours = |hours: &str| {
        told(&format!(
            "[calendars.far]\ntime_zone = \"UTC\"\nmon = [\"{hours}\"]\n"
        ))
    };
    let warned = hours("17:30-09:00");
    assert!(
        warned.contains("warning: calendars.far.mon: \"17:30-09:00\" is open"),
        "{warned}"
    );
    assert!(warned.ends_with("write \"09:00-17:30\""), "{warned}");
    for night in ["22:00-06:00", "18:00-08:00", "00:00-24:00", "09:00-24:00"] {
        assert_eq!(hours(night), "", "{night}");
    }
}

#[test]
fn what_follows_from_a_broken_header_is_not_told() {
    let folder = Folder::with(&[(
        "ackd.toml",
        &format!(
            "foo_bar = 1\n{GOOD}[clients.b\ndomains = [\"b.example\"]\npolicy = \"standard\"\n"
        ),
    )]);
    insta::assert_snapshot!(folder.told(&[]));
}

#[test]
fn tables_with_names_are_named_in_the_advice() {
    insta::assert_snapshot!(told(
        "[clients]\ndomains = [\"umbrella.example\"]\nfoo_bar = 1\n[[mailboxes]]\nhost = \"x\"\n"
    ));
    let folder = Folder::with(&[("ackd.toml", "[[clients]]\nname = \"Acme\"\n")]);
    insta::assert_snapshot!(folder.told(&[("ACKD__FOO_BAR", "1")]));
    insta::assert_snapshot!(told(
        "[clients.all]\ndomains = [\"*.de\", \"co.uk\", \"*.gmail.com\"]\nowners = [\"alice@northwind.example\"]\npolicy = \"standard\"\n"
    ));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let folder = Folder::with(&[]);
    std::fs::write(folder.main(), b"[team]\nname = \"M\xfcller\"\n").expect("a file");
    insta::assert_snapshot!(folder.told(&[]));
}

#[test]
fn drop_ins_are_merged_by_name() {
    let folder = Folder::with(&[
        ("ackd.toml", GOOD),
        (
            "ackd.d/20-acme.toml",
            "[clients.acme]\nname = \"Acme Two\"\n",
        ),
        (
            "ackd.d/10-acme.toml",
            "[clients.acme]\nname = \"Acme One\"\nlanguage = \"de\"\n",
        ),
        (
            "ackd.d/globex.toml",
            "[clients.globex]\ndomains = [\"globex.example\"]\nowners = [\"bob@northwind.example\"]\npolicy = \"standard\"\n",
        ),
        ("ackd.d/.hidden.toml", "nonsense"),
        ("ackd.d/notes.txt", "nonsense"),
    ]);
    let rules = folder.load(&[]).expect("a good file").settings.rules;
    let acme = &rules.clients[&ClientKey::new("acme")];
    assert_eq!(
        (acme.name.as_str(), acme.language.as_deref()),
        ("Acme Two", Some("de"))
    );
    assert_eq!(acme.owners, [address("alice@northwind.example")]);
    assert!(rules.clients.contains_key(&ClientKey::new("globex")));
}

#[test]
fn the_problems_of_a_drop_in_carry_its_name() {
    let folder = Folder::with(&[
        ("ackd.toml", GOOD),
        (
            "ackd.d/globex.toml",
            "\n[clients.globex]\ndomains = [\"acme.example\"]\nowner = []\n",
        ),
    ]);
    insta::assert_snapshot!(folder.told(&[]));
}

#[test]
fn the_environment_overrides() {
    let smtp = "[smtp]\nhost = \"smtp.northwind.example\"\nfrom = \"ackd@northwind.example\"\nusername = \"ackd\"\npassword = { credential = \"smtp\" }\n";
    let folder = Folder::with(&[("ackd.toml", &format!("{GOOD}{smtp}"))]);
    let loaded = folder
        .load(&[
            ("ACKD__SMTP__HOST", "other.example"),
            ("ACKD__SMTP__PORT", "2525"),
            ("ACKD__SMTP__PASSWORD__ENV", "SMTP_PASSWORD"),
            ("ACKD__SERVICE__KEEP_SUBJECTS", "false"),
            ("ACKD__TEAM__DOMAINS", "one.example, two.example"),
            ("RUNTIME_DIRECTORY", "/run/ackd:/run/other"),
            ("ACKD_CONFIG", "/elsewhere.toml"),
            ("HOME", "/root"),
        ])
        .expect("good values");
    let settings = loaded.settings;
    let smtp = settings.smtp.expect("[smtp]");
    assert_eq!((smtp.host.as_str(), smtp.port), ("other.example", 2525));
    assert!(
        matches!(smtp.password, Some(PasswordSource::Environment(name)) if name == "SMTP_PASSWORD")
    );
    assert!(!settings.rules.keep_subjects);
    assert_eq!(settings.rules.party(&address("x@two.example")), Party::Team);
    assert_eq!(settings.service.socket, Path::new("/run/ackd/ackd.sock"));
}

#[test]
fn a_variable_finds_a_table_in_any_spelling() {
    let mailbox = |name: &str| {
        format!(
            "[mailboxes.{name}]\nhost = \"imap.northwind.example\"\nusername = \"{name}@northwind.example\"\npassword = {{ credential = \"x\" }}\n"
        )
    };
    let folder = Folder::with(&[
        ("ackd.toml", &format!("{GOOD}{}", mailbox("Clients"))),
        (
            "ackd.d/both.toml",
            &format!("{}{}", mailbox("Sales"), mailbox("sales")),
        ),
    ]);
    let loaded = folder
        .load(&[
            ("ACKD__MAILBOXES__CLIENTS__PORT", "1993"),
            ("ACKD__MAILBOXES__CLIENTS__PASSWORD__ENV", "CLIENTS"),
            ("ACKD__MAILBOXES__SALES__PORT", "2993"),
        ])
        .expect("good values");
    let mailboxes = loaded.settings.mailboxes;
    let ports: Vec<_> = mailboxes
        .iter()
        .map(|(name, mailbox)| (name.as_str(), mailbox.port))
        .collect();
    assert_eq!(ports, [("Clients", 1993), ("Sales", 993), ("sales", 2993)]);
    assert!(matches!(
        &mailboxes[&MailboxName::new("Clients")].password,
        PasswordSource::Environment(name) if name == "CLIENTS"
    ));
    let wrong = folder.told(&[
        ("ACKD__MAILBOXES__CLIENTS__PORT", "many"),
        ("ACKD__MAILBOXES__CLIENTS__PROT", "1"),
        ("ACKD__SMTP", "mail"),
        ("ACKD__SMTP__HOST", "mail.northwind.example"),
    ]);
    insta::assert_snapshot!(wrong);
}

#[test]
fn a_mailbox_trusts_the_root_of_smtp_unless_it_names_its_own() {
    let mailbox = "host = \"imap.northwind.example\"\npassword = { credential = \"x\" }\n";
    let folder = Folder::with(&[
        (
            "ackd.toml",
            &format!(
                "{GOOD}[smtp]\nhost = \"smtp.northwind.example\"\nfrom = \"ackd@northwind.example\"\nca_file = \"ours.pem\"\n[mailboxes.a]\n{mailbox}username = \"a@northwind.example\"\n[mailboxes.b]\n{mailbox}username = \"b@northwind.example\"\nca_file = \"theirs.pem\"\n"
            ),
        ),
        ("ours.pem", ""),
        ("theirs.pem", ""),
    ]);
    let settings = folder.load(&[]).expect("a good file").settings;
    let root_of = |name| settings.mailboxes[&MailboxName::new(name)].ca_file.clone();
    let beside = |name| Some(folder.main().with_file_name(name));
    assert_eq!(root_of("a"), beside("ours.pem"));
    assert_eq!(root_of("b"), beside("theirs.pem"));
}

#[test]
fn messages_show_what_was_written() {
    insta::assert_snapshot!(told(
        r#"
[clients.books]
domains = ["Bücher.example", "*.Bücher.example"]
owners = ["alice@northwind.example"]
policy = "standard"
[clients.twin]
domains = ["xn--bcher-kva.example", "公司.CN", "*.Gmail.com"]
addresses = ["Boss@Twin.example", "boss@twin.example"]
owners = ["alice@northwind.example"]
policy = "standard"
"#
    ));
}

#[test]
fn advice_can_be_followed() {
    insta::assert_snapshot!(told(
        r#"
[team]
own_lists = "hello@northwind.example, clients@northwind.example"
[calendars.short]
time_zone = "UTC"
mon = ["9-5", "22-6"]
tue = "09:00-17:00"
[policies.short]
acknowledge_within = "1h"
[clients.umbrella]
domains = "umbrella.example"
owners = "Alice"
"#
    ));
    let nothing_yet = "[policies.p]\nacknowledge_within = \"1h\"\n";
    assert_eq!(
        Folder::with(&[("ackd.toml", nothing_yet)]).told(&[]),
        "ackd.toml:1: policies.p has no calendar; write calendar = \"standard\", and a table for it: [calendars.standard]"
    );
}

#[test]
fn nothing_untrue_follows_from_a_broken_calendar() {
    insta::assert_snapshot!(told(
        r#"
[calendars.text]
time_zone = "UTC"
mon = "always"
[calendars.dated]
time_zone = "UTC"
holidays = [{ date = "2026-12-24", hours = ["09:00-12:00"] }]
[calendars.zoneless]
mon = ["09:00-17:00"]
[policies.text]
calendar = "text"
acknowledge_within = "1h"
[policies.dated]
calendar = "dated"
acknowledge_within = "1h"
[policies.zoneless]
calendar = "zoneless"
acknowledge_within = "1h"
"#
    ));
}

#[test]
fn clients_without_owners_keep_only_run_from_beginning() {
    let nobody = GOOD
        .replace("escalate_to = [\"lead@northwind.example\"]\n", "")
        .replace("owners = [\"alice@northwind.example\"]\n", "");
    let folder = Folder::with(&[("ackd.toml", &nobody)]);
    assert_eq!(
        folder.told(&[]),
        "ackd.toml:10: warning: clients.acme has no owners, so nobody would be told; write owners = [\"alice@northwind.example\"]"
    );
    let demands = |mode| {
        let loaded = folder.load(&[("ACKD__SERVICE__MODE", mode)]);
        let demands = demands_of_run(&loaded.expect("a warning only").settings);
        demands.iter().any(|demand| demand.key == "clients.acme")
    };
    assert!(demands("remind") && demands("full"));
    assert!(!demands("observe"));
}

#[test]
fn a_half_holiday_of_a_holiday_file_closes_its_hours() {
    let events = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Party\r\nDTSTART:20260706T130000Z\r\nDTEND:20260706T230000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Outing\r\nDTSTART;VALUE=DATE:20260713\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let half_open = |files: &str| {
        let folder = Folder::with(&[
            (
                "ackd.toml",
                &GOOD.replace("mon =", &format!("holiday_files = [{files}]\nmon =")),
            ),
            ("company.ics", events),
        ]);
        let rules = folder.load(&[]).expect("a good file").settings.rules;
        let office = rules.calendars.values().next().expect("a calendar");
        let open_at = |at: &str| office.is_open(at.parse().expect("a moment"));
        assert!(open_at("2026-07-06T12:59:59Z"), "{files}");
        let outing = !open_at("2026-07-13T10:00:00Z");
        (open_at("2026-07-06T13:00:00Z"), outing)
    };
    assert_eq!(half_open("\"company.ics\""), (false, true));
    let by_name = |list: &str| half_open(&format!("{{ file = \"company.ics\", {list} }}"));
    assert_eq!(by_name("include = [\"party\"]"), (false, false));
    assert_eq!(by_name("exclude = [\"Party\"]"), (true, true));
}

#[test]
fn what_a_password_needs_and_is_not_there_is_warned_of() {
    let with = |password: &str, environment: &[(&str, &str)]| {
        let mail = format!(
            "{GOOD}[smtp]\nhost = \"smtp.northwind.example\"\nfrom = \"ackd@northwind.example\"\nusername = \"ackd\"\npassword = {password}\n"
        );
        let folder = Folder::with(&[("ackd.toml", &mail), ("credentials/smtp-password", "x")]);
        let place = folder.main().with_file_name("credentials");
        let place = place.display().to_string();
        let environment = environment.iter().map(|&(name, value)| match value {
            "FOLDER" => (name, place.as_str()),
            value => (name, value),
        });
        let environment: Vec<(&str, &str)> = environment.collect();
        let loaded = folder.load(&environment).expect("warnings at most");
        folder.lines(&loaded.warnings)
    };
    let variable = "{ env = \"SMTP_PASSWORD\" }";
    assert_eq!(with(variable, &[("SMTP_PASSWORD", "x")]), "");
    let unset = with(variable, &[]);
    assert!(
        unset.contains("not set here; set it for ackd run"),
        "{unset}"
    );

    let path = [("PATH", "/nowhere:/bin")];
    assert_eq!(with("{ command = [\"sh\"] }", &path), "");
    assert_eq!(with("{ command = [\"/bin/sh\"] }", &path), "");
    for program in ["passs", "/bin/passs"] {
        let told = with(&format!("{{ command = [\"{program}\"] }}"), &path);
        assert!(
            told.contains("there is no such program; install it"),
            "{told}"
        );
    }

    let folder = [("CREDENTIALS_DIRECTORY", "FOLDER")];
    assert_eq!(with("{ credential = \"smtp-password\" }", &folder), "");
    for environment in [&folder[..], &[]] {
        let told = with("{ credential = \"other\" }", environment);
        assert!(told.contains("no such credential"), "{told}");
        assert!(told.contains("LoadCredential="), "{told}");
    }
    let alarm = told("[alarm]\ncommand = [\"/nowhere/page\"]\n");
    assert!(
        alarm.contains("there is no program \"/nowhere/page\""),
        "{alarm}"
    );
}

#[test]
fn run_demands_the_root_certificates_that_are_named() {
    let smtp = "[smtp]\nhost = \"smtp.northwind.example\"\nfrom = \"ackd@northwind.example\"\nca_file = \"root.pem\"\n";
    let mailbox = "[mailboxes.a]\nhost = \"imap.northwind.example\"\npassword = \"x\"\nusername = \"a@northwind.example\"\n";
    let folder = Folder::with(&[("ackd.toml", &format!("{GOOD}{smtp}{mailbox}"))]);
    let loaded = folder.load(&[]).expect("a warning only");
    let warned = folder.lines(&loaded.warnings);
    assert!(
        warned.contains("smtp.ca_file: there is no file"),
        "{warned}"
    );
    let demands = folder.lines(&demands_of_run(&loaded.settings));
    assert!(demands.starts_with("ackd.toml: smtp.ca_file: there is no file"));
    assert_eq!(demands.lines().count(), 1, "told once: {demands}");
    std::fs::write(folder.main().with_file_name("root.pem"), "").expect("a file");
    assert_eq!(demands_of_run(&loaded.settings), []);
}

#[test]
fn sending_hours_that_delay_an_acknowledgement_are_warned_of() {
    let new_york = |hours: &str, ahead: &str| {
        told(&format!(
            "[team]\nsending_hours = \"office\"\n[calendars.east]\ntime_zone = \"America/New_York\"\nmon = [\"{hours}\"]\n[policies.east]\ncalendar = \"east\"\nacknowledge_within = \"3h\"\n{ahead}"
        ))
    };
    let ahead = "auto_acknowledge_before = \"10m\"\n";
    insta::assert_snapshot!(new_york("09:00-17:00", ahead));
    // Within London's hours in winter and summer; or not far outside them; or never acknowledged.
    assert_eq!(new_york("07:00-12:00", ahead), "");
    assert_eq!(new_york("07:00-12:10", ahead), "");
    assert_ne!(new_york("07:00-12:11", ahead), "");
    assert_eq!(new_york("09:00-17:00", ""), "");
}

#[test]
fn a_port_for_monitoring_is_an_address_of_this_machine() {
    let listen = |text: &str| {
        let folder = Folder::with(&[("ackd.toml", &format!("{GOOD}[metrics]\nlisten = {text}\n"))]);
        match folder.load(&[]) {
            Ok(loaded) => (
                loaded.settings.metrics.listen,
                folder.lines(&loaded.warnings),
            ),
            Err(problems) => (None, problems),
        }
    };
    for good in ["127.0.0.1:9464", "[::1]:9464"] {
        let (address, said) = listen(&format!("\"{good}\""));
        assert_eq!((address, said.as_str()), (good.parse().ok(), ""));
    }
    let (address, said) = listen("\"0.0.0.0:9464\"");
    assert_eq!(address, "0.0.0.0:9464".parse().ok());
    assert!(said.contains("can be reached by other machines"), "{said}");
    for wrong in ["\"localhost:9464\"", "\"9464\"", "9464", "\"127.0.0.1:0\""] {
        let (address, said) = listen(wrong);
        assert_eq!(address, None, "{wrong}");
        assert!(said.contains("metrics.listen: "), "{said}");
        assert!(said.contains("127.0.0.1:9464"), "{said}");
    }
}

#[test]
fn the_problems_of_the_environment_name_the_variable() {
    let folder = Folder::with(&[("ackd.toml", GOOD)]);
    let environment = [
        ("ACKD__SMTP__HOTS", "x"),
        ("ACKD__SMTP__PORT", "many"),
        ("ACKD__SERVICE__KEEP_SUBJECTS", "yes"),
        ("ACKD__TEAM", "northwind"),
        ("ACKD__TEAM[0]", "x"),
        ("ACKD__CLIENTS__ACME__OWNERS", "alice,bob@northwind.example"),
    ];
    insta::assert_snapshot!(folder.told(&environment));
}

#[test]
fn a_password_is_never_printed() {
    let mail = r#"
[smtp]
host = "smtp.northwind.example"
from = "ackd@northwind.example"
username = "ackd"
password = "swordfish"
"#;
    insta::assert_snapshot!(told(mail));
    for password in [
        "{ credential = \"swordfish/x\" }",
        "{ command = \"swordfish\" }",
        "{ command = [] }",
        "{ file = \"swordfish\", env = \"swordfish\" }",
        "{ passwort = \"swordfish\" }",
        "{ env = [\"swordfish\"] }",
        "[\"swordfish\"]",
        "swordfish",
        "\"swordfish",
        "\"swordfish\\q\"",
    ] {
        let told = told(&mail.replace("\"swordfish\"", password));
        assert!(!told.is_empty(), "{password} is no problem");
        assert!(!told.contains("swordfish"), "{told}");
    }
    let folder = Folder::with(&[("ackd.toml", &format!("{GOOD}{mail}"))]);
    let loaded = folder.load(&[]).expect("a warning only");
    assert!(!format!("{:?}", loaded.settings).contains("swordfish"));
    let environment = [("ACKD__SMTP__PASSWORD", "swordfish")];
    assert!(!folder.told(&environment).contains("swordfish"));
}
