"""`letterlock doctor`: each trouble is provoked, named, and has a line that says what to do."""
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kit.doctoring import certificate, doctor, found
from kit.gateway import binary, environment
from kit.password_station import running_portal
from kit.pgp import need
from kit.postfix import MAIN_CF, MASTER_CF
from kit.sink import free_port
from kit.snippets import snippets


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
    for area in (
        "settings",
        "files",
        "gpg",
        "database",
        "policy",
        "attachments",
        "keys",
        "listeners",
        "clock",
        "swap",
        "core dumps",
    ):
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


@pytest.mark.parametrize(
    "script, words", [("exit 2", "status 2"), ("exec sleep 60", "did not answer"), ("echo hi", "nothing sensible")]
)
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


@pytest.mark.parametrize("page, recipe", [("install/milter.md", "milter"), ("install/postfix.md", "proxy")])
def test_a_recipe_as_written_is_not_warned_about(folder, page, recipe):
    need("postconf")
    lines = snippets(page)
    (folder / "letterlock.yaml").write_text(lines[f"{recipe}/letterlock.yaml"])
    (folder / "main.cf").write_text(
        MAIN_CF.format(folder=folder, hostname="mail.example.org") + lines[f"{recipe}/main.cf"]
    )
    (folder / "master.cf").write_text(MASTER_CF + lines[f"{recipe}/master.cf"])
    here = SimpleNamespace(config=folder / "letterlock.yaml", folder=folder)
    _, findings = doctor(here, "--postfix", str(folder))
    shown = [finding["what"] for finding in findings if finding["area"].startswith("postfix")]
    assert any("the recipe is" in what for what in shown), findings
    assert len([what for what in shown if "the recipe is" in what]) == 1, shown
    assert not any("sendmail(1)" in what or what.startswith("message_size_limit") for what in shown), shown
    no_failures(findings)


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
        "version: 1\nrules: [{ id: x, when: { recipient: { not-in: inside } }, then: { protect: required, with: "
        "[link] } }]\n"
    )
    (gateway.keys / "bad.asc").write_text("no key")
    _, findings = doctor(gateway)
    found(findings, "warn", "policy", "link")
    found(findings, "warn", "keys", "files with problems")
    for file in gateway.keys.iterdir():
        file.unlink()
    _, findings = doctor(gateway)
    found(findings, "warn", "keys", "0 usable certificates")


# TLS


def test_tls_files(gateway):
    folder = gateway.folder
    good, soon, old, future = (
        certificate(folder, name, *days)
        for name, days in (("good", (-1, 90)), ("soon", (-1, 5)), ("old", (-9, -1)), ("future", (2, 90))))
    pairs = [good, soon, old, future, (good[0], old[1]), (folder / "none.pem", good[1]), (good[0], good[0])]
    entries = ", ".join(
        f"{{address: '127.0.0.1:{free_port()}', tls: starttls, certificate: {chain}, key: {key}}}"
        for chain, key in pairs
    )
    change(gateway, "listen: {smtp: [", f"listen: {{lmtp: [{entries}], smtp: [")
    _, findings = doctor(gateway)
    found(findings, "ok", "tls", "valid for 90 days")
    found(findings, "warn", "tls", "expires in 5 days")
    found(findings, "fail", "tls", "has expired")
    found(findings, "fail", "tls", "is not valid yet")
    found(findings, "fail", "tls", "do not belong together")
    found(findings, "fail", "tls", "is no certificate in PEM")
    found(findings, "fail", "tls", "is no private key")


def test_the_portal_is_looked_at(make_gateway, sink):
    gateway = make_gateway(sink.port)
    assert not [one for one in doctor(gateway)[1] if one["area"] == "portal"], "without links there is none"
    add(gateway, f"links: {{url: 'http://127.0.0.1:{gateway.portal}', from: letters@example.org}}\n")
    gateway.stop()
    gateway.start()
    finding = found(doctor(gateway)[1], "warn", "portal", "does not answer")
    assert "systemctl start letterlock-portal" in finding["hint"] and "--with-portal" in finding["hint"]
    with running_portal(gateway):
        found(doctor(gateway)[1], "ok", "portal", "answers")
        with sqlite3.connect(gateway.state / "letters" / "letters.db") as database:
            database.execute("ALTER TABLE letters RENAME TO elsewhere")
        found(doctor(gateway)[1], "warn", "portal", "cannot read the letters")


