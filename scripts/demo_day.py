"""The day scripts/demo plays: a small agency, two clients, the real daemon, real servers.

Every expectation is checked in the real mailboxes, and the story is told as it happens.
Python's standard library only. Started by scripts/demo.
"""

import argparse
import os
import signal
import sys
import textwrap
import time

from daemon import Daemon
from mail_user import Folder, PASSWORD, Servers, letter, plain_text, poll

SHOWN_HEADERS = (
    "Return-Path", "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "X-Ackd",
)
PEOPLE = {
    "alice": "Alice (owner of Harbour Hotels)",
    "bob": "Bob (owner of Meridian Books)",
    "lead": "the agency's lead",
    "anna": "Anna at Harbour Hotels",
    "tom": "Tom at Harbour Hotels",
    "paul": "Paul at Meridian Books",
}
ANNA = "Anna Berg <anna@client.test>"
TOM = "Tom Field <tom@client.test>"
PAUL = "Paul Lind <paul@partner.test>"
CLIENTS = "clients@agency.test"
PROJECTS = "projects@agency.test"

# Message-IDs of the day's mails, by what they are about.
CALL, LOGO, OUTAGE, HOLIDAY, NEWS, PROOFS, INVOICE = (
    f"<{name}.{os.getpid()}.{int(time.time())}@{domain}>" for name, domain in (
        ("call", "client.test"), ("logo", "client.test"), ("outage", "partner.test"),
        ("holiday", "client.test"), ("news", "client.test"), ("proofs", "partner.test"),
        ("invoice", "client.test")))


class Story:
    """What is told on the terminal, and what came true."""

    def __init__(self):
        self.began = time.monotonic()
        self.held = 0
        self.broken = []

    def now(self):
        return time.monotonic() - self.began

    def tell(self, text):
        stamp = f"[{self.now():5.1f} s] "
        print(textwrap.fill(text, 100, initial_indent=stamp, subsequent_indent=" " * len(stamp)), flush=True)

    def chapter(self, text):
        print(f"\n== {text}", flush=True)

    def expect(self, truth, what, seen=""):
        """One expectation; `seen` tells what was there instead."""
        if truth:
            self.held += 1
            print(f"          ok      {what}", flush=True)
        else:
            self.broken.append(what)
            print(f"          FAILED  {what}{f' ({seen})' if seen else ''}", flush=True)
        return bool(truth)

    def show(self, reader, message):
        print(f"\n          .---- arrives in the inbox of {PEOPLE[reader]}")
        for name in SHOWN_HEADERS:
            if message[name] is not None:
                print(f"          | {name}: {' '.join(str(message[name]).split())}")
        print("          |")
        for line in plain_text(message).strip().splitlines():
            print(f"          |   {line}")
        print("          '----\n", flush=True)


class Inboxes:
    """Everybody's inbox, looked at again and again; what is new is shown."""

    def __init__(self, servers, story):
        self.story = story
        self.folders = {name: Folder(servers, name) for name in PEOPLE}
        self.mails = {name: [] for name in PEOPLE}
        self.seen_uid = dict.fromkeys(PEOPLE, 0)

    def look(self):
        for name, folder in self.folders.items():
            for uid, _, message in folder.after(self.seen_uid[name]):
                self.seen_uid[name] = uid
                self.mails[name].append((self.story.now(), message))
                self.story.show(name, message)

    def about(self, name, message_id):
        """The daemon's mails in one inbox that name a client's mail: [(seen at, message)]."""
        self.look()
        return [(at, m) for at, m in self.mails[name] if by_daemon(m) and names(m, message_id)]

    def await_about(self, name, message_id, count, within):
        """Until `count` such mails are there."""
        poll(lambda: len(self.about(name, message_id)) >= count, within)
        return self.about(name, message_id)

    def close(self):
        for folder in self.folders.values():
            folder.imap.logout()


def by_daemon(message):
    return str(message["Message-ID"] or "").strip().startswith("<ackd.")


def names(message, message_id):
    """Whether a mail names another one by its Message-ID, in a header or in its text."""
    bare = message_id.strip("<>")
    headers = f"{message['In-Reply-To']} {message['References']}"
    return bare in headers or bare in plain_text(message).replace("\n", " ")


