"""A network before PostgreSQL that may be slow, or cut off for a while."""

import socket
import time
from collections import deque
from contextlib import suppress
from threading import Condition, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.faults.tcp_fault import BUFFER, cut_off


class Network:
    """Works as long as the block lasts; `url` leads through it.

    `delay`: how many seconds each packet takes, in each direction. `is_cut`: new connections are closed at once; those
    that are open end with `cut`.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._target = (address.hostname or "", address.port or 0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self.url = url.replace(f":{address.port}/", f":{self._listener.getsockname()[1]}/")
        self.delay = 0.0
        self.is_cut = False

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cut_off(self._listener)
        self.cut()

    def cut(self) -> None:
        self.is_cut = True
        for each in list(self._sockets):
            cut_off(each)

    def mend(self) -> None:
        self.is_cut, self.delay = False, 0.0

    def _accept(self) -> None:
        # Closing the listener ends the loop; the threads end with their connections.
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_cut:
                    cut_off(client)
                    continue
                server = socket.create_connection(self._target)
                self._sockets |= {client, server}
                for source, target in ((client, server), (server, client)):
                    _Direction(self, source, target).start()

    def forget(self, *ended: socket.socket) -> None:
        for each in ended:
            self._sockets.discard(each)
            cut_off(each)


class _Direction:
    """Packets from one side of a connection to the other, in order, each at its time."""

    def __init__(self, network: Network, source: socket.socket, target: socket.socket) -> None:
        self._network, self._source, self._target = network, source, target
        self._packets: deque[tuple[float, bytes]] = deque()
        self._has_more = Condition()

    def start(self) -> None:
        for work in (self._read, self._write):
            Thread(target=work, daemon=True).start()

    def _read(self) -> None:
        packet = b"-"
        while packet:
            try:
                packet = self._source.recv(BUFFER)
            except OSError:
                packet = b""
            with self._has_more:
                self._packets.append((time.monotonic() + self._network.delay, packet))
                self._has_more.notify()

    def _write(self) -> None:
        packet = b"-"
        with suppress(OSError):
            while packet:
                with self._has_more:
                    self._has_more.wait_for(lambda: self._packets)
                    moment, packet = self._packets.popleft()
                time.sleep(max(0.0, moment - time.monotonic()))
                if packet:
                    self._target.sendall(packet)
        self._network.forget(self._source, self._target)
