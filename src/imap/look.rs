//! One look at every folder, and the waiting in between: IDLE (RFC 2177) where it is offered,
//! else sleep.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Report;
use super::cursor::{Plan, plan};
use super::failure::{Failure, clean_words};
use super::fetch::{answered_uid, flags_command};
use super::folders::list;
use super::session::{DONE_TIMEOUT, READ_TIMEOUT, Session};
use super::watch::{Watch, Watched};
use crate::domain::facts::Location;

/// After how long without a line IDLE is begun anew, so that neither a server nor a router on
/// the way takes the connection for dead.
const IDLE_SILENCE: Duration = Duration::from_secs(5 * 60);

/// After how long IDLE is begun anew, whatever was heard meanwhile: to a server, a client that
/// sends nothing for half an hour may be gone (RFC 2177, section 3).
const IDLE_MAX: Duration = Duration::from_secs(20 * 60);

/// How often in a row the server may announce something of which nothing is to be seen, and
/// how long it is not listened to then.
const FALSE_NEWS_MAX: u32 = 5;
const FALSE_NEWS_PAUSE: Duration = Duration::from_secs(2);

/// Every how many passes home is opened anew, whatever the server says: some forget to speak
/// of new messages.
const REOPEN_EVERY: u64 = 10;

/// How many messages' flags are asked for with one command, and at most in one pass.
const FLAGS_PER_FETCH: usize = 200;
const FLAGS_MAX: usize = 1_000;

/// How many folders are named to somebody who misspelt one.
const FOLDERS_NAMED_MAX: usize = 20;

impl Watch {
    /// Looks at every folder. Returns what is wrong with single folders, for people.
    pub(crate) async fn pass(&mut self, session: &mut Session) -> Result<Vec<String>, Failure> {
        let folders = self.folders.clone();
        let mut problems = Vec::new();
        self.passes += 1;
        self.forget_told();
        let Some((home, others)) = folders.split_last() else {
            return Ok(vec!["no folder is watched".to_owned()]);
        };
        for folder in others {
            match self.look_at(session, folder).await {
                Ok(()) => {}
                Err(FolderFailure::Missing(words)) => {
                    problems.push(missing(session, folder, &words).await?);
                }
                Err(FolderFailure::Session(failure)) => return Err(failure),
            }
        }
        match self.look_at_home(session, home).await {
            Ok(()) => {}
            Err(FolderFailure::Missing(words)) => {
                self.home_open = false;
                problems.push(missing(session, home, &words).await?);
            }
            Err(FolderFailure::Session(failure)) => return Err(failure),
        }
        Ok(problems)
    }

    /// Waits until `due` or an order; reads what is announced meanwhile.
    pub(crate) async fn wait_for_news(
        &mut self,
        session: &mut Session,
        due: Instant,
    ) -> Result<(), Failure> {
        let Some(home) = self.folders.last().cloned() else {
            sleep_until(due).await;
            return Ok(());
        };
        if !self.home_open && self.reopen_after_filing(session, &home).await? {
            self.check_answered(session, &home).await?;
        }
        let mut false_news = 0;
        loop {
            if self.home_open && (session.news || session.answered_news) {
                match self.hear_news(session, &home).await? {
                    true => false_news = 0,
                    false => false_news += 1,
                }
            }
            if false_news > FALSE_NEWS_MAX {
                let pause = Instant::now() + FALSE_NEWS_PAUSE;
                return self.sleep(due.min(pause)).await.map(|_| ());
            }
            if session.news && self.home_open {
                continue;
            }
            let ended = if self.home_open && session.can("IDLE") && !self.idle_refused {
                self.idle(session, due).await?
            } else {
                self.sleep(due).await?
            };
            if ended {
                return Ok(());
            }
        }
    }

