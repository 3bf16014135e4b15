"""A next hop that takes everything but what is for one recipient, which it puts off."""
import socket
import threading

from benches.gateway import Client


class Sink:
    """Serves until it is left. Recipients that begin with `refuses` get 451."""

    def __init__(self, refuses: str) -> None:
        self.refuses = refuses.encode()
        self.server = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.server.getsockname()[1]
        self.clients: dict[int, Client] = {}

    def __enter__(self) -> "Sink":
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.close()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            try:
                connection.sendall(b"220 sink ESMTP\r\n")
                while line := file.readline(65536):
                    verb = line[:4].upper()
                    if verb == b"EHLO":
                        connection.sendall(b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n")
                    elif verb == b"DATA":
                        connection.sendall(b"354 go on\r\n")
                        while file.readline(1 << 21) not in (b".\r\n", b""):
                            pass
                        connection.sendall(b"250 2.0.0 taken\r\n")
                    elif verb == b"RCPT" and self.refuses in line:
                        connection.sendall(b"451 4.2.0 later\r\n")
                    else:
                        connection.sendall(b"250 2.0.0 ok\r\n")
            except OSError:
                pass

    def hand_in(self, port: int, to: list[str], content: bytes) -> bool:
        """Hands a message to a gateway; true where it was put off."""
        if port not in self.clients:
            self.clients[port] = Client(port)
        return self.clients[port].hand_in(to, content).startswith("4")