def test_the_portals_certificate_is_looked_at_too(gateway):
    chain, key = certificate(gateway.folder, "portal", -90, -1)
    add(gateway, f"portal: {{certificate: {chain}, key: {key}}}\n")
    found(doctor(gateway)[1], "fail", "tls", "portal.pem\" has expired")


# Listeners and the next hop

def test_doors_open_to_strangers(gateway):
    change(
        gateway,
        f"listen: {{smtp: ['127.0.0.1:{gateway.port}']",
        "listen: {smtp: ['0.0.0.0:10025'], milter: ['0.0.0.0:10027']",
    )
    change(gateway, "admin: '127.0.0.1", "admin: '0.0.0.0")
    # Names of files are enough for the settings; whether they are there is the start's business.
    change(gateway, "hostname:", "admin: {users: admins, certificate: admin.crt, key: admin.key}\nhostname:")
    _, findings = doctor(gateway)
    found(findings, "warn", "listeners", "has no TLS")
    found(findings, "warn", "listeners", "takes mail from any client that reaches it")
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
    finding = found(findings, "fail", "next hop", f"127.0.0.1:{sink.port}")
    assert finding["what"].endswith("connecting to the next hop: nothing listens there (connection refused)"), finding
    change(
        gateway,
        f"next-hop: {{tls: opportunistic, address: '127.0.0.1:{sink.port}'",
        "next-hop: {address: 'nowhere.invalid:25'",
    )
    finding = found(doctor(gateway)[1], "fail", "next hop", "the name \"nowhere.invalid\" is not found in the DNS")
    assert "Error" not in finding["what"] and "errno" not in finding["what"], finding


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
    # A service that is named again takes the place of the one that is there.
    again = {tuple(line.split()[:2]) for line in master.splitlines() if line and not line[0].isspace()}
    kept = [line for line in MASTER_CF.splitlines() if tuple(line.split()[:2]) not in again]
    (folder / "config" / "master.cf").write_text("\n".join(kept) + "\n" + master)
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
        gateway,
        bad + "smtp_fallback_relay = [192.0.2.1]\ntransport_maps = inline:{x=y}\nsmtp_data_done_timeout = 60s\n",
    )
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
    change(
        gateway, f"smtp: ['127.0.0.1:{gateway.port}']", f"smtp: [{{address: '127.0.0.1:{gateway.port}', reply: 90s}}]"
    )
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


EXIT = (
    "mydestination =\nmynetworks = 127.0.0.0/8\nreceive_override_options = no_address_mappings\nmessage_size_limit = "
    "0\n"
    "inet_interfaces = loopback-only\nmyhostname = out.example.org\n"
)
OLD_ROUTING = "allow_percent_hack = no\nswap_bangpath = no\nresolve_dequoted_address = no\n"


@pytest.mark.parametrize(
    "lines, master, words",
    [
        ("default_transport = smtp:[192.0.2.9]:25", "", "default_transport is"),
        (
            "relay_domains = other.example\nrelay_transport = smtp:[192.0.2.9]",
            "",
            "\"other.example\" there is none of ours",
        ),
        (
            "",
            "smtp unix - - n - - smtp\n    -o smtp_fallback_relay=[192.0.2.9]\n",
            "at the service \"smtp\" of master.cf",
        ),
        (
            "",
            "lmtp unix - - n - - lmtp\n    -o lmtp_fallback_relay=[192.0.2.9]\n",
            "at the service \"lmtp\" of master.cf",
        ),
        ("header_checks = pcre:{{/^X-/ FILTER smtp:[192.0.2.9]}}", "", "header_checks has \"FILTER smtp:[192.0.2.9]\""),
    ],
)
def test_ways_around_relayhost(gateway, lines, master, words):
    good = GOOD + OLD_ROUTING + f"relayhost = [127.0.0.1]:{gateway.port}\n"
    finding = found(examined(gateway, good + lines + "\n", master), "fail", "postfix", words)
    assert "clear" in finding["what"]


