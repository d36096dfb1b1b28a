//! Handing over one mail: render it, send it, say what became of it.

use tokio::sync::mpsc;
use tracing::warn;

use super::engine::Engine;
use super::roads::{self, ROAD_MAX, Trip};
use super::{Event, SentCopy, second_route, translate};
use crate::domain::commit::{Known, Questions};
use crate::domain::decide::{self, Dispatch};
use crate::domain::draft::{Draft, Letterhead, Templates, render};
use crate::domain::ids::{MailboxName, OutboxId, RoadName};
use crate::domain::outbox::{SecondRoute, SendVerdict};
use crate::domain::time::Timestamp;
use crate::imap::Order;
use crate::settings::SmtpSettings;
use crate::smtp::{self, Relay};
use crate::store::StoreError;

/// How many mails may be on their way at once.
pub(super) const SENDING_MAX: usize = 4;

/// How many alarms may be on their way at once by the second route. They have places of their
/// own: a mail server that hangs must not hold up the word that it hangs.
pub(super) const SECOND_ROUTE_MAX: usize = 2;

impl Engine {
    /// Owes what falls due beside the cases.
    pub(super) async fn run_errands(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let rules = self.settings.rules.clone();
        let Some(questions) = decide::errand_questions(&self.book, &rules, now) else {
            return Ok(());
        };
        let known = self.look_up(questions).await?;
        let identity = self.identity();
        let decisions = decide::errands(&self.book, &rules, &identity, known, now);
        self.carry_out(decisions).await
    }

    /// Hands over what may be sent now, each row after a last look at its cases.
    pub(super) async fn dispatch(&mut self, now: Timestamp) -> Result<(), StoreError> {
        for row in self.book.outbox().sendable(now) {
            if self.in_flight.contains(&row) {
                continue;
            }
            let route = self.route_of(row);
            let lane = self.lane_of(row);
            let most = match lane {
                Lane::Second => SECOND_ROUTE_MAX,
                Lane::Mail => SENDING_MAX,
                Lane::Road(_) => ROAD_MAX,
            };
            if self.under_way(&lane) >= most {
                continue;
            }
            let rules = self.settings.rules.clone();
            let identity = self.identity();
            let known = self.known_of(row).await?;
            let sight = self.looks.sight();
            match decide::dispatch(&self.book, &rules, &identity, sight, row, known, now) {
                Some(Dispatch::Instead(decisions)) => self.carry_out(*decisions).await?,
                Some(Dispatch::Send { draft, file_in }) => {
                    let Some(letterhead) = self.letterhead(row, now) else {
                        continue;
                    };
                    let file_in = file_in.filter(|name| self.files_copies(name));
                    // The attempt is on disk before the first byte goes out.
                    self.carry_out(decide::attempt(&self.book, row, now))
                        .await?;
                    self.in_flight.insert(row);
                    let handover = Handover {
                        row,
                        draft,
                        letterhead,
                        file_in,
                    };
                    let way = match &lane {
                        Lane::Road(name) => self.trip(name, row, now),
                        Lane::Mail | Lane::Second => self.way(route),
                    };
                    hand_over(handover, way, &self.settings.templates, self.events.clone());
                }
                None => {}
            }
        }
        Ok(())
    }

    /// An attempt is over: write down what it came to.
    pub(super) async fn attempted(
        &mut self,
        row: OutboxId,
        verdict: SendVerdict,
        copy: Option<SentCopy>,
    ) -> Result<(), StoreError> {
        self.in_flight.remove(&row);
        let now = self.clock.now();
        if let Some(row) = self.book.outbox().rows.get(&row) {
            self.tally.attempted(row, &verdict);
            self.alarm_memory.mail.tried(row, &verdict, now);
        }
        let rules = self.settings.rules.clone();
        let known = self.closed_cases_of(row).await?;
        let identity = self.identity();
        let decisions = decide::report(&self.book, &rules, &identity, row, &verdict, known, now);
        self.carry_out(decisions).await?;
        if let Some(copy) = copy {
            let order = Order::FileSent {
                row,
                message_id: copy.message_id,
                bytes: copy.bytes,
            };
            if !self.watches.order(&copy.mailbox, order) {
                let mailbox = &copy.mailbox;
                warn!(event = "copy_not_filed", %mailbox, row = row.0, "sent copy not filed: the mailbox takes no orders");
            }
        }
        Ok(())
    }

    /// What a row may have to tell that only the disk knows.
    async fn known_of(&self, row: OutboxId) -> Result<Known, StoreError> {
        let mut known = self.closed_cases_of(row).await?;
        if let Some(row) = self.book.outbox().rows.get(&row) {
            let questions = decide::row_questions(row, &self.settings.rules);
            known.extend(self.look_up(questions).await?);
        }
        Ok(known)
    }

    /// The cases a row is about, as far as they are closed by now.
    async fn closed_cases_of(&self, row: OutboxId) -> Result<Known, StoreError> {
        let row = self.book.outbox().rows.get(&row);
        let keys = row.map(|row| row.keys.as_slice()).unwrap_or_default();
        let cases = keys.iter().map(|key| key.case);
        let cases = cases.filter(|id| self.book.case(*id).is_none()).collect();
        self.look_up(Questions {
            cases,
            ..Questions::default()
        })
        .await
    }

    /// The second route a row takes, if it takes one.
    fn route_of(&self, row: OutboxId) -> Option<SecondRoute> {
        self.book.outbox().rows.get(&row)?.purpose.second_route()
    }

