"""The months scripts/test-systemd plays: an operator, the package, a real systemd.

Runs in the network of the small system, where its mail servers listen, and acts in it through
nsenter. Python's standard library only. Started by scripts/test-systemd.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time

from demo_day import Story
from mail_user import Folder, PASSWORD, Servers, letter, plain_text, poll

# No story takes longer; the watchdog takes the most of it.
STORY_MAX = 420
# Where the package and the servers' scripts were put, and where the servers' set lies.
GIVEN = "/opt/ackd-test"
SERVERS = "/srv/ackd-mail"
CLIENTS = "clients@agency.test"
# The unit may be exposed so much at most; scripts and docs say the same.
EXPOSURE_MAX = 1.5

CONFIGURATION = """\
[service]
mode = "remind"
[team]
name = "Agency"
domains = ["agency.test"]
escalate_to = ["lead@agency.test"]
[smtp]
host = "localhost"
port = {submissions}
tls = "tls"
username = "projects"
password = {{ credential = "smtp-password" }}
from = "Ackd <ackd@agency.test>"
ca_file = "ca.pem"
[mailboxes.clients]
host = "localhost"
port = {imaps}
tls = "tls"
address = "clients@agency.test"
username = "clients"
password = {{ credential = "clients-password" }}
poll_every = "1s"
[calendars.round_the_clock]
time_zone = "Europe/London"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]
# The owner is reminded a few seconds after a mail has come.
[policies.prompt]
calendar = "round_the_clock"
acknowledge_within = "30m"
same_business_day = false
remind_before = ["29m55s"]
[clients.harbour]
name = "Harbour Hotels"
domains = ["client.test"]
owners = ["alice@agency.test"]
policy = "prompt"
"""

SECOND_CLIENT = """\
[clients.meridian]
name = "Meridian Books"
domains = ["partner.test"]
owners = ["bob@agency.test"]
policy = "prompt"
"""

# What `systemctl edit ackd` would write. A watchdog of a minute would be a minute of waiting.
DROP_IN = """\
[Service]
LoadCredential=smtp-password:/etc/ackd/secrets/smtp-password
LoadCredential=clients-password:/etc/ackd/secrets/clients-password
WatchdogSec=10
"""


class System:
    """The small system, by the process that is its init."""

    def __init__(self, leader, root):
        self.leader = str(leader)
        self.root = root

    def run(self, *command, within=60, codes=(0,)):
        """What a command in it prints. Any exit code is as good as told with `codes=None`."""
        done = subprocess.run(
            ["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=within,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
        if codes is not None and done.returncode not in codes:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stdout.strip()}")
        return done.stdout

    def code(self, *command):
        """The exit code of a command in it, and what it printed."""
        printed = self.run("sh", "-c", '"$@"; echo "=$?"', "sh", *command, codes=None)
        printed, _, code = printed.rpartition("=")
        return int(code), printed

    def unit(self, name):
        """A property of ackd.service."""
        return self.run("systemctl", "show", "--value", f"--property={name}", "ackd.service").strip()

    def write(self, path, content, mode=0o640, group="ackd"):
        """As an operator writes a file: root's, for a group to read."""
        with open(self.inside(path), "w", encoding="utf-8") as file:
            file.write(content)
        self.run("chmod", f"{mode:o}", path)
        self.run("chgrp", group, path)

    def inside(self, path):
        return os.path.join(self.root, path.lstrip("/"))

    def owner(self, path):
        """`mode user group`, or nothing."""
        return self.code("stat", "-c", "%a %U %G", path)[1].strip()

    def is_there(self, path):
        return os.path.lexists(self.inside(path))

    def log(self):
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit=ackd.service")