@pytest.mark.parametrize("lines", [
    "default_transport = smtp", "default_transport = smtp:", "default_transport = error:no way out",
    "default_transport = smtp:[127.0.0.1]:PORT", "relay_domains = mail.example.org\nrelay_transport = smtp:[192.0.2.9]",
    "relay_domains = other.example", "smtp_fallback_relay = [127.0.0.1]:PORT",
    "header_checks = pcre:{{/^X-/ FILTER smtp:[127.0.0.1]:PORT}}"])
def test_ways_that_lead_to_us_are_none_around(gateway, lines):
    good = GOOD + OLD_ROUTING + f"relayhost = [127.0.0.1]:{gateway.port}\n"
    findings = examined(gateway, good + lines.replace("PORT", str(gateway.port)) + "\n")
    no_failures(findings)
    assert not any(one["state"] == "warn" and "in clear" in one["what"] for one in findings), findings


@pytest.mark.parametrize(
    "state, lines, master, words",
    [
        (
            "fail",
            "",
            "pickup unix n - n 60 1 pickup\n    -o content_filter=\n",
            "\"pickup\" has content_filter emptied",
        ),
        (
            "fail",
            "",
            "pickup unix n - n 60 1 pickup\n    -o content_filter=smtp:[127.0.0.1]:9\n",
            "set to \"smtp:[127.0.0.1]:9\"",
        ),
        (
            "fail",
            "",
            "pickup unix n - n 60 1 pickup\n    -o receive_override_options=no_address_mappings\n",
            "at the service \"pickup\"",
        ),
        ("fail", "header_checks = pcre:{{/^X-/ FILTER smtp:[192.0.2.9]}}", "", "header_checks has"),
        ("warn", "body_checks = pcre:/etc/postfix/body", "", "body_checks is set"),
        (
            "fail",
            "",
            "submission inet n - n - - smtpd\n    -o { smtpd_client_restrictions = check_client_access "
            "inline:{127.0.0.1=FILTER smtp:} }\n",
            "smtpd_client_restrictions has",
        ),
        ("fail", "smtp_fallback_relay = [192.0.2.9]", "", "smtp_fallback_relay is"),
        ("warn", "mailbox_transport = smtp:[192.0.2.9]", "", "mailbox_transport is"),
        ("warn", "fallback_transport = smtp:[192.0.2.9]", "", "fallback_transport is"),
        ("fail", "luser_relay = x@gmail.example", "", "luser_relay is"),
        ("warn", "allow_percent_hack = yes", "", "allow_percent_hack is on"),
        (
            "fail",
            "content_filter = letterlock:[127.0.0.1]:PORT",
            "",
            "names the service \"letterlock\", and master.cf has none",
        ),
    ],
)
def test_ways_around_content_filter(gateway, sink, state, lines, master, words):
    behind = reinjection(sink, "content_filter= receive_override_options=no_address_mappings message_size_limit=0")
    good = GOOD + OLD_ROUTING + f"content_filter = smtp:[127.0.0.1]:{gateway.port}\n"
    findings = examined(gateway, good, behind)
    no_failures(findings)
    assert not any(words in one["what"] for one in findings), findings
    found(
        examined(gateway, good + lines.replace("PORT", str(gateway.port)) + "\n", behind + master),
        state,
        "postfix",
        words,
    )


def test_deliveries_that_stay_here_are_not_told(gateway, sink):
    behind = reinjection(sink, "content_filter= receive_override_options=no_address_mappings message_size_limit=0")
    good = GOOD + OLD_ROUTING + f"content_filter = smtp:[127.0.0.1]:{gateway.port}\n"
    for line in (
        "mailbox_transport = lmtp:unix:private/dovecot-lmtp",
        "mailbox_transport = dovecot",
        "luser_relay = x@example.org",
        "local_transport = error:none here",
    ):
        findings = examined(gateway, good + line + "\n", behind)
        assert not any(line.split()[0] in one["what"] for one in findings), line


