//! Stories of the team's own list in front of its mailbox: by what mail through it is known, and
//! what stays list mail though it came through it.

use super::super::super::ids::{ClientKey, MailboxName};
use super::super::super::rules::{MailboxRules, Rules};
use super::super::{Kind, Sender, Verdict, judge};
use super::{address, mail, parts, verdict};

fn opens(verdict: &Verdict, what: &str) {
    assert_eq!(verdict.kind, Kind::Human, "{what}: {:?}", verdict.reasons);
    assert!(verdict.opens_case, "{what}: {:?}", verdict.reasons);
    assert_eq!(
        verdict.client,
        Some(ClientKey::new("acme")),
        "{what}: {:?}",
        verdict.reasons
    );
}

fn is_refused(verdict: &Verdict, what: &str) {
    assert_ne!(verdict.kind, Kind::Human, "{what}");
    assert!(!verdict.opens_case && !verdict.may_acknowledge, "{what}");
}

#[test]
fn the_list_is_known_by_its_id_in_every_form_that_list_programs_write() {
    for id in [
        "<clients.northwind.example>",
        "Clients of Northwind <clients.northwind.example>",
        "\"Clients\" <Clients.Northwind.Example>",
        "clients.northwind.example",
        "<clients@northwind.example>",
        "<clients.lists.northwind.example>",
        "Clients <clients.mail.lists.northwind.example>",
    ] {
        let fields = format!(
            "List-Id: {id}\nPrecedence: list\nList-Unsubscribe: <mailto:leave@northwind.example>\nTo: clients@northwind.example"
        );
        let verdict = verdict(&fields);
        opens(&verdict, id);
        assert!(verdict.may_acknowledge, "{id}: {:?}", verdict.reasons);
    }
    for id in [
        "<clients-northwind.example>",
        "<clients.northwind.example.evil.test>",
        "<clients.notnorthwind.example>",
        "<clients.example>",
        "<xclients.northwind.example>",
        "<all.northwind.example>",
        "<clients.acme.example>",
        "clients.northwind.example <talk.lists.example>",
    ] {
        let fields = format!("List-Id: {id}\nTo: clients@northwind.example");
        is_refused(&verdict(&fields), id);
    }
}

#[test]
fn the_list_is_known_by_where_one_writes_to_it() {
    for mark in [
        "List-Post: <mailto:clients@northwind.example>",
        "List-Post: <https://groups.example/a/clients>, <mailto:Clients@Northwind.example>",
        "List-Post: <mailto:clients@lists.northwind.example?subject=x>",
        "Mailing-List: list clients@northwind.example; contact clients+owners@northwind.example",
        "X-BeenThere: clients@northwind.example",
        "X-Mailing-List: <clients@northwind.example> archive/latest/17",
    ] {
        let fields = format!("{mark}\nPrecedence: list\nTo: clients@northwind.example");
        opens(&verdict(&fields), mark);
    }
    for mark in [
        "List-Post: <mailto:clients@acme.example>",
        "List-Post: <mailto:talk@lists.northwind.example>",
        "Mailing-List: list talk@lists.example; contact clients@northwind.example.evil.test",
        "X-BeenThere: talk@lists.example",
    ] {
        let fields = format!("{mark}\nTo: clients@northwind.example");
        is_refused(&verdict(&fields), mark);
    }
}

#[test]
fn a_list_that_writes_no_field_is_known_by_its_being_a_recipient() {
    let precedence = "Precedence: list\nReturn-Path: <clients-bounces@northwind.example>\nErrors-To: <clients-bounces@lists.northwind.example>\nSender: clients-bounces@northwind.example";
    for to in [
        "To: clients@northwind.example",
        "To: alice@northwind.example\nCc: Clients <clients@northwind.example>",
        "To: alice@northwind.example\nDelivered-To: clients@northwind.example",
        "To: alice@northwind.example\nDelivered-To: alice@northwind.example\nDelivered-To: mailing list clients@northwind.example",
        "To: alice@northwind.example\nX-Original-To: clients@northwind.example",
    ] {
        for subject in ["Printer", "[Clients] Printer", "Re: Printer"] {
            let verdict = verdict(&format!("{precedence}\nSubject: {subject}\n{to}"));
            opens(&verdict, to);
            assert!(verdict.may_acknowledge, "{to}: {:?}", verdict.reasons);
        }
    }
    let hidden = verdict(
        "Precedence: list\nTo: undisclosed-recipients:;\nDelivered-To: clients@northwind.example",
    );
    opens(&hidden, "by Bcc");
    assert!(!hidden.may_acknowledge, "our address stands nowhere");
    is_refused(
        &verdict("Precedence: list\nTo: alice@northwind.example"),
        "no list of ours",
    );
}

