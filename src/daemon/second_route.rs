//! The second route to the operator: a command that gets the alarm on its standard input.
//!
//! (The other one, another mail server, is handed mail as the ordinary one is.)

use std::time::Duration;

use crate::domain::draft::Mail;
use crate::domain::outbox::SendVerdict;
use crate::roads;

/// How long the command may take; then it is killed.
pub(super) const COMMAND_TIME_MAX: Duration = Duration::from_secs(30);

/// The most that a command is given, in bytes.
const ALARM_BYTES_MAX: usize = 64 * 1024;

/// Runs the command, without a shell, with the alarm on its standard input: its subject as
/// `Subject: …`, an empty line, its text. What it prints is thrown away. Exit code 0 says that
/// the alarm was passed on.
///
/// Never panics, never takes longer than `limit` by more than a moment.
pub(super) async fn run(command: &[String], mail: &Mail, limit: Duration) -> SendVerdict {
    let mut said = format!("Subject: {}\n\n{}", mail.subject, mail.text);
    said.truncate(said.floor_char_boundary(ALARM_BYTES_MAX));
    roads::run("alarm command", command, said.as_bytes(), limit).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::{Address, Author};
    use crate::domain::ids::MessageId;

    fn mail() -> Mail {
        let ops = Address::parse("ops@agency.test").expect("an address");
        Mail {
            message_id: MessageId::parse("ackd.1.x@agency.test").expect("an id"),
            date: crate::domain::time::Timestamp::UNIX_EPOCH,
            from: Author {
                address: ops.clone(),
                name: None,
            },
            to: ops,
            envelope_sender: None,
            subject: "ackd can't see; $(touch x) `id`".to_owned(),
            in_reply_to: None,
            references: vec![],
            headers: vec![],
            text: "What is wrong.\n".to_owned(),
            html: None,
        }
    }

    fn shell(script: &str) -> Vec<String> {
        vec!["sh".into(), "-c".into(), script.into()]
    }

    async fn outcome(script: &str) -> SendVerdict {
        run(&shell(script), &mail(), Duration::from_secs(20)).await
    }

    fn reason(verdict: SendVerdict) -> String {
        match verdict {
            SendVerdict::Later { reason } => reason,
            other => panic!("not for later: {other:?}"),
        }
    }

    #[tokio::test]
    async fn the_command_reads_the_alarm_and_nothing_is_interpreted() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("page");
        let command = vec!["tee".to_owned(), page.display().to_string()];
        let verdict = run(&command, &mail(), Duration::from_secs(20)).await;
        assert_eq!(verdict, SendVerdict::Sent);
        let read = std::fs::read_to_string(page).expect("written");
        let expected = "Subject: ackd can't see; $(touch x) `id`\n\nWhat is wrong.\n";
        assert_eq!(read, expected);
    }

    #[tokio::test]
    async fn a_command_that_reads_nothing_or_prints_much_may_succeed() {
        assert_eq!(outcome("exit 0").await, SendVerdict::Sent);
        let much = "yes | head -c 10000000; yes | head -c 10000000 >&2";
        assert_eq!(outcome(much).await, SendVerdict::Sent);
    }

    #[tokio::test]
    async fn a_command_that_fails_or_is_missing_is_for_later() {
        let failed = reason(outcome("echo secret >&2; exit 3").await);
        assert!(failed.contains("exit status: 3"), "{failed}");
        assert!(!failed.contains("secret"), "{failed}");
        let missing = vec!["/nowhere/page".to_owned()];
        let missing = reason(run(&missing, &mail(), Duration::from_secs(20)).await);
        assert!(missing.contains("/nowhere/page"), "{missing}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_killed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let hangs = format!("sleep 2; touch {}", mark.display());
        let verdict = run(&shell(&hangs), &mail(), Duration::from_millis(100)).await;
        assert!(reason(verdict).contains("was killed"));
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(!mark.exists(), "it went on");
    }
}