@pytest.mark.parametrize(
    "state, words", [("fail", "smtpd_milter_maps is set with DISABLE"), ("warn", "smtpd_milter_maps is set")]
)
def test_clients_that_milters_do_not_see(gateway, state, words):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    good = GOOD + f"smtpd_milters = inet:127.0.0.1:{port}\nnon_smtpd_milters = inet:127.0.0.1:{port}\n"
    maps = "cidr:{{127.0.0.0/8 DISABLE}}" if state == "fail" else "cidr:/etc/postfix/milters"
    found(examined(gateway, good + f"smtpd_milter_maps = {maps}\n"), state, "postfix", words)
    findings = examined(gateway, good, f"submission inet n - n - - smtpd\n    -o {{ smtpd_milter_maps = {maps} }}\n")
    found(findings, state, "postfix", "smtpd_milter_maps is set at the service \"submission\"")


def test_what_happens_while_a_milter_does_not_answer(gateway):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    ours, other = f"inet:127.0.0.1:{port}", "unix:/run/clamav/milter.sock"
    good = GOOD + f"smtpd_milters = {ours}\nnon_smtpd_milters = {ours}\n"
    no_failures(examined(gateway, good + f"smtpd_milters = {{ {other}, default_action=accept }}, {ours}\n"))
    no_failures(
        examined(
            gateway,
            good
            + f"smtpd_milters = {{ {ours}, default_action=tempfail }}\nnon_smtpd_milters = {{ {ours}, {{ "
              f"default_action = tempfail }} }}\n"
            "milter_default_action = accept\n",
        )
    )
    findings = examined(
        gateway, good + f"smtpd_milters = {{ {other}, default_action=accept }}, {{ {ours}, default_action=accept }}\n"
    )
    hint = found(findings, "fail", "postfix", "milter_default_action is accept for us in smtpd_milters")["hint"]
    assert f'-e "smtpd_milters={{ {other}, default_action=accept }}, {{ {ours}, default_action=tempfail }}"' in hint, (
        hint
    )
    findings = examined(gateway, good, SUBMISSION + "    -o milter_default_action=accept\n")
    assert (
        '"submission/inet/milter_default_action=tempfail"'
        in found(findings, "fail", "postfix", "is accept at the service")["hint"]
    )


def carried_out(gateway, finding: dict) -> list[dict]:
    """The findings after a hint's own command was run, as an administrator copies it."""
    folder = finding["area"].split(" ", 1)[1]
    command = finding["hint"].split(" , ")[0]
    command = command[command.index("postconf"):]
    subprocess.run(["bash", "-ec", command], check=True, capture_output=True, text=True, timeout=30)
    return doctor(gateway, "--postfix", folder)[1]


def test_hints_mend_what_they_are_for(gateway, sink):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    ours = f"inet:127.0.0.1:{port}"
    filtered = GOOD + f"content_filter = smtp:[127.0.0.1]:{gateway.port}\n"
    asked = GOOD + f"non_smtpd_milters = {ours}\n"
    braces = f"{{ {ours}, default_action=accept }}"
    behind = reinjection(sink, "content_filter= receive_override_options=no_address_mappings message_size_limit=0")
    for main, master, words in [
        (
            filtered,
            reinjection(sink, "receive_override_options=no_address_mappings message_size_limit=0"),
            "has content_filter that leads to us",
        ),
        (filtered, reinjection(sink, "content_filter= message_size_limit=0"), "follows aliases after us"),
        (
            filtered,
            reinjection(sink, "content_filter= receive_override_options=no_address_mappings"),
            "limits.message may grow",
        ),
        (filtered, behind + SUBMISSION + "    -o content_filter=\n", "content_filter is emptied there"),
        (
            filtered,
            behind + "pickup unix n - n 60 1 pickup\n    -o content_filter=\n",
            "\"pickup\" has content_filter emptied",
        ),
        (
            asked + f"smtpd_milters = {ours}\n",
            SUBMISSION + "    -o receive_override_options=no_milters\n",
            "has no_milters there",
        ),
        (asked + f"smtpd_milters = {braces}\n", "", "is accept for us in smtpd_milters"),
        (
            asked + f"smtpd_milters = {ours}\n",
            SUBMISSION + f"    -o {{ smtpd_milters = {braces} }}\n",
            "is accept for us in smtpd_milters at the service",
        ),
        (
            GOOD + f"relayhost = [127.0.0.1]:{gateway.port}\n",
            "smtp unix - - n - - smtp\n    -o smtp_fallback_relay=[192.0.2.9]\n",
            "smtp_fallback_relay is",
        ),
    ]:
        findings = examined(gateway, main, master)
        finding = next(one for one in findings if words in one["what"])
        after = carried_out(gateway, finding)
        assert not any(words in one["what"] for one in after), (finding, after)


