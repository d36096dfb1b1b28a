//! The lives of the daemon: started, run through the story, crashed, and started again.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ackd::control::view::StatusView;
use ackd::control::{Answer, Call, Request};
use ackd::daemon::{EVENTS_MAX, Engine, EngineParts, Event, Pace, Wires};
use ackd::domain::book::Book;
use ackd::domain::time::Timestamp;
use ackd::store::{MemoryStore, StoreError, StoreHandle};
use ackd::{imap, smtp};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::chance::Chance;
use crate::clock::Time;
use crate::disk::Disk;
use crate::filing::Filing;
use crate::house::House;
use crate::story::{Act, Climate, Story};
use crate::world::World;
use crate::{losses, oracle, panics, punctual};

/// How often the daemon compares the clock with its agenda. The design wants 30 s; what is
/// due is not missed at this pace, and a world takes fewer rounds.
const PACE: Duration = Duration::from_secs(50);

/// How long the daemon has to recover before it is asked what became of everything.
const RECOVERY: Duration = Duration::from_secs(2_700);

/// How many business days pass at the end.
const DAYS_AT_THE_END: usize = 4;

/// How long the daemon is awake on each of them.
const AWAKE_AT_THE_END: Duration = Duration::from_secs(240);

/// What became of a world.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) complaints: Vec<String>,
    pub(crate) transcript: Vec<String>,
    /// For interest: lives, commits, mails taken.
    pub(crate) figures: (u32, u64, usize),
}

/// Whether what happens is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    Off,
    /// For comparing.
    Kept,
    /// As it happens, for reading.
    Live,
}

/// How a life ended.
enum Ending {
    /// The story is told, and the daemon is as it should be.
    Told,
    /// It is off for so long.
    Off(chrono::Duration),
}

/// Plays one world to its end.
pub(crate) fn play(seed: u64, recording: Recording) -> Outcome {
    play_with(seed, recording, None)
}

/// Plays one world to its end, in which the store is lost now and then.
pub(crate) fn play_with_losses(seed: u64, recording: Recording) -> Outcome {
    // Whatever the world draws, it draws as it would without losses.
    let losses = Chance::of_seed(seed ^ 0x1057);
    play_with(seed, recording, Some(losses))
}

fn play_with(seed: u64, recording: Recording, losses: Option<Chance>) -> Outcome {
    fastrand::seed(seed);
    panics::listen();
    let mut chance = Chance::of_seed(seed);
    let story = Story::of(&mut chance);
    let mut lives = Lives::new(story, &mut chance, recording);
    lives.world.lock().losses = losses;
    // So is what the mail server files.
    let filing = Filing::of(Chance::of_seed(seed ^ 0xf11e), lives.story.watched());
    lives.world.lock().filing = filing;
    while let Ending::Off(time) = lives.live() {
        let inner = lives.world.lock();
        inner.time.pass(time);
        if inner.is_hopeless {
            break;
        }
        drop(inner);
        let lost = losses::perhaps(&mut lives.world.lock());
        lives.store = lost.unwrap_or(lives.store);
    }
    let rules = lives.house().rules();
    let mut inner = lives.world.lock();
    oracle::finish(&mut inner, &rules);
    for place in panics::heard() {
        inner.complain(format!("a panic in {place}"));
    }
    Outcome {
        complaints: std::mem::take(&mut inner.complaints),
        transcript: std::mem::take(&mut inner.transcript),
        figures: (inner.life, inner.kept.commits, inner.deliveries.len()),
    }
}

struct Lives {
    world: World,
    time: Time,
    store: MemoryStore,
    story: Story,
    acts: VecDeque<(Timestamp, Act)>,
    /// How long to be off after a crash that has been ordered.
    off_for: chrono::Duration,
    chance: Chance,
}

