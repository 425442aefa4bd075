"""Downloads single files: from the first mirror that has them, going on where the last try ended, verified.

httpx rather than pooch, which cannot go on with half a file. Until a file is whole and right it has another name.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx
import stamina

from core.errors import HvlabError
from core.files import sync_folder

TIMEOUT_S = httpx.Timeout(60, connect=15)
# Of one mirror, when the connection breaks.
ATTEMPTS = 3

stamina.instrumentation.set_on_retry_hooks([])

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Checksum:
    """What a file's content must be.

    Attributes:
        algorithm: Name for hashlib: "sha256", "sha1".
        value: Hexadecimal.
    """

    algorithm: str
    value: str

    def of(self, path: Path) -> str:
        """Return a file's checksum of the same kind."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest()

    def fits(self, path: Path) -> bool:
        """Return whether a file has this content."""
        return self.of(path) == self.value


def _broke(error: Exception) -> bool:
    """Return whether a connection that was there broke: the same mirror may go on with the file."""
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


class _UnusableError(Exception):
    """This mirror does not have the file, or has another one."""


class Downloader:
    """Fetches files over one set of connections.

    Args:
        advance: Told how many bytes more are there; fewer than none when a file is begun again.
        attempts: How often a mirror is tried whose connection breaks.
    """

    def __init__(self, advance: Advance, attempts: int = ATTEMPTS) -> None:
        self._advance = advance
        self._attempts = attempts
        # Mirrors that cannot be reached: thousands of files need not all wait for them.
        self._unreachable: set[str] = set()
        self._client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=True)

    def __enter__(self) -> "Downloader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def fetch(self, urls: Sequence[str], target: Path, checksum: Checksum | None, *, place: str) -> None:
        """Make `target` be there, whole and right; if it is there already it is verified only.

        Args:
            urls: Addresses of the file, best first.
            target: Where it goes.
            checksum: What it must be; None where that is not known: then only an https address is trusted.
            place: For the hint to a user who puts the file there by hand: the folder.

        Raises:
            HvlabError: If what is there is wrong, no address gives the right file, or there is no room.
        """
        if target.exists():
            self._require_right(target, checksum)
            self._advance(target.stat().st_size)
            return
        part = target.with_name(f".{target.name}.part")
        why = "no address"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for url in sorted(urls, key=lambda url: httpx.URL(url).host in self._unreachable):
                try:
                    self._from(url, part, checksum)
                except (_UnusableError, httpx.HTTPError) as error:
                    host = httpx.URL(url).host
                    why = f"{host}: {error or type(error).__name__}"
                    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                        self._unreachable.add(host)
                    continue
                part.replace(target)
                sync_folder(target.parent)
                return
        except OSError as error:
            raise HvlabError(
                f"writing {target}: {error.strerror}", f"is there room in {target.parent}?", code="cannot-write"
            ) from error
        must_be = f"; {checksum.algorithm} {checksum.value}" if checksum else ""
        raise HvlabError(
            f"{target.name} cannot be downloaded: {why}",
            f"fetch it elsewhere, put it into {place} and run this again{must_be}",
            code="download-failed",
        )

    def _require_right(self, target: Path, checksum: Checksum | None) -> None:
        if checksum and (found := checksum.of(target)) != checksum.value:
            raise HvlabError(
                f"{target} is not the right file: {checksum.algorithm} {found}, not {checksum.value}",
                "remove it and run this again",
                code="wrong-file",
            )

    def _from(self, url: str, part: Path, checksum: Checksum | None) -> None:
        """Complete `part` from one address; begin anew, once, if what was there before spoiled it."""
        resumed = checksum is not None and part.exists()
        if not resumed:
            part.unlink(missing_ok=True)
        for attempt in stamina.retry_context(on=_broke, attempts=self._attempts, wait_max=2):
            with attempt:
                self._transfer(url, part, checksum)
        if checksum and not checksum.fits(part):
            found = checksum.of(part)
            self._advance(-part.stat().st_size)
            part.unlink()
            if resumed:
                self._from(url, part, checksum)
            else:
                raise _UnusableError(f"the file has {checksum.algorithm} {found}, not {checksum.value}")

    def _transfer(self, url: str, part: Path, checksum: Checksum | None) -> None:
        """Add to `part` what it lacks of the file; on a failure keep what has come."""
        have = part.stat().st_size if part.exists() else 0
        # Not compressed on the way: what is counted and compared is the file.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self._client.stream("GET", url, headers=headers) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._advance(have)
                return
            if not answer.is_success:
                raise _UnusableError(f"HTTP status {answer.status_code}")
            if checksum is None and url.startswith("https:") and answer.url.scheme != "https":
                raise _UnusableError("it leads to an address without https, and no checksum is known")
            more = answer.status_code == httpx.codes.PARTIAL_CONTENT
            self._write(answer, part, have if more else 0)

    def _write(self, answer: httpx.Response, part: Path, have: int) -> None:
        self._advance(have)
        try:
            with part.open("ab" if have else "wb") as file:
                # As it comes: pieces of a given size would be lost with the connection.
                for piece in answer.iter_raw():
                    file.write(piece)
                    have += len(piece)
                    self._advance(len(piece))
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            # The next try begins by counting what is there.
            self._advance(-have)
            raise
