"""The real `ackd run` under a script's hands: started, asked, killed, stopped."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time


class Daemon:
    """One installation: a configuration, a state folder, a log. May be started many times."""

    def __init__(self, binary, config, environment, log):
        self.binary = binary
        self.config = config
        self.environment = {**os.environ, **environment}
        self.log = log
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "run", "--config", self.config],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        """SIGKILL: no time for anything."""
        self.process.kill()
        self.process.wait()

    def stop(self, within=10):
        """SIGTERM; the seconds it took, or None if it had to be killed or ended badly."""
        if self.process is None or self.process.poll() is not None:
            return None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        return time.monotonic() - began if code == 0 else None

    def ask(self, *arguments, exit_codes=(0,)):
        """What a command prints."""
        answer = subprocess.run(
            [self.binary, *arguments, "--config", self.config], env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        if answer.returncode not in exit_codes:
            raise RuntimeError(
                f"ackd {' '.join(arguments)} ended with {answer.returncode}: {answer.stderr.strip()}")
        return answer.stdout

    def status(self):
        """`ackd status --json`; None while nobody answers on the socket."""
        try:
            # 1: something is blind or alarmed; the answer is as good.
            return json.loads(self.ask("status", "--json", exit_codes=(0, 1)))
        except (RuntimeError, ValueError, subprocess.TimeoutExpired):
            return None

    def glance(self):
        """What `status` shows, asked over the socket without starting a program for it."""
        connection = http.client.HTTPConnection("ackd", timeout=20)
        try:
            connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.sock.settimeout(20)
            connection.sock.connect(os.path.join(os.path.dirname(self.config), "ackd.sock"))
            connection.request("GET", "/v1/status")
            return json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def cases(self, *options):
        """`ackd cases --json`, one dictionary a case."""
        return [json.loads(line) for line in self.ask("cases", "--json", *options).splitlines() if line]

    def explain(self, *files):
        """`ackd explain --json`, one dictionary a message file."""
        return [json.loads(line) for line in self.ask("explain", "--json", *files).splitlines() if line]

    def wait_until_live(self, within):
        """Until every mailbox is read up to now and watched; the last status seen."""
        until = time.monotonic() + within
        status = None
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"ackd run ended with {self.process.returncode}:\n{self.log_tail()}")
            status = self.status() or status
            if status and status["mailboxes"] and all(m["state"] == "live" for m in status["mailboxes"]):
                return status
            time.sleep(0.1)
        raise RuntimeError(
            f"the mailboxes are not live after {within} s; last status: {json.dumps(status)}\n{self.log_tail()}")

    def log_tail(self, lines=15):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def memory(self, field):
        """VmRSS or VmHWM in MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {field} of process {self.process.pid}")
