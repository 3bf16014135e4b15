"""Sets up the recipe "only way out" of docs/install/postfix.md on one machine, as it is written, and sends one message.

Runs in namespaces of its own (test_one_machine.py starts it so): /etc, /var/lib, /var/spool and the network are copies,
and all processes end with it. Writes one JSON object: what became of the message.

usage: one_machine.py FOLDER [without-loopback-only]
"""
import json
import os
import re
import shutil
import smtplib
import subprocess
import sys
import time
from pathlib import Path

# Started by its path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kit.gateway import binary, environment  # noqa: E402
from kit.snippets import snippets  # noqa: E402

FOLDER = Path(sys.argv[1])
LINES = snippets("install/postfix.md")
SENDER, READER = "games", "carol@open.example"
RULES = """
version: 1
defaults: { protect: none, with: [pgp, link] }
rules:
  - { id: outside, when: { recipient: { not-in: inside } }, then: { protect: required } }
"""


def run(*words: str, **options) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def copies() -> None:
    """Writable copies of what Postfix and its tools write to."""
    run("mount", "-t", "tmpfs", "none", str(FOLDER))
    for name in ("up", "work"):
        (FOLDER / name).mkdir()
    run("mount", "-t", "overlay", "none", "-o", f"lowerdir=/etc,upperdir={FOLDER}/up,workdir={FOLDER}/work", "/etc")
    for path in ("/var/lib", "/var/spool", "/var/log", "/var/mail"):
        run("mount", "-t", "tmpfs", "none", path)
        os.chmod(path, 0o1777 if path == "/var/mail" else 0o755)
    for path in ("/var/lib/postfix", "/var/spool/postfix"):
        os.mkdir(path)
    shutil.chown("/var/lib/postfix", "postfix")


def world() -> subprocess.Popen:
    """Another network beside ours, with a DNS server and a mail server in it."""
    path = Path(__file__).with_name("one_machine_world.py")
    process = subprocess.Popen(
        ["unshare", "--net", sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1")
    deadline = time.monotonic() + 120
    # It has its own network as soon as unshare has made one.
    while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        assert time.monotonic() < deadline, "the world has no network of its own"
        time.sleep(0.02)
    run("ip", "link", "set", "w1", "netns", str(process.pid))
    run("ip", "addr", "add", "192.0.2.10/24", "dev", "w0")
    run("ip", "link", "set", "w0", "up")
    for words in (
        ["addr", "add", "192.0.2.20/24", "dev", "w1"],
        ["link", "set", "w1", "up"],
        ["link", "set", "lo", "up"],
    ):
        run("nsenter", "-t", str(process.pid), "-n", "ip", *words)
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    Path("/etc/resolv.conf").write_text("nameserver 192.0.2.20\n")
    return process


def chroot_files(queue: Path) -> None:
    """What Debian's start script copies for services in a chroot."""
    (queue / "etc").mkdir(parents=True, exist_ok=True)
    for name in ("resolv.conf", "hosts", "services", "nsswitch.conf"):
        shutil.copy(f"/etc/{name}", queue / "etc" / name)


def postfixes(drop: str) -> None:
    """Both instances. `drop`: a line of the recipe that is left out, to see what it is for."""
    Path("/etc/postfix/main.cf").write_text(
        "compatibility_level = 3.6\nmyhostname = mail.example.org\nmyorigin = example.org\n"
        "mydestination = example.org, localhost\nmaillog_file = /var/log/front\nalias_maps =\nalias_database =\n"
        # The tests' machine has no TLS for this and no IPv6.
        "smtp_tls_security_level = none\nsmtpd_tls_security_level = none\ninet_protocols = ipv4\n"
        + LINES["only-way-out/front/main.cf"])
    for line in LINES["only-way-out/exit/make"].splitlines():
        run(*line.split())
    exit_main = Path("/etc/postfix-out/main.cf")
    text = exit_main.read_text() + "maillog_file = /var/log/exit\ncompatibility_level = 3.6\ninet_protocols = ipv4\n"
    for line in LINES["only-way-out/exit/main.cf"].splitlines():
        if drop and line.startswith(drop):
            # Without a line of its own, the machine's name is that of both instances.
            line = "myhostname = mail.example.org" if drop == "myhostname" else ""
        # postconf -e in an editor's place: a line stands in place of one of the same name.
        if match := re.match(r"(\w+) *=", line):
            text = re.sub(rf"^{match.group(1)} *=.*\n", "", text, flags=re.M)
        text += line + "\n"
    exit_main.write_text(text)
    master = Path("/etc/postfix-out/master.cf")
    lines, count = re.subn(r"^smtp +inet .*\n", LINES["only-way-out/exit/master.cf"], master.read_text(), flags=re.M)
    assert count == 1, "there is no line `smtp inet` to replace"
    master.write_text(lines)
    chroot_files(Path("/var/spool/postfix"))
    chroot_files(Path("/var/spool/postfix-out"))
    run("postfix", "start")
    for line in LINES["only-way-out/exit/start"].splitlines():
        run(*line.split())


def gateway() -> Path:
    """Letterlock with the page's settings, and links."""
    folder = Path("/etc/letterlock")
    (folder / "policy").mkdir(parents=True)
    (folder / "keys").mkdir()
    (folder / "policy" / "policy.yaml").write_text(RULES)
    config = folder / "letterlock.yaml"
    config.write_text(
        LINES["letterlock.yaml"] + f"state: {FOLDER}/state\n"
        "links: {url: 'http://127.0.0.1:8443', from: letters@example.org}\n")
    (FOLDER / "state").mkdir()
    subprocess.Popen(
        [binary(), "serve", "--config", str(config)], env=environment(), stdin=subprocess.DEVNULL,
        stdout=open(FOLDER / "gateway.log", "wb"), stderr=subprocess.STDOUT)
    return config


def wait_for(check, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.1)
    return found


def connects(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            return client.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def main() -> None:
    drop = sys.argv[2] if len(sys.argv) > 2 else ""
    copies()
    others = world()
    postfixes(drop)
    config = gateway()
    assert wait_for(lambda: connects(10025) and connects(10026) and connects(25)), "not all of them listen"
    doctor = subprocess.run(
        [binary(), "doctor", "--json", "--config", str(config)], env=environment(), capture_output=True, text=True,
        timeout=120, check=False)
    with smtplib.SMTP("127.0.0.1", 25, timeout=60) as client:
        client.sendmail(
            f"{SENDER}@example.org",
            [READER],
            f"From: {SENDER}@example.org\r\nTo: {READER}\r\nSubject: hello\r\nMessage-ID: <one@example.org>\r\n\r\n"
            f"hello\r\n",
        )
    outside = json.loads(others.stdout.readline())
    mailbox = Path(f"/var/mail/{SENDER}")
    log = Path("/var/log/exit")
    wait_for(lambda: (mailbox.exists() and mailbox.read_text()) or "status=bounced" in log.read_text())
    print(json.dumps({
        "outside": outside, "home": mailbox.read_text() if mailbox.exists() else "", "exit-log": log.read_text(),
        "doctor": json.loads(doctor.stdout),
    }))


main()
