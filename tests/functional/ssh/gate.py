"""A TCP port before another one, which can be shut: connections to it then end at once, and those that it has break."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Gate:
    """Passes connections on to a port of the loopback address, those that it is told to.

    Attributes:
        port: Where it listens.
        passes: Returns whether the connection of a number (1, 2, ...) is passed on.
        count: Connections so far.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[socket.socket] = []
        self.port = int(self._listener.getsockname()[1])
        self.passes: Callable[[int], bool] = lambda number: True
        self.count = 0

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.count += 1
                if not self.passes(self.count):
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target))
                self._pairs += [client, server]
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    def cut(self) -> None:
        """Break all connections that it has."""
        for one in self._pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def close(self) -> None:
        """Listen no more, and break all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def gate_before(target: int) -> Iterator[Gate]:
    """Yield a gate before a port, open."""
    gate = Gate(target)
    thread = threading.Thread(target=gate.serve, daemon=True)
    thread.start()
    try:
        yield gate
    finally:
        gate.close()
        thread.join(timeout=10)
