"""An Exim of the test's own: unpacked by tools/mta, never installed; its own folders, loopback ports only."""
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path

from kit.pgp import missing

PLACE = Path(__file__).resolve().parents[3] / ".build" / "mta"

CONFIGURATION = """
exim_user = {user}
exim_group = mail
exim_path = {program}
never_users =
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
primary_hostname = {hostname}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
accept_8bitmime = true
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = accept_all
acl_smtp_data = accept_all
qualify_domain = example.org
message_size_limit = 100M

begin acl
accept_all:
  accept

begin routers
onward:
  driver = manualroute
  transport = onward_{protocol}
  route_list = * 127.0.0.1
  self = send

begin transports
onward_smtp:
  driver = smtp
  port = {next_hop}
  hosts_try_fastopen =
  command_timeout = 30s
  final_timeout = 60s
onward_lmtp:
  driver = smtp
  protocol = lmtp
  port = {next_hop}
  allow_localhost
  hosts_try_fastopen =

begin retry
* * F,1h,1s
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Exim:
    """One instance: what it takes on `port` it hands to `next_hop`, by SMTP or LMTP."""

    def __init__(self, folder: Path, hostname: str, port: int, next_hop: int, protocol: str = "smtp") -> None:
        self.program = PLACE / "root" / "usr" / "sbin" / "exim4"
        if not self.program.exists():
            missing("there is no Exim; tools/mta unpacks one")
        if os.geteuid() != 0:
            missing("Exim can only be started by root")
        self.folder, self.port = folder, port
        self.process: subprocess.Popen | None = None
        for name in ("spool", "log"):
            (folder / name).mkdir(parents=True)
            self.own(folder / name)
        self.own(folder)
        # Debian's build insists on a user of this name.
        account = pwd.getpwnam("mail")
        for name, line, file in (
            (
                "passwd",
                f"Debian-exim:x:{account.pw_uid}:{account.pw_gid}::/nonexistent:/usr/sbin/nologin",
                "/etc/passwd",
            ),
            ("group", f"Debian-exim:x:{account.pw_gid}:", "/etc/group"),
        ):
            (folder / name).write_text(Path(file).read_text() + line + "\n")
        self.configuration = folder / "exim.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                user="mail",
                program=self.program,
                hostname=hostname,
                folder=folder,
                port=port,
                next_hop=next_hop,
                protocol=protocol,
            )
        )

    @staticmethod
    def own(path: Path) -> None:
        account = pwd.getpwnam("mail")
        os.chown(path, account.pw_uid, account.pw_gid)

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        libraries = next((PLACE / "root" / "usr" / "lib").glob("*-linux-gnu*"))
        variables = {
            "LD_LIBRARY_PATH": str(libraries), "LD_PRELOAD": str(libraries / "libnss_wrapper.so"),
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"), "NSS_WRAPPER_GROUP": str(self.folder / "group"),
            "PATH": os.environ["PATH"],
        }
        return [str(self.program), "-C", str(self.configuration), *arguments], variables

    def start(self) -> None:
        command, variables = self.command("-bdf", "-q1s")
        self.process = subprocess.Popen(
            command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            start_new_session=True)
        deadline = time.monotonic() + 120
        while not answers(self.port):
            assert self.process.poll() is None and time.monotonic() < deadline, f"Exim does not start:\n{self.log()}"
            time.sleep(0.05)

    def flush(self) -> None:
        """Tries everything in the queue again, now."""
        command, variables = self.command("-qff")
        subprocess.run(command, env=variables, check=False, capture_output=True, timeout=60)

    def queued(self) -> list[Path]:
        return list((self.folder / "spool" / "input").rglob("*-H"))

    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted((self.folder / "log").glob("*log")))

    def wait_for_log(self, text: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.log():
            assert time.monotonic() < deadline, f"no {text!r} in the log:\n{self.log()}"
            time.sleep(0.05)

    def close(self) -> None:
        """Ends the daemon and what it started: they are one session, led by it."""
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                break
            time.sleep(0.2)
        self.process.wait(timeout=10)
        self.process = None
