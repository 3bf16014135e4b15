"""A Postfix instance of the test's own: its own folders, loopback ports only, started and ended by its process id."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from kit.pgp import missing, need

MASTER_CF = """
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

MAIN_CF = """
compatibility_level = 3.6
config_directory = {folder}/config
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_spool_directory = {folder}/mail/
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {hostname}
myorigin = example.org
mydestination = example.org, localhost
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
alias_database =
virtual_alias_maps =
forward_path = {folder}/home/$user/.forward
biff = no
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtp_dns_support_level = disabled
smtp_host_lookup = native
minimal_backoff_time = 1s
maximal_backoff_time = 5s
queue_run_delay = 1s
# Seen while writing these tests: a hop that was down a moment ago is not asked again for a minute.
transport_retry_time = 1s
"""


class Postfix:
    """One instance; settings given later win over earlier ones, as postconf reads them."""

    def __init__(self, folder: Path, hostname: str) -> None:
        self.program = need("postfix")
        need("postconf")
        if os.geteuid() != 0:
            missing("a Postfix instance can only be started by root")
        self.folder = folder
        self.main = MAIN_CF.format(folder=folder, hostname=hostname)
        self.master = MASTER_CF
        self.master_pid: int | None = None
        self.forgotten = 0
        for name, mode in (("config", 0o755), ("queue", 0o755), ("data", 0o755), ("mail", 0o1777), ("home", 0o755)):
            (folder / name).mkdir(parents=True)
            (folder / name).chmod(mode)
        shutil.chown(folder / "data", "postfix")

    def configure(self, main: str = "", master: str = "") -> None:
        """Adds lines to main.cf and master.cf; a main.cf line replaces an earlier one of the same name."""
        self.main += main + "\n"
        self.master += master + "\n"

    def alias(self, table: str) -> None:
        """Sets alias_maps to `name: target` lines."""
        path = self.folder / "config" / "aliases"
        path.write_text(table)
        self.configure(f"alias_maps = hash:{path}")

    def forward(self, user: str, target: str) -> None:
        """Gives a Unix user a .forward file."""
        home = self.folder / "home" / user
        home.mkdir()
        (home / ".forward").write_text(target + "\n")
        for path in (home, home / ".forward"):
            shutil.chown(path, user)

    def start(self) -> None:
        config = self.folder / "config"
        (config / "main.cf").write_text(self.last_wins())
        (config / "master.cf").write_text(self.master)
        if (config / "aliases").exists():
            subprocess.run([need("postalias"), "-c", str(config), f"hash:{config}/aliases"], check=True)
        done = subprocess.run(
            [self.program, "-c", str(config), "start"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=60, check=False)
        assert done.returncode == 0, self.log()
        self.master_pid = int((self.folder / "queue" / "pid" / "master.pid").read_text())
        self.wait_for_log("daemon started")

    def is_running(self) -> bool:
        return self.master_pid is not None and self.master_lives()

    def last_wins(self) -> str:
        """main.cf without lines that a later one replaces, so that Postfix does not warn about them."""
        lines: dict[str, str] = {}
        for line in self.main.splitlines():
            if "=" in line and not line.startswith("#"):
                name = line.split("=")[0].strip()
                lines.pop(name, None)
                lines[name] = line
        return "\n".join(lines.values()) + "\n"

    def flush(self) -> None:
        """Tries everything in the queue again, now."""
        subprocess.run([need("postqueue"), "-c", str(self.folder / "config"), "-f"], check=False, capture_output=True)

    def queued(self) -> list[Path]:
        """Queue files of messages that have not left."""
        return [
            path for queue in ("incoming", "active", "deferred", "hold", "maildrop")
            for path in (self.folder / "queue" / queue).rglob("*") if path.is_file()
        ]

    def wait_for_log(self, text: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"no {text!r} in the log:\n{self.log()}"
            time.sleep(0.05)

    def wait_until_empty(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while self.queued():
            assert time.monotonic() < deadline, f"still queued: {self.queued()}\n{self.log()}"
            time.sleep(0.05)

    def mailbox(self, user: str) -> list[bytes]:
        """Messages delivered to a Unix user."""
        return [path.read_bytes() for path in sorted((self.folder / "mail" / user / "new").glob("*"))]

    def log(self) -> str:
        """What was logged since `forget`."""
        path = self.folder / "log"
        return path.read_text(errors="replace")[self.forgotten :] if path.exists() else ""

    def forget(self) -> None:
        """Empties queue and mailboxes, and starts the log anew, for the next test with this instance."""
        for path in [*self.queued(), *(self.folder / "mail").glob("*/new/*")]:
            path.unlink(missing_ok=True)
        self.forgotten += len(self.log())

    def close(self) -> None:
        """Ends master, which ends its children: they are one process group, led by master."""
        if self.master_pid is None:
            return
        # SIGTERM lets master tell its children; what has not gone then is killed.
        self.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while self.master_lives() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.signal_group(signal.SIGKILL)
        self.master_pid = None

    def signal_group(self, number: int) -> None:
        try:
            os.killpg(self.master_pid, number)
        except ProcessLookupError:
            pass

    def master_lives(self) -> bool:
        try:
            state = Path(f"/proc/{self.master_pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        return state != "Z"