@pytest.mark.parametrize(
    "lines, master, words",
    [
        (
            "mydestination = example.org\nlocal_transport = error:none here",
            "127.0.0.1:PORT",
            "mydestination holds \"example.org\"",
        ),
        ("virtual_mailbox_domains = example.org", "127.0.0.1:PORT", "virtual_mailbox_domains holds \"example.org\""),
        ("relayhost = [127.0.0.1]:GATE", "127.0.0.1:PORT", "relayhost leads back to us"),
        ("default_transport = smtp:[127.0.0.1]:GATE", "127.0.0.1:PORT", "default_transport leads back to us"),
        ("mynetworks = 0.0.0.0/0\ninet_interfaces = all", "PORT", "takes mail for others from everywhere"),
        ("mynetworks = 10.0.0.0/8 [::]/0", "0.0.0.0:PORT", "(mynetworks has \"[::]/0\")"),
    ],
)
def test_the_second_instance(gateway, sink, lines, master, words):
    relays = " inet n - n - - smtpd\n    -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
    good = f"127.0.0.1:{sink.port}" + relays
    no_failures(examined(gateway, EXIT, good))
    no_failures(examined(gateway, EXIT + "mynetworks = 0.0.0.0/0\n", good))
    findings = examined(
        gateway, EXIT + lines.replace("GATE", str(gateway.port)) + "\n", master.replace("PORT", str(sink.port)) + relays
    )
    finding = found(findings, "fail", "postfix", words)
    assert (
        not any("takes what we pass on" in one["what"] and one["state"] == "ok" for one in findings) or "holds" in words
    )
    assert not any(words in one["what"] for one in carried_out(gateway, finding)), finding


def test_postconf_says_what_it_cannot_read(gateway):
    folder = Path(postfix(gateway))
    with open(folder / "main.cf", "a", encoding="ascii") as file:
        file.write("this is no setting\n")
    found(
        doctor(gateway, "--postfix", str(folder))[1],
        "fail",
        "postfix",
        "missing '=' after attribute name: \"this is no setting\"",
    )
    folder = Path(postfix(gateway, "", "smtp inet n\n"))
    found(doctor(gateway, "--postfix", str(folder))[1], "fail", "postfix", "bad field count")


SUBMISSION = "submission inet n - n - - smtpd\n    -o smtpd_sasl_auth_enable=yes\n"
RELAYS = "    -o mynetworks=127.0.0.0/8\n    -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
TAKES_IN = (
    "    -o mynetworks=\n    -o smtpd_sasl_auth_enable=no\n"
    "    -o smtpd_relay_restrictions=permit_mynetworks,permit_sasl_authenticated,reject_unauth_destination,permit\n")


def failures(findings: list[dict]) -> str:
    return "; ".join(one["what"] for one in findings if one["area"].startswith("postfix") and one["state"] == "fail")


