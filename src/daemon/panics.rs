//! Panics in the log: one line that says where, and no word of a mail.
//!
//! A panic ends the session or the task it happens in, and the daemon goes on. Rust's own
//! report of it, on standard error, quotes what could not be dealt with: the line of a server
//! that the IMAP parser fails on, the text that is cut in the middle of a character. That may
//! be a client's mail, so the report is replaced. What is left out can be looked up: the place
//! names the line of the source, and so the words that stand there.

use std::any::Any;
use std::panic::PanicHookInfo;

/// Has every panic of this process logged, in place of Rust's own report.
pub fn log_panics() {
    std::panic::set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let (file, line) = panic.location().map_or(("an unknown place", 0), |place| {
        (place.file(), place.line())
    });
    let words = fixed_words(file, panic.payload())
        .unwrap_or("its words are left out, because they may quote mail");
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let file = within_its_package(file);
    match tokio::task::try_id() {
        Some(task) => {
            tracing::error!(event = "panic", thread, %task, "panic at {file}:{line}: {words}")
        }
        None => tracing::error!(event = "panic", thread, "panic at {file}:{line}: {words}"),
    }
}

/// What a panic says, if the words stand in our own source as they are. Words that were put
/// together hold values, and a library may have put mail into any.
fn fixed_words(file: &str, payload: &(dyn Any + Send)) -> Option<&'static str> {
    let sources = file!().strip_suffix("daemon/panics.rs")?;
    let ours = file.starts_with(sources);
    payload.downcast_ref().copied().filter(|_| ours)
}

/// A file of a library without the folder it was unpacked in.
fn within_its_package(file: &str) -> &str {
    let unpacked = file.split_once("/registry/src/");
    let package = unpacked.and_then(|(_, rest)| rest.split_once('/'));
    package.map_or(file, |(_, package)| package)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str =
        "/home/me/.cargo/registry/src/index.crates.io-1949cf8c/imap-proto-0.16.6/src/lib.rs";

    /// What a panic carries.
    fn payload(panics: impl FnOnce() + std::panic::UnwindSafe) -> Box<dyn Any + Send> {
        std::panic::catch_unwind(panics).expect_err("a panic")
    }

    #[test]
    fn only_fixed_words_of_our_own_source_are_told() {
        let fixed = payload(|| panic!("the book is inconsistent"));
        let told = Some("the book is inconsistent");
        assert_eq!(fixed_words("src/domain/book/mod.rs", &*fixed), told);
        assert_eq!(fixed_words(LIBRARY, &*fixed), None);
        assert_eq!(fixed_words("tests/panics.rs", &*fixed), None);
    }

    #[test]
    fn words_with_values_in_them_are_not_told() {
        let subject = "Über uns".to_owned();
        let quoting = payload(move || panic!("could not read {subject}"));
        assert_eq!(fixed_words("src/domain/facts/mod.rs", &*quoting), None);
        let cut = std::hint::black_box("Über uns");
        let cutting = payload(move || assert!(!cut[1..].is_empty()));
        let rusts_own = cutting.downcast_ref::<String>().expect("a text");
        assert!(rusts_own.contains("Über uns"), "{rusts_own}");
        assert_eq!(fixed_words("src/domain/facts/mod.rs", &*cutting), None);
    }

    #[test]
    fn a_library_is_named_without_the_folder_it_was_unpacked_in() {
        let shown = within_its_package(LIBRARY);
        assert_eq!(shown, "imap-proto-0.16.6/src/lib.rs");
        assert_eq!(within_its_package("src/lib.rs"), "src/lib.rs");
    }
}
