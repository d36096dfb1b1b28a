"""The measurements of scripts/bench. Python's standard library only."""

import argparse
import os
import re
import shutil
import smtplib
import socket
import statistics
import sys
import threading
import time
from datetime import datetime

from bench_fill import CLIENT_DOMAINS, fill
from daemon import Daemon
from mail_user import PASSWORD, host_port

REST_LIMIT = 15.0        # MiB
PEAK_LIMIT = 40.0        # MiB
RATIO_LIMIT = 0.40       # of the bare socket's speed
NOTICE_LIMIT = 50.0      # ms
MAILS = 50               # for the median of the second figure
TIME_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)")

CONFIG = """
[service]
state_dir = "{folder}/state"
socket = "{folder}/ackd.sock"
mode = "observe"
[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]
[smtp]
host = "localhost"
port = 25
tls = "none"
from = "Ackd <ackd@agency.test>"
[mailboxes.clients]
host = "localhost"
port = {port}
tls = "{tls}"
address = "clients@agency.test"
username = "{user}"
password = {{ env = "ACKD_BENCH_PASSWORD" }}
start_from = "2000-01-01T00:00:00Z"
ca_file = "{authority}"
[calendars.office]
time_zone = "Europe/London"
mon = ["09:00-17:30"]
tue = ["09:00-17:30"]
wed = ["09:00-17:30"]
thu = ["09:00-17:30"]
fri = ["09:00-17:30"]
[policies.standard]
calendar = "office"
acknowledge_within = "3h"
remind_before = ["90m", "30m"]
escalate_after = ["0m"]
"""
CLIENT = """
[clients.c{number}]
name = "{domain}"
domains = ["{domain}"]
owners = ["alice@agency.test"]
policy = "standard"
"""


def seconds_of(stamp):
    """Seconds since 1970 of an RFC 3339 time, whatever its number of decimals."""
    moment, decimals, zone = re.fullmatch(r"(.*)\.(\d+)(Z|[+-].*)", stamp).groups()
    whole = datetime.fromisoformat(moment + zone.replace("Z", "+00:00"))
    return whole.timestamp() + float("0." + decimals)


