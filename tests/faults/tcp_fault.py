"""A TCP proxy before PostgreSQL that cuts a connection off between a COMMIT and the answer to it."""

import socket
import struct
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

# As the driver sends it, in whichever kind of message.
COMMIT = b"COMMIT\0"
BUFFER = 65_536
RESET = struct.pack("ii", 1, 0)


class TcpFault:
    """Works as long as the block lasts; `url` leads through it. `arm` it, and the next COMMIT goes unanswered."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._target = (address.hostname or "", address.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self._is_armed = Event()
        self.url = url.replace(f":{address.port}/", f":{self._listener.getsockname()[1]}/")
        self.cuts = 0

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sockets:
            cut_off(each)

    def arm(self) -> None:
        self._is_armed.set()

    def _accept(self) -> None:
        # Closing the listener ends the loop; the threads end with their connections.
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                is_doomed = Event()
                Thread(target=self._forward, args=(client, server, is_doomed), daemon=True).start()
                Thread(target=self._answer, args=(server, client, is_doomed), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, is_doomed: Event) -> None:
        with suppress(OSError):
            while words := client.recv(BUFFER):
                if COMMIT in words and self._is_armed.is_set():
                    self._is_armed.clear()
                    is_doomed.set()
                server.sendall(words)
        cut_off(server)

    def _answer(self, server: socket.socket, client: socket.socket, is_doomed: Event) -> None:
        with suppress(OSError):
            while words := server.recv(BUFFER):
                if is_doomed.is_set():
                    # It has answered, so it has committed; and nobody will hear of it.
                    self.cuts += 1
                    break
                client.sendall(words)
        cut_off(client)
        cut_off(server)


def cut_off(connection: socket.socket) -> None:
    """At once and without a farewell: the other side gets a reset."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
