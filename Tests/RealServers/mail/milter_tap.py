"""A second milter, as small as can be: it stands where a DKIM signer stands, keeps what it is shown, and refuses when
told."""

import socket
import socketserver
import struct
import threading


class Tap:
    """Listens on loopback from the start; `close` ends it. `refusal` is what it answers, or None to accept."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.refusal: str | None = None
        tap = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    tap.serve(self.request)
                except (ConnectionError, struct.error, OSError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, connection: socket.socket) -> None:
        header = body = b""
        while True:
            (length,) = struct.unpack(">I", exactly(connection, 4))
            packet = exactly(connection, length)
            command, data = packet[:1], packet[1:]
            if command == b"O":
                # Version 6; all steps without a reply, header values with their leading space.
                answer(connection, b"O" + struct.pack(">III", 6, 0, 0x1FF080))
            elif command == b"M":
                header = body = b""
            elif command == b"L":
                name, value, _ = data.split(b"\0")
                header += name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n"
            elif command == b"B":
                body += data
            elif command == b"E":
                self.messages.append(header + b"\r\n" + body)
                answer(connection, b"a" if self.refusal is None else b"y" + self.refusal.encode() + b"\0")
            elif command == b"Q":
                return


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def answer(connection: socket.socket, packet: bytes) -> None:
    connection.sendall(struct.pack(">I", len(packet)) + packet)