class Months:
    """What is played, chapter by chapter."""

    def __init__(self, system, story):
        self.system = system
        self.story = story
        self.servers = None
        self.submissions = None
        self.mails = 0

    def play(self):
        self.install()
        self.configure()
        self.mail_is_watched()
        self.others_may_look()
        self.reload()
        self.hang()
        self.stop()
        self.upgrade()
        self.remove()
        self.purge()
        if self.system.is_there(f"{GIVEN}/tarball"):
            self.from_the_tarball()

    def install(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("The package is installed")
        system.run("dpkg", "--install", f"{GIVEN}/ackd.deb", within=120)
        expect(re.fullmatch(r"ackd \d+\.\d+\.\d+\S*\n", system.run("ackd", "--version")), "ackd tells its version")
        expect(system.unit("UnitFileState") == "enabled", "the unit is enabled")
        expect(system.unit("ActiveState") == "inactive", "and not started")
        expect(not system.is_there("/etc/ackd/ackd.toml"), "no configuration came with it")
        for path, owner in (("/etc/ackd", "750 root ackd"), ("/etc/ackd/secrets", "700 root root"),
                            ("/var/lib/ackd", "700 ackd ackd")):
            seen = system.owner(path)
            expect(seen == owner, f"{path} is {owner}", seen)
        for path in ("/usr/share/man/man1/ackd.1.gz", "/usr/share/man/man1/ackd-case-show.1.gz",
                     "/usr/share/man/man5/ackd.toml.5.gz", "/usr/share/doc/ackd/examples/ackd.toml",
                     "/usr/share/bash-completion/completions/ackd", "/usr/share/zsh/vendor-completions/_ackd",
                     "/usr/share/fish/vendor_completions.d/ackd.fish"):
            expect(system.is_there(path), f"{path} is there")
        system.run("systemctl", "start", "ackd.service")
        expect(system.unit("ActiveState") == "inactive" and system.unit("ConditionResult") == "no",
               "without a configuration a start does nothing, and says so")
        code, told = system.code("ackd", "check")
        expect(code == 1 and "/etc/ackd/ackd.toml" in told, "ackd check names the file that is missing", told)

    def configure(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("It is configured, with passwords as credentials, and started")
        system.run("systemd-run", "--quiet", "--unit=mail-servers", "--service-type=oneshot", "--remain-after-exit",
                   f"{GIVEN}/servers", "start", SERVERS, "dovecot", "postfix", within=120)
        with open(system.inside(f"{SERVERS}/env"), encoding="utf-8") as file:
            given = dict(line.strip().split("=", 1) for line in file)
        given["ACKD_TEST_CA"] = system.inside(given["ACKD_TEST_CA"])
        self.servers = Servers(given)
        self.submissions = given["ACKD_TEST_SUBMISSIONS"].rpartition(":")[2]
        os.makedirs(system.inside("/etc/systemd/system/ackd.service.d"), exist_ok=True)
        system.write("/etc/systemd/system/ackd.service.d/override.conf", DROP_IN, mode=0o644, group="root")
        self.write_configuration()
        system.run("systemctl", "daemon-reload")
        code, told = system.code("ackd", "check")
        expect(code == 0, "ackd check finds nothing to mend", told)
        self.start()
        rating = system.run("systemd-analyze", "security", "--no-pager", "ackd.service").strip().splitlines()[-1]
        found = re.search(r"(\d+\.\d+)", rating)
        expect(found and float(found[1]) <= EXPOSURE_MAX, f"systemd rates its exposure at most {EXPOSURE_MAX}", rating)

    def mail_is_watched(self):
        self.story.chapter("A client writes")
        self.client_writes("Anna <anna@client.test>", "The booking page is gone", "alice")

    def others_may_look(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("A colleague looks")
        system.run("useradd", "--groups", "ackd", "colleague")
        system.run("useradd", "stranger")
        code, told = system.code("runuser", "-u", "colleague", "--", "ackd", "cases")
        expect(code == 0 and "anna@client.test" in told, "a member of the group ackd sees the cases", told)
        code, told = system.code("runuser", "-u", "stranger", "--", "ackd", "cases")
        expect(code != 0 and "anna" not in told, "nobody else does", told)
        code, told = system.code("runuser", "-u", "ackd", "--", "cat", "/etc/ackd/secrets/clients-password")
        expect(code != 0, "the service itself can't read the files of the passwords", told)

    def reload(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("The configuration is changed")
        process = system.unit("MainPID")
        system.write("/etc/ackd/ackd.d/meridian.toml", SECOND_CLIENT)
        system.run("systemctl", "reload", "ackd.service")
        expect(poll(lambda: "configuration reloaded" in system.log(), 10), "it is read again")
        expect("clients.meridian is added" in system.log(), "the log says what has changed")
        code, told = system.code("ackd", "reload", "--dry-run")
        expect(code == 0 and "It would change nothing" in told, "and it has been taken over", told)
        self.client_writes("Paul <paul@partner.test>", "Proofs for the spring catalogue", "bob")
        system.write("/etc/ackd/ackd.d/broken.toml", "[clients.broken\n")
        code, told = system.code("systemctl", "reload", "ackd.service")
        expect(code != 0, "systemctl says that a broken file is refused", told)
        expect(poll(lambda: "keeps running on the old one" in system.log(), 10), "so does the log, with the reason")
        code, told = system.code("ackd", "reload")
        expect(code == 1 and "broken.toml:1" in told, "ackd reload tells file and line", told)
        expect(system.unit("MainPID") == process and system.unit("ActiveState") == "active",
               "and the daemon is the same all the while")
        os.remove(system.inside("/etc/ackd/ackd.d/broken.toml"))

    def hang(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("The daemon hangs (SIGSTOP)")
        process, restarts = system.unit("MainPID"), system.unit("NRestarts")
        before = self.open_cases()
        system.run("systemctl", "kill", "--kill-who=main", "--signal=SIGSTOP", "ackd.service")
        began = time.monotonic()
        again = poll(lambda: system.unit("NRestarts") != restarts and system.unit("ActiveState") == "active", 90, 1)
        took = time.monotonic() - began
        expect(again and system.unit("MainPID") != process, f"systemd has started it again, after {took:.0f} s",
               system.run("systemctl", "status", "--no-pager", "ackd.service", codes=None))
        expect("Watchdog timeout" in system.run("journalctl", "--no-pager", "--unit=ackd.service"),
               "because the watchdog heard nothing")
        expect(poll(lambda: self.open_cases() == before, 20), "it knows what it knew", f"{before}")
        self.client_writes("Tom <tom@client.test>", "Is the newsletter out?", "alice")
        reminded = [mail for mail in self.inbox("alice") if "booking page" in mail]
        expect(len(reminded) == 1, "nobody was reminded a second time of the old mail", f"{len(reminded)} reminders")

    def stop(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("It is stopped and started")
        began = time.monotonic()
        system.run("systemctl", "stop", "ackd.service")
        took = time.monotonic() - began
        result = (system.unit("ActiveState"), system.unit("Result"))
        expect(result == ("inactive", "success") and took < 10, f"it stops in good order, within {took:.1f} s",
               f"{result}")
        self.start()

    def upgrade(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("The package is upgraded")
        process, before = system.unit("MainPID"), self.open_cases()
        configuration = system.run("cat", "/etc/ackd/ackd.toml")
        system.run("dpkg", "--install", f"{GIVEN}/newer.deb", within=120)
        version = system.run("dpkg-query", "--show", "--showformat=${Version}", "ackd")
        expect(version.endswith("+newer"), "the newer one is installed", version)
        expect(poll(lambda: system.unit("ActiveState") == "active", 20) and system.unit("MainPID") != process,
               "the daemon runs anew", system.run("systemctl", "status", "--no-pager", "ackd.service", codes=None))
        expect(poll(lambda: self.open_cases() == before, 20), "with its cases", f"{before}")
        expect(system.run("cat", "/etc/ackd/ackd.toml") == configuration, "and its configuration as it was")
        seen = system.owner("/etc/ackd/ackd.toml")
        expect(seen == "640 root ackd", "which belongs to whom it belonged", seen)
        system.run("systemctl", "disable", "--now", "ackd.service")
        system.run("dpkg", "--install", f"{GIVEN}/newer.deb", within=120)
        states = (system.unit("UnitFileState"), system.unit("ActiveState"))
        expect(states == ("disabled", "inactive"), "what the operator has switched off stays off", f"{states}")
        system.run("systemctl", "enable", "ackd.service")
        self.start()

    def remove(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("It is removed, and comes back")
        before = self.open_cases()
        system.run("dpkg", "--remove", "ackd", within=120)
        expect(system.unit("ActiveState") == "inactive" and not system.is_there("/usr/bin/ackd"),
               "it is stopped and gone")
        expect(system.run("ls", "/var/lib/ackd").strip(), "what it remembers is kept")
        expect(system.is_there("/etc/ackd/ackd.toml"), "how it was configured, too")
        system.run("dpkg", "--install", f"{GIVEN}/ackd.deb", within=120)
        expect(system.unit("UnitFileState") == "enabled", "installed again it is enabled again")
        self.start()
        expect(poll(lambda: self.open_cases() == before, 20), "and knows its cases", f"{before}")

    def purge(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("It is purged")
        system.run("dpkg", "--purge", "ackd", within=120)
        for path in ("/usr/bin/ackd", "/var/lib/ackd", "/etc/ackd", "/run/ackd", "/usr/lib/systemd/system/ackd.service",
                     "/etc/systemd/system/ackd.service", "/usr/share/doc/ackd",
                     "/etc/systemd/system/multi-user.target.wants/ackd.service"):
            expect(not system.is_there(path), f"{path} is gone")
        expect(system.code("systemctl", "cat", "ackd.service")[0] != 0 or "ackd run" not in system.code(
            "systemctl", "cat", "ackd.service")[1], "systemd knows no such service")
        code, told = system.code("dpkg-query", "--show", "ackd")
        expect(code != 0 or "\t" not in told.strip(), "nor does dpkg know the package", told)

    def from_the_tarball(self):
        system, expect = self.system, self.story.expect
        self.story.chapter("It is installed from the tarball, and taken away again")
        install = f"{GIVEN}/tarball/install"
        told = system.run(install, within=120)
        expect("Write /etc/ackd/ackd.toml" in told, "the script says what is next", told)
        states = (system.unit("UnitFileState"), system.unit("ActiveState"), system.owner("/etc/ackd"))
        expect(states == ("enabled", "inactive", "750 root ackd"), "it is enabled and not started", f"{states}")
        self.write_configuration()
        self.start()
        expect("/usr/local/bin/ackd" in system.unit("ExecStart"), "from /usr/local", system.unit("ExecStart"))
        process = system.unit("MainPID")
        system.run(install, within=120)
        expect(system.unit("ActiveState") == "active" and system.unit("MainPID") != process,
               "installed over itself, the daemon runs anew")
        system.run(install, "--remove", within=120)
        expect(system.is_there("/var/lib/ackd") and system.is_there("/etc/ackd/ackd.toml"),
               "removed, it keeps its state and its configuration")
        left = system.run("find", "/usr/local", "-name", "*ackd*").strip()
        expect(not left and system.unit("ActiveState") == "inactive", "and nothing else", left)
        system.run(install, "--purge", within=120)
        expect(not system.is_there("/var/lib/ackd") and not system.is_there("/etc/ackd"), "purged, not even these")

    def write_configuration(self):
        system = self.system
        with open(self.servers.authority, encoding="utf-8") as file:
            system.write("/etc/ackd/ca.pem", file.read())
        system.write("/etc/ackd/ackd.toml",
                     CONFIGURATION.format(submissions=self.submissions, imaps=self.servers.imaps[1]))
        for name in ("smtp-password", "clients-password"):
            system.write(f"/etc/ackd/secrets/{name}", PASSWORD + "\n", mode=0o600, group="root")

    def start(self):
        system = self.system
        system.run("systemctl", "start", "ackd.service")
        self.story.expect(system.unit("ActiveState") == "active", "it runs",
                          system.run("systemctl", "status", "--no-pager", "ackd.service", codes=None))
        live = poll(lambda: [box for box in self.ask("status").get("mailboxes", []) if box["state"] == "live"], 20)
        self.story.expect(live, "and sees its mailbox", f"{self.ask('status')}")

    def ask(self, command):
        """What a command of ackd tells as JSON; an empty one while nobody answers."""
        code, told = self.system.code("ackd", command, "--json")
        return json.loads(told) if code in (0, 1) and told.startswith("{") else {}

    def open_cases(self):
        """The numbers of the open cases; None while nobody answers."""
        code, told = self.system.code("ackd", "cases", "--json")
        return sorted(json.loads(line)["id"] for line in told.splitlines()) if code == 0 else None

    def client_writes(self, client, subject, owner):
        """A mail comes in; its owner is to be reminded of it."""
        self.mails += 1
        message_id = f"<month.{self.mails}.{os.getpid()}@{client.rpartition('@')[2].strip('>')}>"
        mail = letter(client, CLIENTS, subject, "Please have a look.\n", message_id)
        began = time.monotonic()
        self.servers.deliver(mail, client.rpartition("<")[2].strip(">"), [CLIENTS])
        reminded = poll(lambda: [mail for mail in self.inbox(owner) if subject in mail], 40, 0.5)
        self.story.expect(reminded, f"{owner} is reminded of \"{subject}\", after {time.monotonic() - began:.0f} s",
                          f"{len(self.inbox(owner))} mails in the inbox")

    def inbox(self, user):
        """The texts of the mails in somebody's inbox, with their subjects."""
        with Folder(self.servers, user) as folder:
            return [f"{message['Subject']}\n{plain_text(message)}" for _, _, message in folder.after(0)]


def too_late(*_):
    raise TimeoutError(f"the story took more than {STORY_MAX} s")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--leader", required=True, type=int, help="the process that is the system's init")
    options.add_argument("--root", required=True, help="the folder the system lies in")
    options = options.parse_args()
    story = Story()
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(STORY_MAX)
    try:
        Months(System(options.leader, options.root), story).play()
    except Exception as error:  # whatever it is, the story did not come to its end
        story.expect(False, f"the story comes to its end: {error}")
    signal.alarm(0)
    if story.broken:
        print(f"\n{len(story.broken)} of {story.held + len(story.broken)} expectations FAILED:")
        for what in story.broken:
            print(f"  - {what}")
        return 1
    print(f"\nAll {story.held} expectations held, in {story.now():.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