    /// Sees to what was announced. Whether there was something new indeed.
    async fn hear_news(&mut self, session: &mut Session, home: &Watched) -> Result<bool, Failure> {
        let told = self.told.len();
        self.fetched = 0;
        if session.news {
            self.read_news(session, home).await?;
        }
        if std::mem::take(&mut session.answered_news) {
            self.check_answered(session, home).await?;
        }
        Ok(self.fetched > 0 || self.told.len() > told)
    }

    /// After a copy was filed, the sent folder is open; a refusal waits for the next pass.
    async fn reopen_after_filing(
        &mut self,
        session: &mut Session,
        home: &Watched,
    ) -> Result<bool, Failure> {
        match self.open_home(session, home).await {
            Ok(()) => Ok(true),
            Err(FolderFailure::Missing(_)) => Ok(false),
            Err(FolderFailure::Session(failure)) => Err(failure),
        }
    }

    /// Idles until something happens: true if the wait is over, false if there is news.
    async fn idle(&mut self, session: &mut Session, due: Instant) -> Result<bool, Failure> {
        let tag = session.send("IDLE").await?;
        if session.continuation(tag, "IDLE").await?.is_some() {
            tracing::info!(event = "idle_refused", mailbox = %self.account.name, "the server refuses IDLE; polling instead");
            self.idle_refused = true;
            return Ok(false);
        }
        let end = due.min(Instant::now() + IDLE_MAX);
        let mut silent_until = Instant::now() + IDLE_SILENCE;
        let over = loop {
            if session.news || session.answered_news {
                break false;
            }
            tokio::select! {
                biased;
                order = self.orders.recv() => {
                    self.take_order(order.ok_or(Failure::Stopped)?);
                    break true;
                }
                () = sleep_until(end.min(silent_until)) => break Instant::now() >= due,
                heard = session.overhear() => {
                    heard?;
                    silent_until = Instant::now() + IDLE_SILENCE;
                }
            }
        };
        session.write(b"DONE\r\n").await?;
        let answer = session
            .finish(tag, "the end of IDLE", DONE_TIMEOUT, |_| {})
            .await?;
        answer.accepted("the end of IDLE")?;
        Ok(over)
    }

    async fn sleep(&mut self, due: Instant) -> Result<bool, Failure> {
        tokio::select! {
            biased;
            () = sleep_until(due) => {}
            order = self.orders.recv() => self.take_order(order.ok_or(Failure::Stopped)?),
        }
        Ok(true)
    }

    /// Looks at a folder other than home: it is opened only if something changed in it or
    /// flags in it are of interest.
    async fn look_at(
        &mut self,
        session: &mut Session,
        folder: &Watched,
    ) -> Result<(), FolderFailure> {
        let status = session.status(&folder.quoted).await?;
        let cursor = self.cursors.get(&folder.name);
        let is_known = self.recognised.contains(&folder.name);
        let nothing_new = is_known && plan(cursor, status) == Plan::UpToDate;
        let flags_wanted = !self
            .watched_uids(&folder.name, status.uid_validity)
            .is_empty();
        let known = self.counts.get(&folder.name);
        let grown = known.is_some_and(|known| status.exists > *known);
        if nothing_new && !flags_wanted && !grown {
            return Ok(());
        }
        self.home_open = false;
        let opened = session.examine(&folder.quoted).await?;
        // From here on a refusal is no missing folder.
        self.read_folder(session, folder, opened)
            .await
            .map_err(FolderFailure::Session)?;
        self.check_answered(session, folder)
            .await
            .map_err(FolderFailure::Session)
    }

    async fn look_at_home(
        &mut self,
        session: &mut Session,
        home: &Watched,
    ) -> Result<(), FolderFailure> {
        if !self.home_open || self.passes.is_multiple_of(REOPEN_EVERY) {
            self.open_home(session, home).await?;
        } else {
            session
                .run("NOOP", "NOOP", |_| {})
                .await
                .map_err(FolderFailure::Session)?;
        }
        if session.news {
            self.read_news(session, home)
                .await
                .map_err(FolderFailure::Session)?;
        }
        session.answered_news = false;
        self.check_answered(session, home)
            .await
            .map_err(FolderFailure::Session)
    }

