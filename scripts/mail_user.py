"""Real mail users for the scripts: they write by SMTP, read and file by IMAP."""

import email
import email.policy
import imaplib
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import format_datetime
from datetime import datetime, timezone

PASSWORD = "pw"


def host_port(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Servers:
    """Where the private servers are, from the environment `scripts/servers` prints."""

    def __init__(self, environment):
        self.authority = environment["ACKD_TEST_CA"]
        self.smtp = host_port(environment["ACKD_TEST_SMTP"])
        self.submission = host_port(environment["ACKD_TEST_SUBMISSION"])
        self.imap = host_port(environment["ACKD_TEST_IMAP_DOVECOT"])
        self.imaps = host_port(environment["ACKD_TEST_IMAPS_DOVECOT"])

    def deliver(self, message, sender, recipients):
        """As mail from outside arrives: plain SMTP. `sender` "" is the null path."""
        with smtplib.SMTP(*self.smtp, timeout=20) as smtp:
            smtp.sendmail(sender, recipients, message.as_bytes(policy=email.policy.SMTP))

    def submit(self, user, message, sender, recipients):
        """As a mail program sends: STARTTLS, login."""
        with smtplib.SMTP(*self.submission, timeout=20) as smtp:
            smtp.starttls(context=ssl.create_default_context(cafile=self.authority))
            smtp.login(user, PASSWORD)
            smtp.sendmail(sender, recipients, message.as_bytes(policy=email.policy.SMTP))

    def file_sent(self, user, message):
        """As a mail program files its copy: APPEND into Sent."""
        with Folder(self, user, "Sent") as sent:
            sent.append(message)


class Folder:
    """A folder of one user, opened without changing anything in it."""

    def __init__(self, servers, user, name="INBOX"):
        self.name = name
        self.imap = imaplib.IMAP4(*servers.imap, timeout=20)
        self.imap.login(user, PASSWORD)
        self._done(self.imap.select(name, readonly=True), "EXAMINE")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.imap.logout()

    def append(self, message):
        stored = message.as_bytes(policy=email.policy.SMTP)
        self._done(self.imap.append(self.name, r"(\Seen)", None, stored), "APPEND")

    def after(self, uid):
        """The messages with a UID above `uid`: [(uid, flags, message)]."""
        self._done(self.imap.noop(), "NOOP")
        uids = self._done(self.imap.uid("SEARCH", f"UID {uid + 1}:*"), "SEARCH")[0].split()
        found = []
        for one in sorted(int(u) for u in uids):
            if one <= uid:
                continue
            data = self._done(self.imap.uid("FETCH", str(one), "(FLAGS BODY.PEEK[])"), "FETCH")
            line, content = next(part for part in data if isinstance(part, tuple))
            rest = b" ".join(part for part in data if isinstance(part, bytes))
            flags = imaplib.ParseFlags(line) + imaplib.ParseFlags(rest)
            found.append((one, flags, email.message_from_bytes(content, policy=email.policy.default)))
        return found

    @staticmethod
    def _done(answer, what):
        if answer[0] != "OK":
            raise RuntimeError(f"{what} was refused: {answer[1]}")
        return answer[1]


def letter(sender, recipients, subject, text, message_id, **headers):
    """A mail as people write it; further headers with _ for -."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipients
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(timezone.utc))
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def plain_text(message):
    """What a person reads."""
    body = message.get_body(preferencelist=("plain", "html"))
    return body.get_content() if body else ""


def poll(condition, within, every=0.2):
    """The first true answer of `condition`, or its last one after `within` seconds."""
    until = time.monotonic() + within
    while True:
        answer = condition()
        if answer or time.monotonic() >= until:
            return answer
        time.sleep(every)
