"""Gives the install tree to the installer: plain HTTP, on the one address that the builder's guest comes to.

Anaconda 11.1 speaks plain HTTP/1.0 only. It reads parts of packages (their headers), which is why the server of the
standard library, which sends whole files whatever it is asked for, does not do.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from RangeHTTPServer import RangeRequestHandler

from core.errors import HvlabError

# User-mode networking (QEMU's, and others' NAT) shows the builder's loopback to its guest as 10.0.2.2; that
# address and this port are in the kickstart, whose reader in the installer knows no variables.
ADDRESS, PORT = "127.0.0.1", 8055
SEEN_BY_GUEST = f"http://10.0.2.2:{PORT}"


class _Handler(RangeRequestHandler):  # type: ignore[misc]
    def __init__(self, *words: Any, log: Path | None, **options: Any) -> None:
        self._log = log
        super().__init__(*words, **options)

    def log_message(self, format: str, *words: Any) -> None:
        if self._log:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{self.log_date_time_string()} {self.client_address[0]} {format % words}\n")

    def list_directory(self, path: Any) -> None:
        """Show no folders: who asks for one has a wrong address."""
        self.send_error(404, "no such file")


@contextmanager
def serve(folder: Path, *, address: str = ADDRESS, port: int = PORT, log: Path | None = None) -> Iterator[int]:
    """Serve a folder until the block ends; yield the port.

    Args:
        folder: For the kickstart's address: `Media.served`.
        address: The only address that is listened on.
        port: 0 takes a free one.
        log: File that requests are added to.

    Raises:
        HvlabError: If the port is taken.
    """
    handler = partial(_Handler, directory=str(folder), log=log)
    try:
        server = ThreadingHTTPServer((address, port), handler)
    except OSError as error:
        raise HvlabError(
            f"the install tree cannot be served on {address}:{port}: {error.strerror}",
            f"another build may be running; `ss -ltnp` shows who has port {port}",
            code="port-in-use",
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