    async fn open_home(
        &mut self,
        session: &mut Session,
        home: &Watched,
    ) -> Result<(), FolderFailure> {
        let opened = session.examine(&home.quoted).await?;
        self.home_open = true;
        self.home_exists = opened.exists;
        self.read_folder(session, home, opened)
            .await
            .map_err(FolderFailure::Session)
    }

    /// Asks for the flags of the messages of interest in the open folder.
    async fn check_answered(
        &mut self,
        session: &mut Session,
        folder: &Watched,
    ) -> Result<(), Failure> {
        let Some(cursor) = self.cursors.get(&folder.name) else {
            return Ok(());
        };
        let watched = self.watched_uids(&folder.name, cursor.uid_validity);
        let mut locations = Vec::new();
        let uids: Vec<u32> = watched.keys().copied().collect();
        for chunk in uids.chunks(FLAGS_PER_FETCH) {
            let what = "to read flags";
            let tag = session.send(&flags_command(chunk)).await?;
            let answer = session.finish(tag, what, READ_TIMEOUT, |response| {
                if let Some((uid, true)) = answered_uid(response)
                    && let Some(location) = watched.get(&uid)
                {
                    locations.push(location.clone());
                }
            });
            answer.await?.accepted(what)?;
        }
        session.answered_news = false;
        if !locations.is_empty() {
            self.told.extend(locations.iter().cloned());
            self.report(Report::Answered { locations }).await?;
        }
        Ok(())
    }

    /// The messages of interest in a folder that the engine was not told of, by UID.
    fn watched_uids(&self, folder: &str, uid_validity: u32) -> BTreeMap<u32, Location> {
        let wanted = self.flags.borrow();
        wanted
            .iter()
            .filter(|location| {
                location.mailbox == self.account.name
                    && location.folder == folder
                    && location.uid_validity == uid_validity
                    && !self.told.contains(location)
            })
            .take(FLAGS_MAX)
            .map(|location| (location.uid, location.clone()))
            .collect()
    }

    fn forget_told(&mut self) {
        if !self.told.is_empty() {
            let wanted = self.flags.borrow().clone();
            self.told.retain(|location| wanted.contains(location));
        }
    }
}

/// Why a folder could not be looked at.
enum FolderFailure {
    /// The server refuses to open it.
    Missing(String),
    /// The session is over.
    Session(Failure),
}

impl From<Failure> for FolderFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { words, .. } => Self::Missing(words),
            other => Self::Session(other),
        }
    }
}

