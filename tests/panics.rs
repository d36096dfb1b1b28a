//! What a panic leaves in the log: one line with the place, and no word of what it quotes.

use std::io::{self, Write};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};

use ackd::daemon::panics::log_panics;
use async_imap::imap_proto::Response;
use tracing::subscriber::with_default;

#[derive(Debug, Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut page = self.0.lock().expect("nobody panics while it writes");
        page.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while something panics.
fn logged(panics: fn()) -> String {
    let page = Page::default();
    let writer = page.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    with_default(subscriber, || catch_unwind(panics)).expect_err("a panic");
    let bytes = page.0.lock().expect("nobody panics while it writes");
    String::from_utf8(bytes.clone()).expect("text")
}

#[test]
fn a_panic_is_one_line_that_says_where_and_quotes_nothing() {
    log_panics();
    let parser = logged(|| {
        let line = "* OK [ALERT]– Anna's secret\r\n".as_bytes();
        drop(Response::parse(line));
    });
    assert_eq!(parser.lines().count(), 1, "{parser}");
    assert!(parser.contains("ERROR"), "{parser}");
    assert!(!parser.contains("secret"), "{parser}");

    let elsewhere = logged(|| panic!("Anna's secret"));
    assert!(
        elsewhere.contains("panic at tests/panics.rs:"),
        "{elsewhere}"
    );
    assert!(
        elsewhere.contains("thread=\"a_panic_is_one_line"),
        "{elsewhere}"
    );
    assert!(!elsewhere.contains("secret"), "{elsewhere}");
}
