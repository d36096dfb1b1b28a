//! One connection to a server and the command loop over it.
//!
//! Vocabulary: a *tag* names a command; its *tagged answer* ends it; everything before is
//! *untagged* and may have to do with it or not (RFC 3501, section 2.2).
//!
//! Commands are written and tagged here and only the reading is async-imap's, because its
//! ready-made calls take a refused command or a lost connection for an empty answer.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use async_imap::imap_proto::{
    Capability, MailboxDatum, Outcome, Response, ResponseCode, Status, StatusAttribute,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::alerts::Alerts;
use super::bounded::Bounded;
use super::cursor::Opened;
use super::failure::{Failure, clean_words};

/// How long a server may be silent while it works on a command.
pub(crate) const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);

/// How long it may be silent over commands that may have to read many files.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(180);

/// How long a command may take in all, however often the server speaks meanwhile.
const COMMAND_IN_ALL_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How many capabilities of a server are remembered, and of how many characters at most.
const CAPABILITIES_MAX: usize = 200;
const CAPABILITY_CHARACTERS_MAX: usize = 100;

/// How long writing a command may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the end of IDLE may take.
pub(crate) const DONE_TIMEOUT: Duration = Duration::from_secs(15);

/// A connection of any kind.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug> Wire for S {}

/// The tag of a command that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) struct Tag(u64);

/// How a command ended, if the connection held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// OK.
    Done,
    /// NO or BAD, and the server's words.
    Refused(String),
}