@pytest.mark.parametrize("recipe", ["content_filter", "smtpd_proxy_filter", "smtpd_milters"])
def test_each_service_is_judged_by_what_holds_there(gateway, recipe):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    value = {
        "content_filter": f"smtp:[127.0.0.1]:{gateway.port}", "smtpd_proxy_filter": f"127.0.0.1:{gateway.port}",
        "smtpd_milters": f"inet:127.0.0.1:{port}"}[recipe]
    main = GOOD + (f"{recipe} = {value}\n" if recipe != "smtpd_proxy_filter" else "")
    main += f"non_smtpd_milters = {value}\n" if recipe == "smtpd_milters" else ""
    led = f"smtp inet n - n - - smtpd\n    -o {recipe}={value}\n" + RELAYS
    no_failures(examined(gateway, main, led))
    # An override that empties it, and for the milter one that switches all of them off.
    for override in [f"{recipe}="] + (["receive_override_options=no_milters"] if recipe == "smtpd_milters" else []):
        findings = examined(gateway, main, led + SUBMISSION + f"    -o {override}\n")
        finding = found(findings, "fail", "postfix", 'service "submission" takes mail for others')
        folder = finding["area"].split(" ", 1)[1]
        assert f"postconf -c {folder} -P \"submission/inet/{recipe}={value}\"" in finding["hint"], finding
        assert '"smtp"' not in failures(findings)
    # Another filter in its place is none of ours; one that lets nobody send on needs none.
    findings = examined(gateway, main, led + SUBMISSION + f"    -o {recipe}=smtp:[127.0.0.1]:9\n")
    found(findings, "fail", "postfix", 'service "submission" takes mail for others')
    no_failures(examined(gateway, main, led + "127.0.0.1:26 inet n - n - - smtpd\n" + TAKES_IN + f"    -o {recipe}=\n"))


def test_services_where_main_cf_does_not_lead_here(gateway):
    filtered = f"smtp inet n - n - - smtpd\n    -o content_filter=smtp:[127.0.0.1]:{gateway.port}\n" + RELAYS
    findings = examined(gateway, GOOD, filtered + SUBMISSION)
    found(findings, "warn", "postfix", "content_filter stands at some services only")
    found(
        findings,
        "fail",
        "postfix",
        'service "submission" takes mail for others, and content_filter does not lead to us',
    )
    # A service that master(8) does not start is no way out.
    assert "submission" not in failures(
        examined(gateway, GOOD + "master_service_disable = submission.inet\n", filtered + SUBMISSION)
    )


@pytest.mark.parametrize(
    "list_, told",
    [
        ("inet:localhost:8891, OURS", "inet:localhost:8891"),
        ("OURS, inet:localhost:8891", None),
        ("{ unix:/run/opendkim/opendkim.sock, connect_timeout=5s } OURS", "unix:/run/opendkim/opendkim.sock"),
        (
            "{ inet:localhost:11332, default_action=tempfail }, inet:localhost:7357, { OURS, connect_timeout=5s }",
            "inet:localhost:11332",
        ),
        ("unix:/run/clamav/milter.sock, OURS", None),
        ("local:opendkim/opendkim.sock OURS", "local:opendkim/opendkim.sock"),
        ("inet:127.0.0.1:11332 { OURS, { default_action = tempfail } }", "inet:127.0.0.1:11332"),
    ],
)
def test_a_signer_before_us(gateway, list_, told):
    port = free_port()
    change(gateway, "listen: {", f"listen: {{milter: ['127.0.0.1:{port}'], ")
    value = list_.replace("OURS", f"inet:127.0.0.1:{port}")
    findings = examined(
        gateway,
        GOOD + f"smtpd_milters = {value}\nnon_smtpd_milters = inet:127.0.0.1:{port}\n",
        "smtp inet n - n - - smtpd\n",
    )
    signers = [one["what"] for one in findings if "before us" in one["what"]]
    assert len(signers) == (1 if told else 0), signers
    assert not told or f'"{told}"' in signers[0]
    # Lines that add no server of their own are judged by main.cf.
    findings = examined(gateway, GOOD + f"smtpd_milters = {value}\nnon_smtpd_milters = inet:127.0.0.1:{port}\n")
    assert [one["what"] for one in findings if "before us" in one["what"]] == signers
    # In front of a filter every signer is before us.
    findings = examined(
        gateway, GOOD + f"content_filter = smtp:[127.0.0.1]:{gateway.port}\nsmtpd_milters = inet:localhost:8891\n",
        "smtp inet n - n - - smtpd\n")
    assert "-o smtpd_milters=inet:localhost:8891" in found(findings, "warn", "postfix", "before us")["hint"]


