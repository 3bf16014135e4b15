"""`letterlock doctor` as the tests ask it."""
import datetime
import json
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kit.gateway import binary, environment


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
