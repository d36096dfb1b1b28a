//! How long a judgement takes; run by hand: `cargo test --release speed -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use super::super::super::facts::MessageFacts;
use super::super::judge;
use super::rules;

const MODERN: &str = "Return-Path: <bob@acme.example>\r\nDelivered-To: alice@northwind.example\r\nReceived: from mail.acme.example (mail.acme.example [192.0.2.1])\r\n\tby mx.northwind.example with ESMTPS id 4711\r\n\tfor <alice@northwind.example>; Mon, 2 Mar 2026 09:00:01 +0000\r\nAuthentication-Results: mx.northwind.example;\r\n\tdkim=pass header.d=acme.example;\r\n\tspf=pass smtp.mailfrom=acme.example;\r\n\tdmarc=pass (p=none) header.from=acme.example\r\nDKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1; bh=abc; b=def\r\nFrom: Bob Smith <bob@acme.example>\r\nTo: Alice <alice@northwind.example>\r\nCc: Carl <carl@northwind.example>\r\nSubject: Re: The printer on the second floor does not print\r\nThread-Topic: The printer\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\nMessage-ID: <17.4711@acme.example>\r\nIn-Reply-To: <16@northwind.example>\r\nReferences: <15@acme.example> <16@northwind.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\nX-Mailer: Mailer 16.0\r\n\r\n";

#[test]
#[ignore = "a measurement; run by hand"]
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement needs the real clock"
)]
fn a_judgement_takes_microseconds() {
    const ROUNDS: u32 = 100_000;
    let rules = rules();
    let started = Instant::now();
    for _ in 0..ROUNDS {
        black_box(MessageFacts::parse(black_box(MODERN.as_bytes()), None));
    }
    println!("parse: {:?}", started.elapsed() / ROUNDS);
    for from in [
        "bob@acme.example",
        "alice@northwind.example",
        "eve@evil.test",
    ] {
        let header = MODERN.replace("Smith <bob@acme.example>", &format!("Smith <{from}>"));
        let facts = MessageFacts::parse(header.as_bytes(), None);
        let started = Instant::now();
        for _ in 0..ROUNDS {
            black_box(judge(black_box(&facts), None, &rules));
        }
        println!("judge, from {from}: {:?}", started.elapsed() / ROUNDS);
    }
}