class Lines:
    """A socket read line by line; literals are lines as well."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def line(self):
        line = self.file.readline()
        if not line:
            raise RuntimeError("the server closed the connection")
        return line

    def command(self, tag, text):
        self.socket.sendall(f"{tag} {text}\r\n".encode())
        while True:
            line = self.line()
            if line.startswith(tag.encode() + b" "):
                if b" OK" not in line:
                    raise RuntimeError(f"{text.split()[0]} was refused: {line!r}")
                return


def drain(address, user, items):
    """Seconds and bytes of one bare read of a whole mailbox: connect to the last answer."""
    buffer = memoryview(bytearray(1 << 20))
    began = time.perf_counter()
    lines = Lines(address)
    lines.line()
    lines.command("a", f"LOGIN {user} {PASSWORD}")
    lines.command("b", "EXAMINE INBOX")
    lines.socket.sendall(f"c UID FETCH 1:* {items}\r\n".encode())
    received, tail = 0, b""
    while True:
        count = lines.socket.recv_into(buffer)
        if count == 0:
            raise RuntimeError("the server closed the connection in the middle of the FETCH")
        received += count
        tail = (tail + bytes(buffer[max(0, count - 200):count]))[-400:]
        answer = tail.rfind(b"\r\nc ")
        if answer >= 0 and tail.endswith(b"\r\n"):
            if not tail[answer:].startswith(b"\r\nc OK"):
                raise RuntimeError(f"the FETCH was refused: {tail[answer:]!r}")
            return time.perf_counter() - began, received


class Listener:
    """Stands between the daemon and the server and listens to both: sees which FETCH is asked
    and the moment each new message is announced."""

    def __init__(self, server):
        self.server = server
        self.items = None
        self.announced = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.socket.accept()
            far = socket.create_connection(self.server)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target, heard in ((near, far, self.asked), (far, near, self.answered)):
                threading.Thread(target=self.pass_on, args=(source, target, heard), daemon=True).start()

    def pass_on(self, source, target, heard):
        while True:
            try:
                data = source.recv(65536)
                now = time.time()
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
            except OSError:
                return
            heard(data, now)

    def asked(self, data, _):
        found = re.search(rb"FETCH \S+ (\([^\r\n]*HEADER\.FIELDS[^\r\n]*\))", data)
        if found and self.items is None:
            self.items = found.group(1).decode()

    def answered(self, data, now):
        if re.search(rb"^\* \d+ EXISTS\r$", data, re.MULTILINE):
            self.announced.append(now)


class Bench:
    """The measurements, and whether each kept its limit."""

    def __init__(self, options):
        self.options = options
        self.imap = host_port(os.environ["ACKD_TEST_IMAP_DOVECOT"])
        self.imaps = host_port(os.environ["ACKD_TEST_IMAPS_DOVECOT"])
        self.lmtp = host_port(os.environ["ACKD_TEST_LMTP_DOVECOT"])
        self.kept = True
        with open(f"{options.folder}/dovecot/etc/users", encoding="ascii") as users:
            self.users = {line.split(":")[0]: line.split(":") for line in users}

    def daemon(self, name, user, port, tls):
        folder = f"{self.options.folder}/{name}"
        os.makedirs(f"{folder}/state", mode=0o700)
        config = f"{folder}/ackd.toml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=folder, user=user, port=port, tls=tls, authority=os.environ["ACKD_TEST_CA"]))
            for number, domain in enumerate(CLIENT_DOMAINS):
                file.write(CLIENT.format(number=number, domain=domain))
        return Daemon(self.options.binary, config, {"ACKD_BENCH_PASSWORD": PASSWORD, "NO_COLOR": "1"}, f"{folder}/ackd.log")

    def fill(self, user, count):
        uid, gid, home = (self.users[user][at] for at in (2, 3, 5))
        return fill(f"{home}/Maildir", count, int(uid), int(gid))

    def figure(self, what, value, unit, limit, below=True):
        good = value <= limit if below else value >= limit
        self.kept = self.kept and good
        print(f"    {what:<58} {value:8.1f} {unit:<5} {'at most' if below else 'at least'} {limit:g} {unit:<4}"
              f" {'kept' if good else 'NOT KEPT'}", flush=True)

    def at_rest(self):
        print("1. At rest: one mailbox over TLS, ten seconds after it is live", flush=True)
        self.fill("user0", 20)
        daemon = self.daemon("rest", "user0", self.imaps[1], "tls")
        daemon.start()
        try:
            daemon.wait_until_live(30)
            time.sleep(10)
            self.figure("resident memory", daemon.memory("VmRSS"), "MiB", REST_LIMIT)
        finally:
            daemon.stop()

    def notice(self):
        """The second figure; answers the FETCH items the daemon asks for."""
        print(f"2. From the server's notice of a new mail to its case on disk: {MAILS} mails", flush=True)
        self.fill("user1", 20)
        listener = Listener(self.imap)
        daemon = self.daemon("notice", "user1", listener.port, "none")
        daemon.start()
        try:
            daemon.wait_until_live(30)
            taken = [self.one_notice(daemon, listener, number) for number in range(MAILS)]
        finally:
            daemon.stop()
        taken.sort()
        print(f"    fastest {taken[0]:.1f} ms, nine in ten within {taken[len(taken) * 9 // 10]:.1f} ms, slowest {taken[-1]:.1f} ms")
        self.figure("median", statistics.median(taken), "ms", NOTICE_LIMIT)
        return listener.items

    def one_notice(self, daemon, listener, number):
        seen = len(listener.announced)
        before = os.path.getsize(daemon.log)
        self.deliver(number)
        until = time.monotonic() + 70
        while time.monotonic() < until:
            opened = self.opened_after(daemon.log, before)
            if opened is not None and len(listener.announced) > seen:
                time.sleep(0.2)
                return (opened - listener.announced[seen]) * 1000
            time.sleep(0.02)
        raise RuntimeError(f"mail {number}: no case after 70 s; end of the log:\n{daemon.log_tail()}")

    @staticmethod
    def opened_after(log, position):
        """When the first case was opened that the log tells of after `position`."""
        with open(log, encoding="utf-8", errors="replace") as file:
            file.seek(position)
            for line in file:
                stamp = TIME_STAMP.search(line)
                if "case opened" in line and stamp and line.endswith("\n"):
                    return seconds_of(stamp.group())
        return None

    def deliver(self, number):
        domain = CLIENT_DOMAINS[number % len(CLIENT_DOMAINS)]
        text = (f"From: Eva Klein <eva{number}@{domain}>\r\nTo: clients@agency.test\r\nSubject: question {number}\r\n"
                f"Message-ID: <notice.{number}.{time.time_ns()}@{domain}>\r\n"
                f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n\r\nHello,\r\n\r\na question.\r\n")
        with smtplib.LMTP(*self.lmtp) as lmtp:
            lmtp.sendmail(f"eva{number}@{domain}", ["user1@agency.test"], text.encode())

    def first_read(self, items):
        count = self.options.messages
        print(f"3. First read of a mailbox of {count:,} messages, the server's index warm", flush=True)
        began = time.monotonic()
        size = self.fill("user2", count)
        print(f"    filled in {time.monotonic() - began:.0f} s, {size / count / 1024:.1f} KiB a message")
        print(f"    FETCH {items}")
        cold, _ = drain(self.imap, "user2", items)
        runs = [drain(self.imap, "user2", items) for _ in range(3)]
        bare, received = statistics.median(seconds for seconds, _ in runs), runs[0][1]
        print(f"    bare socket: {count / bare:,.0f} messages/s ({bare:.2f} s, {received / count:.0f} bytes a message;"
              f" index cold: {cold:.2f} s)", flush=True)
        reads = [self.one_read(f"read{number}", count) for number in range(3)]
        seconds = statistics.median(taken for taken, _ in reads)
        peak = max(memory for _, memory in reads)
        print(f"    ackd:        {count / seconds:,.0f} messages/s ({seconds:.2f} s from its start to live and on disk;"
              f" all runs: {', '.join(f'{taken:.2f}' for taken, _ in reads)} s)")
        self.figure("of the bare socket's speed", 100 * bare / seconds, "%", 100 * RATIO_LIMIT, below=False)
        self.figure("peak of resident memory", peak, "MiB", PEAK_LIMIT)

    def one_read(self, name, count):
        """Seconds from the daemon's start to the last message learned, and its peak of memory."""
        daemon = self.daemon(name, "user2", self.imap[1], "none")
        began = time.perf_counter()
        daemon.start()
        try:
            while True:
                status = daemon.glance()
                taken = time.perf_counter() - began
                mailbox = status["mailboxes"][0] if status and status["mailboxes"] else {}
                if mailbox.get("state") == "live" and mailbox.get("messages_seen", 0) >= count:
                    return taken, daemon.memory("VmHWM")
                if taken > 600 or daemon.process.poll() is not None:
                    raise RuntimeError(f"not read after {taken:.0f} s: {status}\n{daemon.log_tail()}")
                time.sleep(0.03)
        finally:
            daemon.stop()
            shutil.rmtree(os.path.dirname(daemon.config) + "/state", ignore_errors=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", required=True)
    options.add_argument("--binary", required=True)
    options.add_argument("--messages", type=int, default=100000)
    bench = Bench(options.parse_args())
    bench.at_rest()
    # The daemon itself tells, on the wire, which FETCH it uses.
    items = bench.notice()
    items = os.environ.get("ACKD_BENCH_FETCH_ITEMS") or items
    if not items:
        raise SystemExit("the daemon's FETCH was not recognised: set ACKD_BENCH_FETCH_ITEMS to its items")
    bench.first_read(items)
    print("all limits are kept" if bench.kept else "NOT all limits are kept")
    return 0 if bench.kept else 1


if __name__ == "__main__":
    sys.exit(main())
