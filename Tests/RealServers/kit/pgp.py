"""Throw-away OpenPGP keys, and three programs that decrypt: gpg, rnp, pysequoia."""
import email
import email.policy
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path


def need(program: str) -> str:
    """The program's path. Missing, the test is skipped; where CI is set, it fails."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/lib/postfix/sbin")
    if path is None:
        missing(f"there is no {program} on this machine")
    return path


def missing(reason: str) -> None:
    """Skips the test with the reason, or fails it where CI is set."""
    # Here, so that tools/bench can use this module without it.
    import pytest

    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class Keys:
    """A GnuPG home of its own, and the keys made in it."""

    def __init__(self, folder: Path) -> None:
        self.gpg = need("gpg")
        self.home = folder
        folder.mkdir(mode=0o700)

    def run(self, *arguments: str, given: bytes | None = None) -> bytes:
        command = [
            self.gpg,
            "--homedir",
            str(self.home),
            "--batch",
            "--no-tty",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
            *arguments,
        ]
        done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.decode(errors='replace')}"
        return done.stdout

    def make(self, address: str, *, expired: bool = False) -> None:
        """Makes a key for an address; an expired one was made in 2020 for two days."""
        clock = ["--faked-system-time", "20200101T120000!"] if expired else []
        self.run(*clock, "--quick-generate-key", address, "future-default", "default", "2d" if expired else "never")

    def public(self, address: str) -> bytes:
        return self.run("--armor", "--export", f"={address}" if " " in address else address)

    def secret(self, address: str) -> bytes:
        return self.run("--armor", "--export-secret-keys", address)

    def close(self) -> None:
        """Ends the agent that gpg started for this home."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False, capture_output=True)


def ciphertext(message: bytes) -> bytes:
    """The armored text of a PGP/MIME message (RFC 3156 section 4), whose structure is checked on the way."""
    parsed = email.message_from_bytes(message, policy=email.policy.SMTP)
    assert parsed.get_content_type() == "multipart/encrypted", message[:2000]
    assert parsed.get_param("protocol") == "application/pgp-encrypted"
    control, body = parsed.get_payload()
    assert control.get_content_type() == "application/pgp-encrypted"
    assert control.get_payload().strip() == "Version: 1"
    assert body.get_content_type() == "application/octet-stream"
    return body.get_payload().encode()


def recipients_of(keys: Keys, armored: bytes) -> set[str]:
    """Key ids that a ciphertext is made for, as gpg lists them."""
    listing = subprocess.run(
        [keys.gpg, "--homedir", str(keys.home), "--batch", "--list-packets", "--list-only"], input=armored,
        capture_output=True, check=False).stdout.decode(errors="replace")
    return {line.split("keyid ")[1].strip() for line in listing.splitlines() if line.startswith(":pubkey enc packet")}


def decrypt_with_gpg(keys: Keys, address: str, armored: bytes, folder: Path) -> bytes:
    del address, folder
    return keys.run("--decrypt", given=armored)


def decrypt_with_rnp(keys: Keys, address: str, armored: bytes, folder: Path) -> bytes:
    """rnp is the engine inside Thunderbird."""
    program = need("rnp")
    secret, sealed, plain = folder / "secret.asc", folder / "sealed.asc", folder / "plain"
    secret.write_bytes(keys.secret(address))
    sealed.write_bytes(armored)
    done = subprocess.run(
        [program, "--homedir", str(folder), "--keyfile", str(secret), "--password", "", "--decrypt", str(sealed),
         "--output", str(plain)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return plain.read_bytes()


def decrypt_with_sequoia(keys: Keys, address: str, armored: bytes, folder: Path) -> bytes:
    del folder
    if importlib.util.find_spec("pysequoia") is None:
        missing("there is no pysequoia for this Python")
    import pysequoia

    # Older builds have no type of its own for secret keys.
    secret = getattr(pysequoia, "Tsk", pysequoia.Cert).from_bytes(keys.secret(address))
    decryptor = secret.decryptor() if hasattr(secret, "decryptor") else secret.secrets.decryptor()
    return bytes(pysequoia.decrypt(armored, decryptor).bytes)


DECRYPTORS = {"gpg": decrypt_with_gpg, "rnp": decrypt_with_rnp, "pysequoia": decrypt_with_sequoia}
