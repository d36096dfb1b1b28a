"""Fills a Maildir with synthetic mail of realistic shape, the same for the same seed.

Per message about 2.5 KB of header and 3 KB of text on average; 60 % replies with References,
15 % machine mail, half of the people's mail from configured clients. Nine in ten of the
clients' mails carry \\Answered, as in a mailbox somebody looks after. INTERNALDATE is the
file's time.
"""

import base64
import os
import random
import time
from email.header import Header
from email.utils import formatdate

CLIENT_DOMAINS = ["client.test", "partner.test"] + [f"client{n}.test" for n in range(1, 40)]
OTHER_DOMAINS = [f"freemail{n}.test" for n in range(6)] + [f"vendor{n}.test" for n in range(200)]
FIRST = "Anna Ben Carla David Eva Felix Grace Hugo Ida Jonas Klara Leo Mara Nils Olga Paul Rosa Sam".split()
LAST = "Adler Brandt Costa Dubois Eriksen Fischer Garcia Huber Jansen Klein Lopez Meyer Novak Peters".split()
WORDS = (
    "the a to of and in we you for on is that it with are this be as have our can please will from at by "
    "campaign banner draft review logo invoice meeting website launch content budget quote proposal copy "
    "design newsletter printer brochure question answer call thanks regards team status report schedule "
    "delivery contract server account problem order product price monday friday january colour font layout"
).split()
RECEIVED = (
    "Received: from mx{k}.{domain} (mx{k}.{domain} [192.0.2.{k}])\n\t(using TLSv1.3 with cipher "
    "TLS_AES_256_GCM_SHA384 (256/256 bits))\n\tby mail.agency.test (Postfix) with ESMTPS id {number:X}\n\t"
    "for <clients@agency.test>; {date}"
)


class Writer:
    """Makes one message after the other; remembers the threads it has begun."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.threads = []
        paragraphs = (" ".join(self.random.choices(WORDS, k=12)) for _ in range(3000))
        self.text = "\n".join(paragraphs)
        self.signature = base64.b64encode(self.random.randbytes(4096)).decode()

    def person(self):
        first, last = self.random.choice(FIRST), self.random.choice(LAST)
        domain = self.random.choice(CLIENT_DOMAINS if self.random.random() < 0.5 else OTHER_DOMAINS)
        return f"{first} {last}", f"{first}.{last}@{domain}".lower(), domain

    def message(self, number, when):
        """The bytes of one message and its Maildir flags."""
        machine = self.random.choice(["list", "list", "reply", "note"]) if self.random.random() < 0.15 else ""
        thread = self.random.choice(self.threads[-500:]) if self.threads and self.random.random() < 0.6 else None
        if thread is None or machine in ("list", "note"):
            thread = {"who": self.person(), "subject": " ".join(self.random.choices(WORDS, k=5)).capitalize(), "ids": []}
            if self.random.random() < 0.1:
                thread["subject"] += " größer"
            if not machine:
                self.threads.append(thread)
        name, address, domain = thread["who"]
        if machine in ("list", "note"):
            address = f"no-reply@{domain}"
        message_id = f"{self.random.getrandbits(96):024x}.{number}@{domain}"
        lines = self.header(number, when, machine, thread, name, address, domain, message_id)
        thread["ids"].append(message_id)
        start = self.random.randrange(len(self.text) - 20000)
        length = min(20000, int(self.random.lognormvariate(7.6, 0.7)))
        answered = not machine and self.random.random() < 0.9
        return ("\n".join(lines) + "\n\n" + self.text[start:start + length] + "\n").encode(), "RS" if answered else "S"

    def header(self, number, when, machine, thread, name, address, domain, message_id):
        date = formatdate(when)
        subject = ("Re: " if thread["ids"] else "") + thread["subject"]
        if machine == "reply":
            subject = "Automatic reply: " + subject
        lines = [f"Return-Path: <{address}>", "Delivered-To: clients@agency.test"]
        lines += [RECEIVED.format(k=k, domain=domain, number=number, date=date) for k in range(1, self.random.randint(2, 4))]
        lines += [
            f"Authentication-Results: mail.agency.test;\n\tdkim=pass (2048-bit key) header.d={domain} header.i=@{domain};\n\t"
            f"spf=pass smtp.mailfrom={address}; dmarc=pass (policy=none) header.from={domain}",
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1; t={when};\n\t"
            "h=from:subject:date:message-id:to:cc:mime-version:content-type:in-reply-to:references;\n\tb="
            + "\n\t ".join(self.signature[at:at + 70] for at in range(0, 350, 70)),
            f"Message-ID: <{message_id}>", f"Date: {date}", f'From: "{name}" <{address}>',
            'To: "Agency" <clients@agency.test>',
            f"Subject: {subject if subject.isascii() else Header(subject, 'utf-8').encode()}",
        ]
        if self.random.random() < 0.25:
            lines.append("Cc: " + ",\n\t".join('"%s" <%s>' % self.person()[:2] for _ in range(self.random.randint(1, 4))))
        if thread["ids"]:
            lines.append(f"In-Reply-To: <{thread['ids'][-1]}>")
            lines.append("References: " + "\n ".join(f"<{i}>" for i in thread["ids"][-12:]))
        if machine == "list":
            lines += [f"List-Id: News <news.{domain}>", "Precedence: bulk",
                      f"List-Unsubscribe: <https://{domain}/u/{number}>"]
        elif machine == "reply":
            lines += ["Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"]
        elif machine == "note":
            lines.append("Auto-Submitted: auto-generated")
        lines += ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
        return lines


def fill(folder, count, uid, gid, seed=1, days=730):
    """Writes `count` messages into the Maildir `folder`; the newest is an hour old. Bytes written."""
    writer = Writer(seed)
    made = []
    for name in ("", "cur", "new", "tmp"):
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            os.makedirs(path)
            made.append(path)
    end = int(time.time()) - 3600
    written = 0
    for number in range(count):
        when = end - int((count - number) * days * 86400 / count)
        content, flags = writer.message(number, when)
        path = f"{folder}/cur/{when}.M{number:06d}P1.bench,S={len(content)}:2,{flags}"
        with open(path, "wb") as file:
            file.write(content)
        os.chown(path, uid, gid)
        os.utime(path, (when, when))
        written += len(content)
    for path in [os.path.dirname(folder), *made]:
        os.chown(path, uid, gid)
    return written
