//! Stories of the results that a trusted server writes into a mail, and of those who try to hide
//! them: the envelope's sender is theirs to choose.

use super::verdict;

fn suspicious(results: &str) -> bool {
    verdict(&format!(
        "Authentication-Results: mx.northwind.example; {results}"
    ))
    .suspicious
}

#[test]
fn a_failure_is_seen_behind_whatever_a_forger_has_put_before_it() {
    for results in [
        r#"spf=pass smtp.mailfrom="a\"(b"@evil.test; dmarc=fail header.from=acme.example"#,
        r#"spf=pass (sender \( x) smtp.mailfrom=x@evil.test; dmarc=fail"#,
        r#"spf=pass (sender a\)b) smtp.mailfrom=x; dmarc=fail"#,
        r#"spf=pass (helo=foo( ) smtp.mailfrom=x@evil.test; dmarc=fail"#,
        r#"spf=none smtp.helo="x; dmarc=fail header.from=acme.example"#,
        r#"spf=softfail (mx: domain of transitioning "a(b"@evil.test does not designate) smtp.mailfrom="\"a(b\"@evil.test"; dmarc=fail (p=REJECT) header.from=acme.example"#,
        // Nothing is decoded: what an encoded word says opens and closes nothing.
        "spf=pass smtp.mailfrom==?utf-8?q?=22x=28?=@evil.test; dmarc=fail",
        "spf=pass smtp.mailfrom=a(b@evil.test; dmarc=fail (p=none); spf=pass smtp.helo=c)d",
        "dmarc (z) / 1 = (q) fail (p=reject)",
        "spf=pass; dmarc=\"fail\"",
    ] {
        assert!(suspicious(results), "{results}");
    }
    let far = format!(
        "spf=pass smtp.mailfrom=\"{}\"@evil.test; dmarc=fail",
        "x".repeat(4000)
    );
    assert!(suspicious(&far), "however long the sender is");
}

#[test]
fn what_is_no_result_is_no_failure() {
    for results in [
        r#"spf=pass smtp.mailfrom="x;dmarc=fail"@acme.example; dmarc=pass header.from=acme.example"#,
        r#"spf=pass smtp.mailfrom="x\"; dmarc=fail"@acme.example; dmarc=pass"#,
        "dmarc=pass (not dmarc=fail)",
        "dmarc=pass (p=none",
        "dmarc=none; dkim=fail (bad \\) signature)",
    ] {
        assert!(!suspicious(results), "{results}");
    }
    let versioned = "Authentication-Results: mx.northwind.example/1; dmarc=fail";
    assert!(
        verdict(versioned).suspicious,
        "a version behind the server's name"
    );
}

#[test]
fn a_forged_colleague_stops_no_clock() {
    let forged = verdict(
        "From: alice@northwind.example\nTo: bob@acme.example\nIn-Reply-To: <1@acme.example>\nAuthentication-Results: mx.northwind.example; spf=pass smtp.mailfrom=\"a\\\"(b\"@evil.test; dmarc=fail header.from=northwind.example",
    );
    assert!(
        forged.suspicious && !forged.stops_clock,
        "{:?}",
        forged.reasons
    );
}

/// A text as a server quotes it (RFC 5322, section 3.2.4).
fn quoted(text: &str, marks: &[char]) -> String {
    let escape = |c: char| match marks.contains(&c) {
        true => vec!['\\', c],
        false => vec![c],
    };
    text.chars().flat_map(escape).collect()
}

proptest::proptest! {
    /// Whatever sender is chosen, a server that quotes it says nothing else by what follows.
    #[test]
    fn no_chosen_sender_hides_a_failure_or_makes_one(
        sender in "[ -~]{0,40}|[a(\\\\)\"; =?]{0,12}|[^\\x00-\\x1f]{0,20}",
        fails in proptest::bool::ANY,
    ) {
        let path = quoted(&sender, &['"', '\\']);
        let comment = quoted(&sender, &['(', ')', '\\']);
        let result = if fails { "fail" } else { "pass" };
        let results = format!(
            "spf=softfail (domain of {comment} does not) smtp.mailfrom=\"{path}\"@evil.test; dmarc={result} (p=none)"
        );
        // A server's own comment may speak of a result, a sender's words there may too: they can
        // only make a failure of a pass, which hurts nobody but him.
        if fails {
            proptest::prop_assert!(suspicious(&results), "{}", results);
        } else if !sender.contains("dmarc") {
            proptest::prop_assert!(!suspicious(&results), "{}", results);
        }
    }
}