async fn missing(session: &mut Session, folder: &Watched, words: &str) -> Result<String, Failure> {
    let listed = list(session).await?;
    // Names are whatever somebody has called a folder.
    let names: Vec<String> = listed
        .iter()
        .filter(|own| own.selectable)
        .map(|own| clean_words(&own.name))
        .take(FOLDERS_NAMED_MAX)
        .collect();
    Ok(format!(
        "the folder \"{}\" could not be opened: {words}; there are: {}",
        clean_words(&folder.name),
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
    use tokio::sync::{mpsc, watch as watching};
    use tokio::time::timeout;

    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::domain::facts::FolderRole;
    use crate::domain::ids::MailboxName;
    use crate::imap::{Account, Beginning, Order, Protection, SentChoice, tls_client};

    const MINUTE: Duration = Duration::from_secs(60);

    /// A server that can IDLE.
    #[derive(Clone, Copy)]
    struct Server {
        /// Whether it says every two minutes that it is there still.
        chatty: bool,
        /// Whether it ends an IDLE.
        alive: bool,
    }

    impl Server {
        /// Serves until the client goes away; in which minutes an IDLE was begun.
        async fn serve(self, wire: DuplexStream) -> Vec<u64> {
            let began = Instant::now();
            let mut wire = BufReader::new(wire);
            let (mut minutes, mut tag) = (Vec::new(), String::new());
            let mut say = String::from("* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n");
            loop {
                if wire.write_all(say.as_bytes()).await.is_err() {
                    return minutes;
                }
                say.clear();
                let mut line = String::new();
                let read = timeout(2 * MINUTE, wire.read_line(&mut line)).await;
                match (read, line.trim_end().split_once(' ')) {
                    (Err(_), _) if self.chatty => say.push_str("* OK still here\r\n"),
                    (Err(_), _) => {}
                    (Ok(Err(_) | Ok(0)), _) => return minutes,
                    (Ok(Ok(_)), Some((own, "IDLE"))) => {
                        tag = own.to_owned();
                        minutes.push(began.elapsed().as_secs() / 60);
                        say.push_str("+ idling\r\n");
                    }
                    (Ok(Ok(_)), _) if self.alive => say = format!("{tag} OK done\r\n"),
                    (Ok(Ok(_)), _) => {}
                }
            }
        }
    }

    fn account() -> Account {
        Account {
            name: MailboxName::new("clients"),
            host: "127.0.0.1".to_owned(),
            port: 143,
            protection: Protection::Plain,
            connector: crate::imap::Connector::Network,
            tls: tls_client(None).expect("roots"),
            username: "us".to_owned(),
            password: Arc::new(|| Ok("pw".to_owned().into())),
            folders: vec!["INBOX".to_owned()],
            sent: SentChoice::None,
            poll_every: 60 * MINUTE,
            read_since: SystemClock.now(),
            may_concern: Arc::new(|_| true),
            wants_text: Arc::new(|_, _, _| false),
        }
    }

    /// Waits an hour for news there are none of: in which minutes an IDLE was begun, how the
    /// wait ended and after how long.
    async fn an_hour_at(server: Server) -> (Vec<u64>, Result<(), Failure>, Duration) {
        let (reports, _heard) = mpsc::channel(16);
        let (_orders, order_from) = mpsc::channel::<Order>(16);
        let (_flags, flags_from) = watching::channel(Arc::new(Vec::new()));
        let (clock, beginning) = (Arc::new(SystemClock), Beginning::default());
        let mut watch = Watch::new(account(), clock, beginning, reports, order_from, flags_from);
        watch.folders = vec![Watched {
            name: "INBOX".to_owned(),
            quoted: "INBOX".to_owned(),
            role: FolderRole::Inbox,
        }];
        watch.home_open = true;
        let (ours, theirs) = duplex(4096);
        let serving = tokio::spawn(server.serve(theirs));
        let mut session = Session::new(Box::new(ours), None);
        session.greeting().await.expect("a greeting");
        let began = Instant::now();
        let ended = watch.wait_for_news(&mut session, began + 60 * MINUTE).await;
        let waited = began.elapsed();
        drop(session);
        (serving.await.expect("no panic"), ended, waited)
    }

    #[tokio::test(start_paused = true)]
    async fn idle_is_begun_anew_after_five_quiet_minutes() {
        let (chatty, alive) = (false, true);
        let (minutes, ended, waited) = an_hour_at(Server { chatty, alive }).await;
        assert_eq!(minutes, (0..12).map(|n| n * 5).collect::<Vec<u64>>());
        assert_eq!((ended, waited), (Ok(()), 60 * MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_talks_does_not_keep_us_from_talking() {
        let (chatty, alive) = (true, true);
        let (minutes, ended, waited) = an_hour_at(Server { chatty, alive }).await;
        assert_eq!(minutes, [0, 20, 40]);
        assert_eq!((ended, waited), (Ok(()), 60 * MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_that_died_quietly_is_noticed() {
        let (chatty, alive) = (false, false);
        let (minutes, ended, waited) = an_hour_at(Server { chatty, alive }).await;
        assert_eq!(minutes, [0]);
        assert!(matches!(ended, Err(Failure::TimedOut { .. })), "{ended:?}");
        assert_eq!(waited, 5 * MINUTE + DONE_TIMEOUT);
    }
}