class Day:
    """The scenes, in the order they are played."""

    def __init__(self, servers, daemon, story, folder):
        self.servers = servers
        self.daemon = daemon
        self.story = story
        self.folder = folder
        self.inboxes = Inboxes(servers, story)
        self.sent_at = {}

    def write(self, sender, recipients, subject, text, message_id, envelope=None, **headers):
        """A client writes; the mail is kept as a file too, for `ackd explain`."""
        message = letter(sender, ", ".join(recipients), subject, text, message_id, **headers)
        path = os.path.join(self.folder, message_id.strip("<>") + ".eml")
        with open(path, "wb") as file:
            file.write(message.as_bytes())
        address = sender[sender.index("<") + 1:-1]
        self.servers.deliver(message, address if envelope is None else envelope, recipients)
        self.sent_at[message_id] = self.story.now()
        return path

    def answer(self, user, name, to, subject, text, message_id):
        """A colleague answers: by SMTP, and the mail program files the copy in the Sent folder."""
        message = letter(
            f"{name} <{user}@agency.test>", to, subject, text, f"<answer.{message_id.strip('<>')[:20]}.{user}@agency.test>",
            In_Reply_To=message_id, References=message_id)
        address = to[to.index("<") + 1:-1]
        self.servers.submit(user, message, f"{user}@agency.test", [address])
        self.servers.file_sent("clients", message)

    def open_cases(self, message_id, *options):
        bare = message_id.strip("<>")
        return [c for c in self.daemon.cases(*options) if bare in [i.strip("<>") for i in c["message_ids"]]]

    def await_case(self, message_id, within=10):
        return poll(lambda: self.open_cases(message_id), within)

    # The scenes.

    def morning(self):
        self.story.chapter("Morning: ackd starts and looks at the mailboxes clients@ and projects@")
        self.daemon.start()
        status = self.daemon.wait_until_live(within=25)
        for mailbox in status["mailboxes"]:
            self.story.tell(f"{mailbox['name']} is {mailbox['state']}")
        self.story.expect(status["mode"] == "full", "the daemon may remind and acknowledge", status["mode"])

    def client_asks(self):
        self.story.chapter("Anna asks for a call. Nobody will answer her today")
        self.write(ANNA, [CLIENTS], "Could we move Thursday's call?",
                   "Hello,\n\ncould we move our call from Thursday to Friday?\n\nAnna\n", CALL)
        case = self.await_case(CALL)
        if self.story.expect(case, "her mail opens a case"):
            self.story.tell(f"case {case[0]['id']} for {case[0]['client']}, due {case[0]['due_at']}")

    def colleague_answers(self):
        self.story.chapter("Anna asks something else, and Alice answers at once")
        self.write(ANNA, [CLIENTS], "Which logo goes on the poster?",
                   "Hello,\n\nthe old or the new one?\n\nAnna\n", LOGO)
        self.story.expect(self.await_case(LOGO), "her mail opens a case")
        self.answer("alice", "Alice Moore", ANNA, "Re: Which logo goes on the poster?",
                    "Hello Anna,\n\nthe new one.\n\nAlice\n", LOGO)
        self.story.tell("Alice answers by SMTP; her mail program files the copy in Sent")
        closed = poll(lambda: not self.open_cases(LOGO), 10)
        self.story.expect(closed, "the answer in the Sent folder ends the case")

    def machines_write(self):
        self.story.chapter("An out-of-office and a newsletter arrive from the client's domain")
        self.explained(
            self.write(ANNA, [CLIENTS], "Automatic reply: Draft for the autumn page",
                       "I am out of the office until Monday.\n", HOLIDAY, envelope="",
                       Auto_Submitted="auto-replied"), ("auto_reply",))
        self.explained(
            self.write("Harbour News <news@client.test>", [CLIENTS], "Autumn at the harbour",
                       "All our offers for autumn.\n", NEWS, List_Id="Harbour News <news.client.test>",
                       List_Unsubscribe="<https://client.test/u/1>", Precedence="bulk"),
            ("mailing_list", "bulk"))

    def explained(self, path, kinds):
        verdict = self.daemon.explain(path)[0]
        self.story.tell(f"ackd explain: \"{verdict['subject']}\" is {verdict['kind']}, because")
        for reason in verdict["reasons"]:
            print(f"              {reason['rule']}: {reason['evidence']}")
        self.story.expect(verdict["kind"] in kinds and not verdict["opens_case"],
                          "it is known for what it is and opens no case", verdict["kind"])

    def owner_is_reminded(self):
        reminders = self.inboxes.await_about("alice", CALL, 1, within=25)
        self.story.expect(len(reminders) == 1, "Alice is reminded of Anna's call before it is due",
                          f"{len(reminders)} mails")

    def urgent(self):
        self.story.chapter("Paul writes, and it is urgent")
        self.write(PAUL, [CLIENTS], "The shop is down", "Hello,\n\nour shop does not load.\n\nPaul\n",
                   OUTAGE, Importance="high")
        reminders = self.inboxes.await_about("bob", OUTAGE, 1, within=14)
        self.story.expect(len(reminders) == 1, "Bob is reminded of the urgent mail", f"{len(reminders)} mails")
        calm = self.inboxes.about("alice", CALL)
        if reminders and calm:
            took, calmly = (mails[0][0] - self.sent_at[i] for mails, i in ((reminders, OUTAGE), (calm, CALL)))
            self.story.expect(took < calmly, f"sooner than of ordinary mail: after {took:.0f} s, not {calmly:.0f} s")
        self.answer("bob", "Bob Hart", PAUL, "Re: The shop is down", "Hello Paul,\n\nit is back.\n\nBob\n", OUTAGE)
        self.story.expect(poll(lambda: not self.open_cases(OUTAGE), 10), "Bob answers, and the case is over")

    def client_is_acknowledged(self):
        self.story.chapter("Nobody has answered Anna's first mail: ackd acknowledges it")
        mails = self.inboxes.await_about("anna", CALL, 1, within=25)
        if not self.story.expect(len(mails) == 1, "one acknowledgement is in Anna's own inbox", f"{len(mails)} mails"):
            return
        mail = mails[0][1]
        for name, value in (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"),
                            ("Precedence", "auto_reply"), ("In-Reply-To", CALL), ("Return-Path", "<>")):
            self.story.expect(str(mail[name] or "").strip() == value, f"{name}: {value}", str(mail[name]))
        self.story.expect(mail["X-Ackd"], "X-Ackd tells which installation wrote it")
        self.story.expect(CLIENTS in str(mail["From"]), f"it comes from {CLIENTS}", str(mail["From"]))

    def two_mailboxes(self):
        self.story.chapter("Paul writes to clients@ and to projects@")
        self.write(PAUL, [CLIENTS, PROJECTS], "Proofs of the catalogue",
                   "Hello,\n\nhere are our notes on the proofs.\n\nPaul\n", PROOFS)
        poll(lambda: any(len(c["mailboxes"]) == 2 for c in self.open_cases(PROOFS)), 10)
        cases = self.open_cases(PROOFS)
        self.story.expect(len(cases) == 1, "the two copies are one case", f"{len(cases)} cases")
        if cases:
            self.story.tell(f"ackd cases: {cases[0]}")
            self.story.expect(sorted(cases[0]["mailboxes"]) == ["clients", "projects"],
                              "and it names both mailboxes", str(cases[0]["mailboxes"]))

    def killed(self):
        self.story.chapter("The daemon is killed (SIGKILL), and mail goes on arriving")
        before = {c["id"]: c["due_at"] for c in self.daemon.cases()}
        self.daemon.kill()
        self.write(TOM, [CLIENTS], "Invoice for September", "Hello,\n\nplease send it again.\n\nTom\n", INVOICE)
        self.story.tell("Tom has written while nobody was looking")
        time.sleep(2)
        self.daemon.start()
        self.daemon.wait_until_live(within=25)
        self.story.tell("the daemon is back")
        after = {c["id"]: c["due_at"] for c in self.daemon.cases()}
        self.story.expect(all(after.get(i) == due for i, due in before.items()),
                          "every open case is there with its deadline", f"{before} before, {after} after")
        self.story.expect(self.await_case(INVOICE), "Tom's mail has its case")

    def evening(self):
        self.story.chapter("The rest of the day: Bob lets Paul wait, Alice lets Tom wait")
        reminded = self.inboxes.await_about("bob", PROOFS, 1, within=25)
        self.story.expect(len(reminded) == 1, "Bob is reminded of the proofs once", f"{len(reminded)} mails")
        reminded = self.inboxes.await_about("alice", INVOICE, 1, within=25)
        self.story.expect(len(reminded) == 1, "Alice is reminded of Tom's invoice once", f"{len(reminded)} mails")
        mails = self.inboxes.await_about("tom", INVOICE, 1, within=25)
        self.story.expect(len(mails) == 1, "Tom is acknowledged once", f"{len(mails)} mails")
        escalated = self.inboxes.await_about("lead", PROOFS, 1, within=30)
        self.story.expect(len(escalated) == 1, "when Paul's mail is due the lead is told once", f"{len(escalated)} mails")
        told = self.inboxes.await_about("bob", PROOFS, 2, within=5)
        self.story.expect(len(told) == 2, "and so is Bob", f"{len(told)} mails")

    def night(self):
        self.story.chapter("Night: every mailbox is counted")
        # Time for a second mail to betray itself.
        time.sleep(4)
        self.inboxes.look()
        for name, ours, people in (("alice", 2, 0), ("bob", 3, 0), ("lead", 1, 0),
                                   ("anna", 1, 1), ("tom", 1, 0), ("paul", 0, 1)):
            mails = [m for _, m in self.inboxes.mails[name]]
            count = sum(map(by_daemon, mails))
            self.story.expect((count, len(mails) - count) == (ours, people),
                              f"{PEOPLE[name]}: {ours} of ackd's mails and {people} of people's",
                              f"{count} and {len(mails) - count}")
        for message_id, what in ((LOGO, "the answered mail"), (HOLIDAY, "the out-of-office"), (NEWS, "the newsletter")):
            about = [m for name in PEOPLE for m in self.inboxes.about(name, message_id)]
            self.story.expect(not about, f"nobody got a mail about {what}", f"{len(about)} mails")
        for message_id, what in ((HOLIDAY, "the out-of-office"), (NEWS, "the newsletter")):
            self.story.expect(not self.open_cases(message_id, "--all"), f"there was never a case of {what}")
        self.mailboxes_untouched()

    def mailboxes_untouched(self):
        with Folder(self.servers, "clients") as inbox, Folder(self.servers, "projects") as other:
            mails = inbox.after(0) + other.after(0)
        self.story.expect(len(mails) == 8, "the eight client mails lie where they arrived", f"{len(mails)}")
        touched = [flags for _, flags, _ in mails if set(flags) - {b"\\Recent"}]
        self.story.expect(not touched, "ackd set no flag on any of them", str(touched))
        with Folder(self.servers, "clients", "Sent") as sent:
            copies = poll(lambda: [m for _, _, m in sent.after(0) if by_daemon(m)], 5)
            self.story.expect(len(copies) == 2, "the two acknowledgements are in the Sent folder, once each",
                              f"{len(copies)} copies")

    def play(self):
        self.morning()
        self.client_asks()
        self.colleague_answers()
        self.machines_write()
        self.owner_is_reminded()
        self.urgent()
        self.client_is_acknowledged()
        self.two_mailboxes()
        self.killed()
        self.evening()
        self.night()
        took = self.daemon.stop()
        self.story.expect(took is not None and took < 5, "asked to end, the daemon ends cleanly in under 5 s",
                          f"{took and round(took, 1)} s")