impl Answer {
    /// Demands OK.
    pub(crate) fn accepted(self, what: &'static str) -> Result<(), Failure> {
        match self {
            Self::Done => Ok(()),
            Self::Refused(words) => Err(Failure::Refused { what, words }),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    client: async_imap::Client<Bounded<Box<dyn Wire>>>,
    last_tag: u64,
    /// What the server can do, in upper case.
    capabilities: BTreeSet<String>,
    /// Where alerts go; `None` if they are not to be believed.
    alerts: Option<Alerts>,
    /// How many messages the open folder holds.
    pub(crate) exists: u32,
    /// Whether the server spoke of messages in the open folder that have not been read.
    pub(crate) news: bool,
    /// Whether a message of the open folder was marked as answered.
    pub(crate) answered_news: bool,
}

impl Session {
    /// Takes a connection over which nothing was read yet. Without `alerts` the server's are
    /// passed over, as is right where anybody could have put them in.
    pub(crate) fn new(wire: Box<dyn Wire>, alerts: Option<Alerts>) -> Self {
        Self {
            client: async_imap::Client::new(Bounded::new(wire)),
            last_tag: 0,
            capabilities: BTreeSet::new(),
            alerts,
            exists: 0,
            news: false,
            answered_news: false,
        }
    }

    /// Gives the connection back, without what was read ahead from it.
    pub(crate) fn into_wire(self) -> Box<dyn Wire> {
        self.client.into_inner().into_inner()
    }

    /// Reads the greeting: true if the server has logged us in already.
    pub(crate) async fn greeting(&mut self) -> Result<bool, Failure> {
        self.read("the connection", COMMAND_TIMEOUT, |session, response| {
            let Response::Data { status, outcome } = response else {
                return Err(Failure::Unreadable("there was no greeting".to_owned()));
            };
            session.take_code(outcome);
            match status {
                Status::Ok => Ok(false),
                Status::PreAuth => Ok(true),
                _ => Err(Failure::Lost(session.words_of(outcome))),
            }
        })
        .await
    }

    /// Keeps these words out of the alerts that are passed on.
    pub(crate) fn hide_in_alerts(&mut self, words: Vec<String>) {
        if let Some(alerts) = &mut self.alerts {
            alerts.hide(words);
        }
    }

    /// Sends a command; its answer is fetched with [`Session::finish`].
    pub(crate) async fn send(&mut self, command: &str) -> Result<Tag, Failure> {
        self.last_tag += 1;
        let line = format!("a{} {command}\r\n", self.last_tag);
        self.client.get_mut().begin_command();
        self.write(line.as_bytes()).await?;
        Ok(Tag(self.last_tag))
    }

    /// Reads until the tagged answer; the caller sees every untagged response before it.
    pub(crate) async fn finish(
        &mut self,
        tag: Tag,
        what: &'static str,
        limit: Duration,
        mut see: impl FnMut(&Response<'_>),
    ) -> Result<Answer, Failure> {
        in_all(what, async {
            loop {
                let over = self.read(what, limit, |session, response| {
                    if let Response::Done { .. } = response {
                        return session.answer_to(tag, response);
                    }
                    session.notice(response)?;
                    see(response);
                    Ok(None)
                });
                if let Some(answer) = over.await? {
                    return Ok(answer);
                }
            }
        })
        .await
    }

    /// Sends a command and waits for its OK.
    pub(crate) async fn run(
        &mut self,
        command: &str,
        what: &'static str,
        see: impl FnMut(&Response<'_>),
    ) -> Result<(), Failure> {
        let tag = self.send(command).await?;
        let answer = self.finish(tag, what, COMMAND_TIMEOUT, see).await?;
        answer.accepted(what)
    }

    /// Waits for the server to ask for more, as after `IDLE` or a literal. A refusal comes
    /// back as the answer.
    pub(crate) async fn continuation(
        &mut self,
        tag: Tag,
        what: &'static str,
    ) -> Result<Option<Answer>, Failure> {
        in_all(what, async {
            loop {
                let step = self.read(what, COMMAND_TIMEOUT, |session, response| match response {
                    Response::Continue(_) => Ok(Some(None)),
                    Response::Done { .. } => Ok(session.answer_to(tag, response)?.map(Some)),
                    other => session.notice(other).map(|()| None),
                });
                if let Some(outcome) = step.await? {
                    return Ok(outcome);
                }
            }
        })
        .await
    }

    /// Writes raw bytes and sees that they leave.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let stream = self.client.get_mut();
        let writing = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        match timeout(WRITE_TIMEOUT, writing).await {
            Ok(outcome) => outcome.map_err(|error| Failure::of_io(&error)),
            Err(_) => Err(Failure::TimedOut {
                what: "writing",
                limit: WRITE_TIMEOUT,
            }),
        }
    }

    /// Reads one untagged response while idling. Nothing is lost if this is dropped.
    pub(crate) async fn overhear(&mut self) -> Result<(), Failure> {
        self.next_response(|session, response| match response {
            Response::Done { .. } => Err(Failure::Lost("IDLE ended by itself".to_owned())),
            other => session.notice(other),
        })
        .await
    }

    /// Whether the server can do this. `name` in upper case.
    pub(crate) fn can(&self, name: &str) -> bool {
        self.capabilities.contains(name)
    }

    /// What the server can do, in upper case.
    pub(crate) fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.capabilities.iter().map(String::as_str)
    }

    /// Whether any capability is known.
    pub(crate) fn capabilities_known(&self) -> bool {
        !self.capabilities.is_empty()
    }

    /// Forgets the capabilities, as STARTTLS and login demand.
    pub(crate) fn forget_capabilities(&mut self) {
        self.capabilities.clear();
    }

    /// Asks for the capabilities, unless they are known.
    pub(crate) async fn learn_capabilities(&mut self) -> Result<(), Failure> {
        if self.capabilities_known() {
            return Ok(());
        }
        self.run("CAPABILITY", "CAPABILITY", |_| {}).await
    }

    /// Opens a folder read-only. `quoted` is the folder's name as it stands in commands.
    /// Fails if it is refused or the server names no UIDVALIDITY.
    pub(crate) async fn examine(&mut self, quoted: &str) -> Result<Opened, Failure> {
        let (mut uid_validity, mut uid_next) = (None, None);
        self.exists = 0;
        let command = format!("EXAMINE {quoted}");
        self.run(&command, "to open the folder", |response| {
            if let Response::Data { outcome, .. } = response {
                match outcome.code {
                    Some(ResponseCode::UidValidity(number)) => uid_validity = Some(number),
                    Some(ResponseCode::UidNext(number)) => uid_next = Some(number),
                    _ => {}
                }
            }
        })
        .await?;
        self.news = false;
        let Some(uid_validity) = uid_validity else {
            return Err(Failure::Unreadable(
                "the folder was opened without a UIDVALIDITY".to_owned(),
            ));
        };
        if uid_next.is_none() {
            uid_next = self
                .status(quoted)
                .await
                .ok()
                .and_then(|status| status.uid_next);
        }
        Ok(Opened {
            uid_validity,
            uid_next,
            exists: self.exists,
        })
    }

    /// Asks how a folder stands without opening it. A missing UIDVALIDITY is a zero.
    pub(crate) async fn status(&mut self, quoted: &str) -> Result<Opened, Failure> {
        let mut status_seen = Opened {
            uid_validity: 0,
            uid_next: None,
            exists: 0,
        };
        let mut answered = false;
        let command = format!("STATUS {quoted} (UIDNEXT UIDVALIDITY MESSAGES)");
        self.run(&command, "to look at the folder", |response| {
            if let Response::MailboxData(MailboxDatum::Status { status, .. }) = response {
                answered = true;
                for attribute in status {
                    match attribute {
                        StatusAttribute::Messages(number) => status_seen.exists = *number,
                        StatusAttribute::UidNext(number) => status_seen.uid_next = Some(*number),
                        StatusAttribute::UidValidity(number) => status_seen.uid_validity = *number,
                        _ => {}
                    }
                }
            }
        })
        .await?;
        if !answered {
            return Err(Failure::Unreadable(
                "STATUS was answered with nothing".to_owned(),
            ));
        }
        Ok(status_seen)
    }

    fn own_tag(&self, theirs: &str) -> Option<Tag> {
        let number: u64 = theirs.strip_prefix('a')?.parse().ok()?;
        (number <= self.last_tag).then_some(Tag(number))
    }

    /// The answer, if a tagged response is the one to this command. One to a command that is
    /// over, or to none of ours, is passed over; one to a later command is an error.
    fn answer_to(&mut self, tag: Tag, response: &Response<'_>) -> Result<Option<Answer>, Failure> {
        let Response::Done {
            tag: theirs,
            status,
            outcome,
        } = response
        else {
            return Ok(None);
        };
        match self.own_tag(&theirs.0) {
            Some(theirs) if theirs == tag => {
                self.take_code(outcome);
                Ok(Some(match status {
                    Status::Ok => Answer::Done,
                    _ => Answer::Refused(self.words_of(outcome)),
                }))
            }
            Some(theirs) if theirs > tag => {
                Err(Failure::Unreadable("answers came out of order".to_owned()))
            }
            _ => Ok(None),
        }
    }

    async fn read<R>(
        &mut self,
        what: &'static str,
        limit: Duration,
        take: impl FnOnce(&mut Self, &Response<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        match timeout(limit, self.next_response(take)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TimedOut { what, limit }),
        }
    }

    async fn next_response<R>(
        &mut self,
        take: impl FnOnce(&mut Self, &Response<'_>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        // Of responses read ahead there may be thousands; others want to run between them.
        tokio::task::coop::consume_budget().await;
        match self.client.read_response().await {
            Ok(Some(response)) => {
                self.client.get_mut().taken();
                take(self, response.parsed())
            }
            Ok(None) => Err(Failure::Lost("the server closed it".to_owned())),
            Err(error) => Err(Failure::of_io(&error)),
        }
    }

    /// Takes note of what concerns the connection or the open folder as a whole.
    fn notice(&mut self, response: &Response<'_>) -> Result<(), Failure> {
        match response {
            Response::Capabilities(capabilities) => self.set_capabilities(capabilities),
            Response::Data { status, outcome } => {
                self.take_code(outcome);
                if *status == Status::Bye {
                    return Err(Failure::Lost(self.words_of(outcome)));
                }
            }
            Response::MailboxData(MailboxDatum::Exists(number)) => {
                self.exists = *number;
                self.news = true;
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Response::Fetch(_, attributes) if super::fetch::says_answered(attributes) => {
                self.answered_news = true;
            }
            _ => {}
        }
        Ok(())
    }

    /// The words behind an answer, without what must not be passed on: servers repeat what they
    /// were sent.
    fn words_of(&self, outcome: &Outcome<'_>) -> String {
        let words = outcome.information.as_deref().unwrap_or("");
        let words = match &self.alerts {
            Some(alerts) => alerts.shown(words),
            None => clean_words(words),
        };
        if words.is_empty() {
            "it gave no reason".to_owned()
        } else {
            words
        }
    }

    fn take_code(&mut self, outcome: &Outcome<'_>) {
        match (&outcome.code, &mut self.alerts) {
            (Some(ResponseCode::Capabilities(capabilities)), _) => {
                self.set_capabilities(capabilities);
            }
            (Some(ResponseCode::Alert), Some(alerts)) => {
                alerts.tell(outcome.information.as_deref().unwrap_or(""));
            }
            _ => {}
        }
    }

    fn set_capabilities(&mut self, capabilities: &[Capability<'_>]) {
        self.capabilities = capabilities
            .iter()
            .take(CAPABILITIES_MAX)
            .map(|capability| match capability {
                Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                Capability::Auth(name) => format!("AUTH={}", name.to_ascii_uppercase()),
                Capability::Atom(name) => name.to_ascii_uppercase(),
            })
            .filter(|name| name.len() <= CAPABILITY_CHARACTERS_MAX)
            .collect();
    }
}

/// Waits for the whole answer to a command, but not for ever.
async fn in_all<R>(
    what: &'static str,
    answer: impl Future<Output = Result<R, Failure>>,
) -> Result<R, Failure> {
    let limit = COMMAND_IN_ALL_TIMEOUT;
    let in_time = timeout(limit, answer).await;
    in_time.unwrap_or(Err(Failure::TimedOut { what, limit }))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_always_busy_is_not_waited_for_for_ever() {
        let (ours, mut theirs) = duplex(4096);
        tokio::spawn(async move {
            let mut said = "* OK ready\r\n";
            while theirs.write_all(said.as_bytes()).await.is_ok() {
                sleep(Duration::from_secs(30)).await;
                said = "* OK still working on it\r\n";
            }
        });
        let mut session = Session::new(Box::new(ours), None);
        session.greeting().await.expect("a greeting");
        let began = Instant::now();
        let ended = session.run("NOOP", "NOOP", |_| {}).await;
        let (what, limit) = ("NOOP", COMMAND_IN_ALL_TIMEOUT);
        assert_eq!(ended, Err(Failure::TimedOut { what, limit }));
        assert_eq!(began.elapsed(), limit);
    }
}
