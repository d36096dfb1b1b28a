//! The listener for monitoring systems, from before the store is opened until the stop.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::start::{BEAT_TIME_MAX, CALLS_MAX};
use crate::control::{Call, MonitorListener, Pulse};

/// How long after the port could not be taken it is tried again.
const PORT_TRIED_EVERY: Duration = Duration::from_secs(30);

/// What watches over the engine.
pub(super) struct Monitoring {
    /// When the engine last made a round.
    pub(super) pulse: Pulse,
    probes: mpsc::Receiver<Call>,
    served: JoinHandle<()>,
}

impl Monitoring {
    /// Offers the listener, if there is to be one, until `stop` is cancelled; and the engine's
    /// way to tell of its rounds.
    pub(super) fn begin(
        listen: Option<SocketAddr>,
        stop: &CancellationToken,
    ) -> (Self, watch::Sender<Option<Instant>>) {
        let (beat, pulse) = watch::channel(None);
        let (calls, probes) = mpsc::channel(CALLS_MAX);
        let served = tokio::spawn(offer(listen, calls, pulse.clone(), stop.clone()));
        let monitoring = Self {
            pulse,
            probes,
            served,
        };
        (monitoring, beat)
    }

    /// Hands probes on to the engine, now that there is one. The task ends with the listener.
    pub(super) fn reaches(self, calls: mpsc::Sender<Call>) -> JoinHandle<()> {
        let mut probes = self.probes;
        tokio::spawn(async move {
            while let Some(call) = probes.recv().await {
                if calls.send(call).await.is_err() {
                    return;
                }
            }
        });
        self.served
    }
}

/// A service must not stay down because its port is taken: that is logged, and the port tried
/// again.
async fn offer(
    listen: Option<SocketAddr>,
    calls: mpsc::Sender<Call>,
    pulse: Pulse,
    stop: CancellationToken,
) {
    let Some(address) = listen else { return };
    let mut told = false;
    let listener = loop {
        match MonitorListener::offer(address).await {
            Ok(listener) => break listener,
            Err(error) if !told => {
                error!(event = "metrics_not_offered", "{error}; trying again");
                told = true;
            }
            Err(_) => {}
        }
        let rest = tokio::time::sleep(PORT_TRIED_EVERY);
        if stop.run_until_cancelled(rest).await.is_none() {
            return;
        }
    };
    info!(event = "metrics_offered", %address, "listening for monitoring systems");
    listener.serve(calls, pulse, BEAT_TIME_MAX, stop).await;
}
