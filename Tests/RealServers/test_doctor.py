"""`letterlock doctor`: each trouble is provoked, named, and has a line that says what to do."""
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway import binary, environment
from pgp import need
from postfix import MAIN_CF, MASTER_CF
from sink import free_port
from snippets import snippets


def doctor(gateway, *arguments: str) -> tuple[int, list[dict]]:
    """Exit code and findings."""
    done = subprocess.run(
        [binary(), "doctor", "--json", "--config", str(gateway.config), *arguments], cwd=gateway.folder,
        env=environment(), capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    findings = json.loads(done.stdout)
    for finding in findings:
        assert finding["state"] in ("ok", "warn", "fail"), finding
        assert (finding["state"] == "ok") == (not finding.get("hint")), finding
        assert "\n" not in finding["what"] + (finding.get("hint") or ""), finding
    assert done.returncode == int(any(finding["state"] == "fail" for finding in findings)), done.stderr
    return done.returncode, findings


def found(findings: list[dict], state: str, area: str, words: str) -> dict:
    """The finding with the words in it."""
    for finding in findings:
        if finding["state"] == state and finding["area"].startswith(area) and words in finding["what"]:
            return finding
    raise AssertionError(f"no {state} of {area} with {words!r} in\n{json.dumps(findings, indent=1)}")


def add(gateway, lines: str) -> None:
    gateway.config.write_text(gateway.config.read_text() + lines)


def change(gateway, old: str, new: str) -> None:
    text = gateway.config.read_text()
    assert old in text
    gateway.config.write_text(text.replace(old, new))


# The installation

def test_a_sound_installation_has_no_failure(gateway):
    code, findings = doctor(gateway)
    assert code == 0
    for area in ("settings", "files", "gpg", "database", "policy", "attachments", "keys", "listeners", "clock", "swap", "core dumps"):
        assert any(finding["area"] == area for finding in findings), area
    found(findings, "ok", "gpg", "answers")
    found(findings, "ok", "database", "gateway.db")
    text = subprocess.run(
        [binary(), "doctor", "--config", str(gateway.config)], cwd=gateway.folder, env=environment(),
        capture_output=True, text=True, timeout=120, check=True)
    assert text.stdout.startswith(("ok   settings: ", "warn settings: "))
    assert "none failed" in text.stderr


def test_it_makes_nothing(make_gateway, sink, folder):
    gateway = make_gateway(sink.port)
    gateway.stop()
    shutil.rmtree(gateway.state)
    code, findings = doctor(gateway)
    assert code == 0 and not gateway.state.exists()
    found(findings, "ok", "database", "will be made at the first start")


def test_unreadable_settings_end_with_78(gateway):
    add(gateway, "lisen: x\n")
    done = subprocess.run(
        [binary(), "doctor", "--config", str(gateway.config)], env=environment(), capture_output=True, text=True,
        timeout=60, check=False)
    assert done.returncode == 78 and "lisen" in done.stderr and not done.stdout


def test_settings_that_say_too_little(gateway):
    change(gateway, "hostname: gate.example.org\n", "")
    change(gateway, "inside: [example.org, .example.org]\n", "")
    _, findings = doctor(gateway)
    found(findings, "warn", "settings", "hostname is \"localhost\"")
    found(findings, "warn", "settings", "inside is empty")


@pytest.mark.parametrize("script, words", [("exit 2", "status 2"), ("exec sleep 60", "did not answer"), ("echo hi", "nothing sensible")])
def test_gpg_that_does_not_work(gateway, script, words):
    gateway.put_gpg(script)
    _, findings = doctor(gateway)
    found(findings, "fail", "gpg", words)


def test_gpg_that_is_not_there(gateway):
    gateway.gpg.unlink()
    _, findings = doctor(gateway)
    found(findings, "fail", "gpg", "no such file")


def test_permissions(gateway):
    users, password = gateway.folder / "users", gateway.folder / "password"
    for path in (users, password):
        path.write_text("x\n")
        path.chmod(0o644)
    add(gateway, f"users: {users}\n")
    change(gateway, "next-hop: {", "next-hop: {auth: {user: x, password-file: " + str(password) + "}, ")
    gateway.keys.chmod(0o777)
    (gateway.folder / "policy").chmod(0o775)
    (gateway.state / "gateway").chmod(0o755)
    (gateway.state / "letters").chmod(0o2775)
    _, findings = doctor(gateway)
    found(findings, "fail", "files", "the file of users")
    found(findings, "fail", "files", "the password for the next hop")
    found(findings, "fail", "files", "everybody can change the key folder")
    found(findings, "warn", "files", "a group can change the policy folder")
    found(findings, "fail", "files", "gateway\" has mode 0755")
    found(findings, "fail", "files", "letters\" has mode 02775")
    users.chmod(0o600)
    _, findings = doctor(gateway)
    found(findings, "fail", "users", "users:1: ")
    users.unlink()
    _, findings = doctor(gateway)
    found(findings, "fail", "files", "no such file")


@pytest.mark.parametrize("page, recipe", [("milter.md", "milter"), ("postfix.md", "proxy")])
def test_a_recipe_as_written_is_not_warned_about(folder, page, recipe):
    need("postconf")
    lines = snippets(page)
    (folder / "letterlock.yaml").write_text(lines[f"{recipe}/letterlock.yaml"])
    (folder / "main.cf").write_text(MAIN_CF.format(folder=folder, hostname="mail.example.org") + lines[f"{recipe}/main.cf"])
    (folder / "master.cf").write_text(MASTER_CF + lines[f"{recipe}/master.cf"])
    here = SimpleNamespace(config=folder / "letterlock.yaml", folder=folder)
    _, findings = doctor(here, "--postfix", str(folder))
    shown = [finding["what"] for finding in findings if finding["area"].startswith("postfix")]
    assert any("the recipe is" in what for what in shown), findings
    assert len([what for what in shown if "the recipe is" in what]) == 1, shown
    assert not any("sendmail(1)" in what or what.startswith("message_size_limit") for what in shown), shown


def test_databases(gateway):
    gateway.stop()
    path = gateway.state / "gateway" / "gateway.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with open(path, "r+b") as database:
        database.seek(4096)
        database.write(os.urandom(path.stat().st_size - 4096))
    for end in ("-wal", "-shm"):
        (gateway.state / "gateway" / f"gateway.db{end}").unlink(missing_ok=True)
    _, findings = doctor(gateway)
    finding = found(findings, "fail", "database", "gateway.db")
    assert "move it away" in finding["hint"]
    found(findings, "ok", "database", "letters.db")
    holder = sqlite3.connect(gateway.state / "letters" / "letters.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    _, findings = doctor(gateway)
    assert "locked" in found(findings, "fail", "database", "letters.db")["hint"]
    holder.close()


def test_policy_and_keys(gateway):
    (gateway.folder / "policy" / "policy.yaml").write_text("version: 1\nrules: [{ id: x, then: { protekt: none } }]\n")
    _, findings = doctor(gateway)
    assert found(findings, "fail", "policy", "policy.yaml:2")["hint"]
    (gateway.folder / "policy" / "policy.yaml").write_text(
        "version: 1\nrules: [{ id: x, when: { recipient: { not-in: inside } }, then: { protect: required, with: [link] } }]\n")
    (gateway.keys / "bad.asc").write_text("no key")
    _, findings = doctor(gateway)
    found(findings, "warn", "policy", "link")
    found(findings, "warn", "keys", "files with problems")
    for file in gateway.keys.iterdir():
        file.unlink()
    _, findings = doctor(gateway)
    found(findings, "warn", "keys", "0 usable certificates")


# TLS

def certificate(folder: Path, name: str, starts: int, ends: int) -> tuple[Path, Path]:
    """A certificate of its own making, valid between two days from now, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gate.example.org")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now + datetime.timedelta(days=starts))
        .not_valid_after(now + datetime.timedelta(days=ends, hours=1)).sign(key, hashes.SHA256()))
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    private.chmod(0o600)
    return chain, private


def test_tls_files(gateway):
    folder = gateway.folder
    good, soon, old, future = (
        certificate(folder, name, *days)
        for name, days in (("good", (-1, 90)), ("soon", (-1, 5)), ("old", (-9, -1)), ("future", (2, 90))))
    pairs = [good, soon, old, future, (good[0], old[1]), (folder / "none.pem", good[1]), (good[0], good[0])]
    entries = ", ".join(
        f"{{address: '127.0.0.1:{free_port()}', tls: starttls, certificate: {chain}, key: {key}}}" for chain, key in pairs)
    change(gateway, "listen: {smtp: [", f"listen: {{lmtp: [{entries}], smtp: [")
    _, findings = doctor(gateway)
    found(findings, "ok", "tls", "valid for 90 days")
    found(findings, "warn", "tls", "expires in 5 days")
    found(findings, "fail", "tls", "has expired")
    found(findings, "fail", "tls", "is not valid yet")
    found(findings, "fail", "tls", "do not belong together")
    found(findings, "fail", "tls", "is no certificate in PEM")
    found(findings, "fail", "tls", "is no private key")


# Listeners and the next hop

def test_doors_open_to_strangers(gateway):
    change(gateway, f"listen: {{smtp: ['127.0.0.1:{gateway.port}']", "listen: {smtp: ['0.0.0.0:10025'], milter: ['0.0.0.0:10027']")
    change(gateway, "admin: '127.0.0.1", "admin: '0.0.0.0")
    # Names of files are enough for the settings; whether they are there is the start's business.
    change(gateway, "hostname:", "admin: {users: admins, certificate: admin.crt, key: admin.key}\nhostname:")
    _, findings = doctor(gateway)
    found(findings, "warn", "listeners", "has no TLS")
    found(findings, "warn", "listeners", "takes mail from whoever reaches it")
    found(findings, "warn", "listeners", "the milter protocol has no TLS")
    found(findings, "warn", "listeners", "the admin page on")
    change(gateway, "smtp: ['0.0.0.0:10025'], milter: ['0.0.0.0:10027']", "smtp: []")
    _, findings = doctor(gateway)
    found(findings, "fail", "listeners", "nothing takes mail")


def test_the_next_hop(gateway, sink):
    _, findings = doctor(gateway)
    assert not any(finding["area"] == "next hop" and finding["state"] == "fail" for finding in findings)
    change(gateway, "next-hop: {", "next-hop: {tls: required, ")
    _, findings = doctor(gateway)
    found(findings, "fail", "next hop", "TLS")
    change(gateway, "tls: required", "tls: opportunistic")
    _, findings = doctor(gateway)
    found(findings, "warn", "next hop", "it offers no TLS")
    sink.close()
    code, findings = doctor(gateway)
    assert code == 1
    found(findings, "fail", "next hop", f"127.0.0.1:{sink.port}")


def test_what_the_next_hop_lacks(make_gateway, sink):
    sink.replies["EHLO"] = "250-sink.example\r\n250 SIZE 10000000"
    gateway = make_gateway(sink.port)
    _, findings = doctor(gateway)
    finding = found(findings, "warn", "next hop", "it takes 10000000 bytes")
    assert "message_size_limit = 73400320" in finding["hint"]
    for name in ("8BITMIME", "SMTPUTF8", "PIPELINING"):
        found(findings, "warn", "next hop", f"does not offer {name}")


# Postfix

def postfix(gateway, main: str = "", master: str = "") -> str:
    """A folder with the settings of an instance that never runs."""
    if not shutil.which("postconf"):
        pytest.skip("there is no postconf")
    folder = gateway.folder / "postfix"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "config").mkdir(parents=True)
    lines = {}
    for line in (MAIN_CF.format(folder=folder, hostname="mx.example.org") + main).splitlines():
        if "=" in line:
            lines[line.split("=")[0].strip()] = line
    (folder / "config" / "main.cf").write_text("\n".join(lines.values()) + "\n")
    (folder / "config" / "master.cf").write_text(MASTER_CF + master)
    return str(folder / "config")


def examined(gateway, main: str = "", master: str = "") -> list[dict]:
    _, findings = doctor(gateway, "--postfix", postfix(gateway, main, master))
    return findings


GOOD = "bounce_size_limit = 1\nmessage_size_limit = 52428800\nforward_path =\n"


def no_failures(findings: list[dict]) -> None:
    bad = [finding for finding in findings if finding["area"].startswith("postfix") and finding["state"] == "fail"]
    assert not bad, bad


def test_a_postfix_that_has_nothing_to_do_with_us(gateway):
    found(examined(gateway), "warn", "postfix", "nothing here leads to Letterlock")
    _, findings = doctor(gateway, "--postfix", str(gateway.folder / "nowhere"))
    found(findings, "fail", "postfix", "cannot read it")


def test_only_way_out(gateway):
    good = GOOD + f"relayhost = [127.0.0.1]:{gateway.port}\n"
    findings = examined(gateway, good)
    found(findings, "ok", "postfix", "only way out")
    no_failures(findings)
    bad = good.replace("bounce_size_limit = 1", "bounce_size_limit = 50000").replace("52428800", "0")
    findings = examined(
        gateway, bad + "smtp_fallback_relay = [192.0.2.1]\ntransport_maps = inline:{x=y}\nsmtp_data_done_timeout = 60s\n")
    found(findings, "fail", "postfix", "smtp_fallback_relay")
    found(findings, "warn", "postfix", "transport_maps is set")
    found(findings, "warn", "postfix", "bounce_size_limit is 50000")
    found(findings, "warn", "postfix", "message_size_limit is 0")
    found(findings, "warn", "postfix", "smtp_data_done_timeout is 60 s")
    findings = examined(gateway, GOOD + f"relay_transport = smtp:[localhost]:{gateway.port}\n")
    found(findings, "fail", "postfix", "the other mail leaves in clear")


def reinjection(sink, options: str) -> str:
    return f"127.0.0.1:{sink.port} inet n - n - - smtpd\n" + "".join(f"    -o {option}\n" for option in options.split())


def test_content_filter(gateway, sink):
    good = GOOD + f"content_filter = smtp:[127.0.0.1]:{gateway.port}\n"
    behind = "content_filter= receive_override_options=no_address_mappings message_size_limit=0"
    findings = examined(gateway, good, reinjection(sink, behind))
    found(findings, "ok", "postfix", "content_filter")
    found(findings, "ok", "postfix", "takes what we pass on")
    no_failures(findings)
    findings = examined(gateway, good, reinjection(sink, "content_filter="))
    found(findings, "fail", "postfix", "follows aliases after us")
    found(findings, "warn", "postfix", "limits.message may grow to 73400320")
    findings = examined(gateway, good, reinjection(sink, "receive_override_options=no_address_mappings"))
    found(findings, "fail", "postfix", "mail goes in circles")
    findings = examined(
        gateway, good + "receive_override_options = no_address_mappings\nforward_path = /home/$user/.forward\n"
        "alias_maps = inline:{x=y}\n", reinjection(sink, behind))
    found(findings, "fail", "postfix", "we do not see where aliases lead")
    found(findings, "warn", "postfix", "forward_path is set")
    found(findings, "warn", "postfix", "alias_maps is set")
    findings = examined(
        gateway, GOOD, f"127.0.0.1:2525 inet n - n - - smtpd\n    -o content_filter=smtp:[127.0.0.1]:{gateway.port}\n")
    found(findings, "warn", "postfix", "content_filter stands at some services only")
    found(findings, "warn", "postfix", "is not a service of this instance")


def test_proxy_filter(gateway, sink):
    front = f"127.0.0.1:2525 inet n - n - - smtpd\n    -o smtpd_proxy_filter=127.0.0.1:{gateway.port}\n"
    behind = reinjection(sink, "smtpd_proxy_filter= receive_override_options=no_address_mappings message_size_limit=0")
    findings = examined(gateway, GOOD, front + behind)
    found(findings, "ok", "postfix", "smtpd_proxy_filter")
    found(findings, "warn", "postfix", "never sees mail by sendmail(1)")
    found(findings, "warn", "postfix", "smtpd_proxy_timeout is 100 s")
    no_failures(findings)
    change(gateway, f"smtp: ['127.0.0.1:{gateway.port}']", f"smtp: [{{address: '127.0.0.1:{gateway.port}', reply: 90s}}]")
    findings = examined(gateway, GOOD, front + behind)
    assert not any("smtpd_proxy_timeout" in finding["what"] for finding in findings)


def test_milter(gateway):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    good = GOOD + f"smtpd_milters = inet:127.0.0.1:{port}\nnon_smtpd_milters = inet:localhost:{port}\n"
    findings = examined(gateway, good)
    found(findings, "ok", "postfix", "milter")
    no_failures(findings)
    findings = examined(
        gateway, GOOD + f"smtpd_milters = inet:127.0.0.1:{port}\nmilter_default_action = accept\n"
        "milter_content_timeout = 60s\nvirtual_alias_maps = inline:{x=y}\n")
    found(findings, "fail", "postfix", "milter_default_action is accept")
    found(findings, "fail", "postfix", "non_smtpd_milters does not name us")
    found(findings, "warn", "postfix", "milter_content_timeout is 60 s")
    found(findings, "warn", "postfix", "virtual_alias_maps is set")
    findings = examined(gateway, good + f"smtpd_milters = {{ inet:127.0.0.1:{port}, default_action=accept }}\n")
    found(findings, "fail", "postfix", "milter_default_action is accept")
