"""A provider of text messages on loopback: HTTP or HTTPS, which answers what the test wants, or nothing."""
import http.server
import json
import ssl
import subprocess
import threading
import time
from pathlib import Path


class Hook:
    """`answers` is a list of what to say to the next requests: a status, `hang`, `drop`, or `redirect`; then 200."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: list = []
        self.requests: list[dict] = []
        self.ended = threading.Event()
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.requests.append(
                    {"path": self.path, "headers": dict(self.headers), "body": body, "at": time.monotonic()})
                answer = hook.answers.pop(0) if hook.answers else 200
                if answer == "hang":
                    hook.ended.wait(60)
                    return
                if answer == "drop":
                    self.close_connection = True
                    return
                if answer == "redirect":
                    self.send_response(302)
                    self.send_header("Location", f"http://127.0.0.1:{hook.port}/elsewhere")
                else:
                    self.send_response(answer)
                text = b"secret-answer-of-the-provider"
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def texts(self) -> list[dict]:
        return [json.loads(request["body"]) for request in self.requests]

    def close(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, in one PEM file."""
    path = folder / f"{name}.pem"
    key, cert = folder / f"{name}.key", folder / f"{name}.crt"
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=hook", "-addext", f"subjectAltName={kind}:{name}", "-keyout", key, "-out", cert],
        check=True, capture_output=True, timeout=60)
    path.write_bytes(key.read_bytes() + cert.read_bytes())
    return path