    /// Among which others a row waits for its turn.
    fn lane_of(&self, row: OutboxId) -> Lane {
        let row = self.book.outbox().rows.get(&row);
        match row.and_then(|row| row.road.as_ref()) {
            Some(road) => Lane::Road(road.name.clone()),
            None if row.is_some_and(|row| row.purpose.second_route().is_some()) => Lane::Second,
            None => Lane::Mail,
        }
    }

    /// How many are on their way in a lane.
    fn under_way(&self, lane: &Lane) -> usize {
        let rows = self.in_flight.iter();
        rows.filter(|row| self.lane_of(**row) == *lane).count()
    }

    /// How a row takes a road other than mail. The error is for people.
    fn trip(&self, name: &RoadName, row: OutboxId, now: Timestamp) -> Result<Way, String> {
        let row = self.book.outbox().rows.get(&row).ok_or("it is gone")?;
        let trip = roads::trip(name, self.settings.roads.get(name), row, now);
        Ok(Way::Road(Box::new(trip)))
    }

    /// How a row is handed over. The error is for people.
    fn way(&self, route: Option<SecondRoute>) -> Result<Way, String> {
        let (ordinary, alarm) = (self.settings.smtp.as_ref(), &self.settings.alarm);
        let relay = |smtp: Option<&SmtpSettings>, section: &str| {
            let smtp = smtp.ok_or(format!("no mail server is configured; add {section}"))?;
            let timeout = self.settings.limits.smtp_timeout;
            translate::relay(smtp, timeout, &self.wires).map(Way::Relay)
        };
        match route {
            None => relay(ordinary, "[smtp]"),
            Some(SecondRoute::MailServer) => relay(alarm.smtp.as_ref(), "[alarm.smtp]"),
            Some(SecondRoute::Command) => {
                let command = alarm.command.clone().map(Way::Command);
                command.ok_or("no command is configured; add [alarm] command".to_owned())
            }
        }
    }

    fn letterhead(&self, row: OutboxId, now: Timestamp) -> Option<Letterhead> {
        let row = self.book.outbox().rows.get(&row)?;
        let own = match row.purpose.second_route() {
            Some(SecondRoute::MailServer) => self.settings.alarm.smtp.as_ref(),
            Some(SecondRoute::Command) | None => None,
        };
        let smtp = own.or(self.settings.smtp.as_ref())?;
        Some(Letterhead {
            instance: self.identity().installation.instance,
            from: smtp.from.clone(),
            to: row.to.clone(),
            message_id: row.message_id.clone(),
            now,
            replies: self.reply_place(row),
        })
    }

    fn files_copies(&self, mailbox: &MailboxName) -> bool {
        let mailbox = self.settings.mailboxes.get(mailbox);
        mailbox.is_some_and(|own| translate::files_sent_copies(own, self.settings.smtp.as_ref()))
    }
}

/// One mail to be handed over.
pub(super) struct Handover {
    /// Which row.
    pub(super) row: OutboxId,
    /// What it says.
    pub(super) draft: Box<Draft>,
    /// What it has in common with all our mails.
    pub(super) letterhead: Letterhead,
    /// Where a sent copy belongs.
    pub(super) file_in: Option<MailboxName>,
}

/// Those who wait for each other on their way out: what hangs in one holds up no other.
#[derive(Debug, PartialEq, Eq)]
enum Lane {
    /// Mail by the ordinary server.
    Mail,
    /// Alarms by the second route.
    Second,
    /// Another road.
    Road(RoadName),
}

/// How a mail leaves us.
pub(super) enum Way {
    /// To a mail server.
    Relay(Relay),
    /// On the standard input of a command.
    Command(Vec<String>),
    /// By a road other than mail.
    Road(Box<Trip>),
}

/// Hands over one mail in a task of its own and reports to the engine.
pub(super) fn hand_over(
    handover: Handover,
    way: Result<Way, String>,
    templates: &Templates,
    events: mpsc::Sender<Event>,
) {
    let mail = render(&handover.draft, &handover.letterhead, templates);
    let row = handover.row;
    let attempt = async move {
        let relay = match way {
            Ok(Way::Relay(relay)) => relay,
            Ok(Way::Command(command)) => {
                let limit = second_route::COMMAND_TIME_MAX;
                return (second_route::run(&command, &mail, limit).await, None);
            }
            Ok(Way::Road(trip)) => return (trip.make(&handover.draft, &mail).await, None),
            Err(reason) => return (SendVerdict::Later { reason }, None),
        };
        let verdict = smtp::send(&relay, &mail).await;
        let copy = match (&verdict, handover.file_in) {
            (SendVerdict::Sent, Some(mailbox)) => smtp::bytes(&mail).ok().map(|bytes| SentCopy {
                mailbox,
                message_id: mail.message_id.clone(),
                bytes,
            }),
            _ => None,
        };
        (verdict, copy)
    };
    tokio::spawn(async move {
        // A panic while sending leaves it unknown whether the server took the mail.
        let (verdict, copy) = tokio::spawn(attempt).await.unwrap_or_else(|_| {
            let reason = "an internal error while sending".to_owned();
            (SendVerdict::Unknown { reason }, None)
        });
        // The engine is gone only when the daemon stops; then the row is found as interrupted.
        let _ = events.send(Event::Attempted { row, verdict, copy }).await;
    });
}
