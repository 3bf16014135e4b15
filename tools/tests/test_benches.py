"""The helpers of tools/bench: certificates that gpg takes, messages of the size asked for, rows with target and ratio."""
import email
import importlib.util
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from benches import messages, openpgp
from benches.table import Figure, line

HAS_CRYPTOGRAPHY = importlib.util.find_spec("cryptography") is not None


class Packets(unittest.TestCase):
    def test_lengths_are_those_of_the_new_format(self):
        self.assertEqual(openpgp.packet(13, b"x" * 191)[:2], bytes([0xCD, 191]))
        self.assertEqual(openpgp.packet(13, b"x" * 192)[:3], bytes([0xCD, 192, 0]))
        # The example of RFC 4880, section 4.2.3.
        self.assertEqual(openpgp.packet(13, b"x" * 1723)[:3], bytes([0xCD, 0xC5, 0xFB]))

    def test_numbers_have_their_length_in_bits(self):
        # The examples of RFC 4880, section 3.2.
        self.assertEqual(openpgp.mpi(b"\1"), bytes([0, 1, 1]))
        self.assertEqual(openpgp.mpi(b"\0\1\xff"), bytes([0, 9, 1, 0xFF]))
        self.assertEqual(openpgp.mpi(b"\0\0"), bytes([0, 0]))

    @unittest.skipUnless(HAS_CRYPTOGRAPHY and shutil.which("gpg"), "needs python3-cryptography and gpg")
    def test_gpg_takes_a_certificate_and_seals_for_it(self):
        with tempfile.TemporaryDirectory() as folder:
            openpgp.write(Path(folder), ["one@keyed.example", "two@keyed.example"])
            gpg = ["gpg", "--homedir", folder, "--batch", "--quiet", "--no-tty"]
            files = sorted(Path(folder).glob("*.pgp"))
            self.assertEqual([file.name for file in files], ["one@keyed.example.pgp", "two@keyed.example.pgp"])
            subprocess.run([*gpg, "--import", *files], check=True, capture_output=True)
            listed = subprocess.run([*gpg, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
            self.assertEqual([row.split(":")[9] for row in listed.splitlines() if row.startswith("uid:")],
                             ["one@keyed.example", "two@keyed.example"])
            sealed = subprocess.run([*gpg, "--trust-model", "always", "-e", "-r", "two@keyed.example"], input=b"x", check=True,
                                    capture_output=True).stdout
            self.assertGreater(len(sealed), 100)


class Messages(unittest.TestCase):
    def test_texts_have_the_size_asked_for(self):
        for make in (messages.prose, messages.digits, messages.emoji):
            size = len(make(100_000).encode())
            self.assertTrue(100_000 <= size <= 100_400, f"{make.__name__}: {size}")
            self.assertLess(max(map(len, make(10_000).splitlines())), 100)
            self.assertEqual(make(1000), make(1000))

    def test_attachments_come_out_as_they_went_in(self):
        content = bytes(range(256)) * 50
        message = email.message_from_bytes(messages.with_attachment("a.bin", "application/octet-stream", content))
        text, attachment = message.get_payload()
        self.assertEqual(attachment.get_filename(), "a.bin")
        self.assertEqual(attachment.get_payload(decode=True), content)
        self.assertEqual(text.get_content_type(), "text/plain")

    def test_no_line_begins_with_a_dot(self):
        for body in (messages.prose(50_000), messages.digits(50_000), messages.emoji(50_000)):
            self.assertFalse(any(row.startswith(".") for row in body.splitlines()))


class Rows(unittest.TestCase):
    def test_the_ratio_is_of_the_target(self):
        self.assertAlmostEqual(Figure("a", 3, 2).ratio, 1.5)
        self.assertIsNone(Figure("a", 3).ratio)

    def test_what_is_missed_is_said(self):
        self.assertIn("1.50  MISSED", line(Figure("a", 3, 2)))
        self.assertNotIn("MISSED", line(Figure("a", 2, 2)))
        self.assertNotIn("MISSED", line(Figure("a", 2)))
        self.assertIn("2.50-12.5", line(Figure("a", 3, 2, least=2.5, most=12.5)))


if __name__ == "__main__":
    unittest.main()