#[test]
fn what_another_list_or_a_newsletter_sends_to_our_list_stays_what_it_is() {
    for marks in [
        "List-Id: <talk.lists.example>\nPrecedence: list",
        "List-Post: <mailto:talk@lists.example>\nPrecedence: list",
        "List-Unsubscribe: <https://m.example/u>\nPrecedence: list",
        "Mailing-List: contact talk-help@lists.example; run by ezmlm\nPrecedence: list",
        "Precedence: bulk",
        "Precedence: junk",
        "X-Campaign: 17\nPrecedence: list",
        "List-Id: <clients.northwind.example>\nList-Post: <mailto:talk@lists.example>",
        "List-Post: <mailto:clients@northwind.example>\nList-Id: <talk.lists.example>",
        "Return-Path: <talk-bounces@lists.example>\nReply-To: no-reply@lists.example",
    ] {
        for to in [
            "To: clients@northwind.example",
            "To: alice@northwind.example\nCc: clients@northwind.example",
            "To: alice@northwind.example\nDelivered-To: clients@northwind.example",
        ] {
            is_refused(&verdict(&format!("{marks}\n{to}")), marks);
        }
    }
}

#[test]
fn a_mailboxs_own_delivery_says_nothing_of_a_list() {
    let mut parts = parts();
    let mailbox = MailboxRules {
        address: Some(address("clients@northwind.example")),
        start_from: None,
    };
    parts.mailboxes.insert(MailboxName::new("clients"), mailbox);
    let rules = Rules::new(parts);
    let fields =
        "Precedence: list\nTo: talk@lists.example\nDelivered-To: clients@northwind.example";
    is_refused(&judge(&mail(fields), None, &rules), "a list we are on");
    let addressed = "Precedence: list\nTo: clients@northwind.example";
    opens(&judge(&mail(addressed), None, &rules), "addressed");
}

#[test]
fn the_list_gives_its_author_back_from_the_first_field_that_names_him() {
    let via = "From: \"'Bob' via Clients\" <clients@northwind.example>";
    let munged = "From: Bob via Clients <clients@lists.northwind.example>";
    let marks = "List-Id: <clients.lists.northwind.example>";
    for fields in [
        format!(
            "{via}\nX-Original-From: bob@acme.example\nX-Original-Sender: eve@evil.test\nReply-To: eve@evil.test\nTo: clients@northwind.example"
        ),
        format!(
            "{via}\nX-Original-Sender: bob@acme.example\nReply-To: eve@evil.test\nCc: clients@northwind.example"
        ),
        format!(
            "{via}\nReply-To: clients@northwind.example, bob@acme.example\nX-Original-To: clients@northwind.example"
        ),
        format!("{munged}\n{marks}\nReply-To: Bob <bob@acme.example>"),
        format!(
            "{munged}\n{marks}\nReply-To: clients@lists.northwind.example, Bob <bob@acme.example>"
        ),
    ] {
        let verdict = verdict(&fields);
        opens(&verdict, &fields);
        assert_eq!(
            verdict.author.map(|author| author.address),
            Some(address("bob@acme.example")),
            "{fields}"
        );
    }
    for fields in [
        format!("From: talk@lists.example\nX-Original-From: bob@acme.example\n{marks}"),
        format!("{munged}\nReply-To: Bob <bob@acme.example>\nList-Id: <talk.lists.example>"),
    ] {
        let verdict = verdict(&fields);
        assert_eq!(verdict.sender, Sender::Stranger, "{fields}");
    }
}

#[test]
fn the_list_gives_its_author_back_from_cc_where_answers_go_to_the_list() {
    let munged = "From: Bob Smith via Clients <clients@northwind.example>\nTo: clients@northwind.example\nReply-To: Clients <clients@northwind.example>\nList-Id: <clients.lists.northwind.example>";
    let restored = verdict(&format!(
        "{munged}\nCc: Carl <carl@northwind.example>, Bob Smith <bob@acme.example>"
    ));
    opens(&restored, munged);
    assert_eq!(
        restored.author.map(|author| author.address),
        Some(address("bob@acme.example"))
    );
    for cc in [
        // Whoever is merely copied did not write.
        "Cc: Ann <ann@acme.example>",
        "Cc: bob@acme.example",
        "Cc: Bob Smith <bob@acme.example>, Bob Smith <eve@evil.test>",
        "Cc: Bob Smith <eve@evil.test>",
    ] {
        let verdict = verdict(&format!("{munged}\n{cc}"));
        assert_eq!(
            verdict.sender,
            Sender::Stranger,
            "{cc}: {:?}",
            verdict.reasons
        );
    }
    let another = "From: Bob Smith via Talk <talk@lists.example>\nTo: clients@northwind.example\nCc: Bob Smith <bob@acme.example>\nReply-To: talk@lists.example";
    assert_eq!(verdict(another).sender, Sender::Stranger, "no list of ours");
}