impl Lives {
    fn new(mut story: Story, chance: &mut Chance, recording: Recording) -> Self {
        let world = World::new(story.start, chance.branch(), recording);
        let mut inner = world.lock();
        inner.letters = story.letters.clone();
        inner.mailboxes = std::mem::take(&mut story.mailboxes).into_iter().collect();
        inner.log(|| format!("{:?}, {:?}", story.climate, story.houses));
        let time = inner.time.clone();
        drop(inner);
        let acts = std::mem::take(&mut story.acts).into();
        Self {
            world,
            time,
            store: MemoryStore::new(),
            story,
            acts,
            off_for: chrono::Duration::seconds(5),
            chance: chance.branch(),
        }
    }

    /// The house in the present life. At the end it is always the last one.
    fn house(&self) -> &House {
        let houses = &self.story.houses;
        let life = self.world.lock().life.max(1) as usize;
        houses.get(life - 1).unwrap_or(&houses[houses.len() - 1])
    }

    fn live(&mut self) -> Ending {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let ending = runtime.block_on(async {
            self.time.begin_life();
            self.live_on().await
        });
        // Everything the daemon was about to do ends here.
        runtime.block_on(async { self.time.end_life() });
        self.world.lock().is_off = true;
        drop(runtime);
        ending
    }

    async fn live_on(&mut self) -> Ending {
        let house = self.wake();
        let stop = CancellationToken::new();
        let (events, incoming) = mpsc::channel(EVENTS_MAX);
        let parts = match self
            .parts(&house, (events.clone(), incoming), stop.clone())
            .await
        {
            Ok(parts) => parts,
            Err(error) => return self.died(&error),
        };
        let engine = match Engine::start(parts).await {
            Ok(engine) => engine,
            Err(error) => return self.died(&error),
        };
        let mut run = pin!(engine.run());
        match self.storm(&mut run, &stop).await {
            Some(ending) => ending,
            None => self.calm(&mut run, events, &house).await,
        }
    }

    /// What has happened meanwhile happens, and the house is as it is in this life.
    fn wake(&mut self) -> House {
        let now = self.time.truth();
        let mut inner = self.world.lock();
        inner.life += 1;
        inner.life_began = now;
        drop(inner);
        while self.act_until(now).is_some() {}
        let house = self.house().clone();
        let mut inner = self.world.lock();
        inner.is_off = false;
        inner.mode = house.mode;
        let life = inner.life;
        inner.log(|| format!("--- life {life} begins, mode {}", house.mode.as_str()));
        house
    }

    async fn parts(
        &self,
        house: &House,
        events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
        stop: CancellationToken,
    ) -> Result<EngineParts, StoreError> {
        let disk = Disk::new(self.world.clone(), self.store.clone());
        let store = StoreHandle::inline(disk);
        let loaded = store.load().await?;
        let settings = house.settings();
        let cursors = loaded.cursors.clone();
        let book = Book::open(loaded, &settings.rules);
        if let Err(wrong) = book.check() {
            self.world
                .lock()
                .complain(format!("the book is wrong: {wrong}"));
        }
        let (posts, mailboxes) = (self.world.clone(), self.world.clone());
        let imap = imap::Connector::Memory(Arc::new(
            move |host, _| -> io::Result<Box<dyn imap::Wire>> {
                Ok(Box::new(mailboxes.dial_mailbox(host)?))
            },
        ));
        let smtp =
            smtp::Connector::Memory(Arc::new(move |_, _| -> io::Result<Box<dyn smtp::Wire>> {
                Ok(Box::new(posts.dial_post()?))
            }));
        Ok(EngineParts {
            settings,
            book,
            store,
            clock: Arc::new(self.time.clone()),
            events,
            cursors,
            pace: Pace { tick_max: PACE },
            wires: Wires { imap, smtp },
            beat: watch::channel(None).0,
            stop,
        })
    }