def environment(servers, folder):
    """What of the configuration is particular to this run."""
    values = {"SERVICE__STATE_DIR": f"{folder}/state", "SERVICE__SOCKET": f"{folder}/ackd.sock",
              "SMTP__PORT": servers.submission[1], "SMTP__CA_FILE": servers.authority,
              "MAILBOXES__CLIENTS__PORT": servers.imaps[1], "MAILBOXES__PROJECTS__PORT": servers.imaps[1]}
    return {"ACKD_DEMO_PASSWORD": PASSWORD, "NO_COLOR": "1",
            **{f"ACKD__{name}": str(value) for name, value in values.items()}}


def too_late(*_):
    raise TimeoutError("the day took too long")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", required=True, help="where the servers' folder is")
    options.add_argument("--binary", required=True)
    options.add_argument("--config", required=True)
    options.add_argument("--within", type=int, default=110, help="seconds until the day is broken off")
    options = options.parse_args()

    folder = os.path.join(options.folder, "demo")
    os.makedirs(os.path.join(folder, "state"), mode=0o700)
    config = os.path.join(folder, "demo.toml")
    with open(options.config, "rb") as source, open(config, "wb") as copy:
        copy.write(source.read())
    servers = Servers(os.environ)
    daemon = Daemon(options.binary, config, environment(servers, folder), os.path.join(folder, "ackd.log"))
    story = Story()
    signal.signal(signal.SIGALRM, too_late)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(options.within)
    try:
        day = Day(servers, daemon, story, folder)
        day.play()
        day.inboxes.close()
    except Exception as error:  # whatever it is, the day did not end as it should
        signal.alarm(0)
        story.expect(False, f"the day comes to its end: {error}")
    finally:
        signal.alarm(0)
        if daemon.process and daemon.process.poll() is None:
            daemon.kill()
    if story.broken:
        print(f"\n{len(story.broken)} of {story.held + len(story.broken)} expectations FAILED:")
        for what in story.broken:
            print(f"  - {what}")
        if os.path.exists(daemon.log):
            print(f"\nThe end of the daemon's log ({daemon.log}):\n{daemon.log_tail(40)}")
        return 1
    print(f"\nAll {story.held} expectations held.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