def test_hints_name_the_instance(gateway):
    folder = postfix(
        gateway,
        GOOD.replace("bounce_size_limit = 1", "")
        + f"relayhost = [127.0.0.1]:{gateway.port}\nsmtp_fallback_relay = [192.0.2.1]\n",
    )
    _, findings = doctor(gateway, "--postfix", folder)
    hints = [
        one["hint"] for one in findings if one["area"].startswith("postfix") and "postconf" in (one.get("hint") or "")
    ]
    assert len(hints) >= 2 and all(f"postconf -c {folder} -e " in hint for hint in hints), hints


def test_the_way_home_behind_the_second_instance(gateway, sink):
    main = (
        "mydestination =\nmynetworks = 127.0.0.0/8\nreceive_override_options = no_address_mappings\n"
        "message_size_limit = 0\n")
    findings = examined(gateway, main + "inet_interfaces = all\n", reinjection(sink, ""))
    assert "inet_interfaces=loopback-only" in found(findings, "warn", "postfix", "loops back to myself")["hint"]
    found(findings, "warn", "postfix", "no Postfix here leads mail to us")
    for cure in (
        "inet_interfaces = loopback-only",
        "inet_interfaces = all\nrelayhost = [192.0.2.1]",
        "inet_interfaces = all\ntransport_maps = inline:{example.org=smtp:[192.0.2.1]:25}",
    ):
        findings = examined(gateway, main + cure + "\n", reinjection(sink, ""))
        assert not any("loops back" in one["what"] for one in findings), cure
    findings = examined(
        gateway, main + "inet_interfaces = loopback-only\nmaster_service_disable = inet\n", reinjection(sink, "")
    )
    found(findings, "fail", "postfix", "switched off by master_service_disable")


def test_the_next_hop_is_asked_for_our_own_people(gateway, sink):
    assert not [one for one in doctor(gateway)[1] if one["area"] == "way home"], "nothing of ours is mailed"
    add(gateway, f"links: {{url: 'http://127.0.0.1:{gateway.portal}', from: letters@example.org}}\n")
    found(doctor(gateway)[1], "ok", "way home", "takes mail for our own people")
    assert not sink.messages, "nothing is sent for that"
    sink.replies["RCPT postmaster@example.org"] = "550 5.7.1 relaying denied"
    finding = found(doctor(gateway)[1], "fail", "way home", "example.org")
    assert "relaying denied" in finding["what"] and "docs/install/postfix.md" in finding["hint"]


def test_the_running_gateway_is_asked(gateway):
    gateway.put_real_gpg()
    # The process gives the same answer for five seconds.
    deadline = time.monotonic() + 60
    while any("is a script" in one["what"] for one in doctor(gateway)[1] if one["area"] == "gateway"):
        assert time.monotonic() < deadline, gateway.log()
    found(doctor(gateway)[1], "ok", "gateway", "runs and is ready")
    policy = gateway.folder / "policy" / "policy.yaml"
    good = policy.read_text()
    policy.write_text("version: 1\nrules: [{ id: x, then: { protekt: none } }]\n")
    gateway.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 120
    while "reload failed" not in gateway.log():
        assert time.monotonic() < deadline, gateway.log()
        time.sleep(0.05)
    policy.write_text(good)
    # Only the process itself knows that it runs with old rules; it gives the same answer for five seconds.
    while not any("reload failed" in one["what"] for one in doctor(gateway)[1] if one["area"] == "gateway"):
        assert time.monotonic() < deadline + 20, gateway.log()
    gateway.stop()
    finding = found(doctor(gateway)[1], "warn", "gateway", "nothing listens there")
    assert "systemctl start letterlock" in finding["hint"]