    /// The engine has ended by itself: right if the disk failed.
    fn died(&mut self, error: &StoreError) -> Ending {
        let mut inner = self.world.lock();
        inner.log(|| format!("--- it died: {error}"));
        inner.odd();
        drop(inner);
        Ending::Off(self.chance.seconds(1, 400))
    }

    /// The daemon through the rest of the story.
    async fn storm<R>(&mut self, run: &mut R, stop: &CancellationToken) -> Option<Ending>
    where
        R: Future<Output = Result<(), StoreError>> + Unpin,
    {
        loop {
            let until = self.acts.front().map_or(self.story.end, |(at, _)| *at);
            let crashed = self.world.crash_notice();
            tokio::select! {
                biased;
                () = crashed.notified() => {
                    self.world.lock().log(|| "--- crash".to_owned());
                    return Some(Ending::Off(self.off_for));
                }
                ended = &mut *run => {
                    return Some(match ended {
                        Err(error) => self.died(&error),
                        Ok(()) => {
                            self.world.lock().complain("the daemon stopped by itself".to_owned());
                            Ending::Told
                        }
                    });
                }
                () = tokio::time::sleep_until(self.time.instant_of(until)) => {}
            }
            let now = self.time.truth();
            if let Some(Act::Stop(off)) = self.act_until(now) {
                stop.cancel();
                let _in_time = tokio::time::timeout(Duration::from_secs(10), &mut *run).await;
                return Some(Ending::Off(off));
            }
            if self.acts.is_empty() && now >= self.story.end {
                return None;
            }
        }
    }

    /// Lets everything happen that is to happen by now; a stop interrupts it.
    fn act_until(&mut self, now: Timestamp) -> Option<Act> {
        while self.acts.front().is_some_and(|(at, _)| *at <= now) {
            let (at, act) = self.acts.pop_front()?;
            match act {
                Act::Stop(_) => return Some(act),
                Act::Crash(steps, off) => {
                    self.off_for = off;
                    self.world.crash_in(steps);
                }
                other => self.world.act(at, other),
            }
        }
        None
    }

    /// The storm is over: everything owed is done, and the daemon says so itself.
    async fn calm<R>(&mut self, run: &mut R, events: mpsc::Sender<Event>, house: &House) -> Ending
    where
        R: Future<Output = Result<(), StoreError>> + Unpin,
    {
        self.world.clear_up();
        let rules = house.rules();
        let calendar = rules.calendars.values().next().expect("one calendar");
        let mut pauses = vec![RECOVERY];
        pauses.extend([AWAKE_AT_THE_END; DAYS_AT_THE_END]);
        for (day, pause) in pauses.into_iter().enumerate() {
            if day > 0 {
                let now = self.time.truth();
                let opening = calendar.next_open(now + chrono::Duration::hours(13));
                let later = opening.expect("it opens") + chrono::Duration::minutes(150);
                self.time.pass(later - now);
                self.world.lock().odd();
                self.world.lock().log(|| "--- the next day".to_owned());
            }
            tokio::select! {
                biased;
                ended = &mut *run => {
                    let what = format!("the daemon ended in the calm: {ended:?}");
                    self.world.lock().complain(what);
                    return Ending::Told;
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
        let asking = status(events);
        tokio::select! {
            biased;
            _ = &mut *run => {}
            said = asking => {
                if let Some(said) = said {
                    oracle::said(&mut self.world.lock(), &said);
                }
            }
        }
        if self.story.climate == Climate::Calm {
            let poll_every = house.poll_every;
            punctual::check(&mut self.world.lock(), &rules, self.story.end, poll_every);
        }
        Ending::Told
    }
}

async fn status(events: mpsc::Sender<Event>) -> Option<StatusView> {
    let (answer, said) = oneshot::channel();
    let request = Request::Status;
    let call = Call { request, answer };
    events.send(Event::Call(call)).await.ok()?;
    match said.await.ok()? {
        Answer::Status(status) => Some(*status),
        _ => None,
    }
}
