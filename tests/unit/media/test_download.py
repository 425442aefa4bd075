"""A connection that breaks in the middle of a file costs only what did not come."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina

from lab.media.download import Checksum, Downloader
from tests.support.errors import raises_code

CONTENT = bytes(range(256)) * 1000
RIGHT = Checksum("sha256", hashlib.sha256(CONTENT).hexdigest())


class Breaking(BaseHTTPRequestHandler):
    """Promises the whole, sends at most `portion` bytes, and hangs up."""

    portion = 100_000
    asked: list[int]

    def do_GET(self) -> None:
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.asked.append(begin)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        self.wfile.write(CONTENT[begin : begin + self.portion])

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Try again without waiting."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def url() -> Iterator[str]:
    Breaking.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Breaking) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/file"
        server.shutdown()


def fetch(url: str, target: Path, checksum: Checksum | None, attempts: int) -> list[int]:
    """Fetch, and return what progress was told."""
    told: list[int] = []
    with Downloader(told.append, attempts) as downloader:
        downloader.fetch([url], target, checksum, place="somewhere")
    return told


def test_goes_on_within_one_call(url: str, tmp_path: Path) -> None:
    told = fetch(url, tmp_path / "file", RIGHT, attempts=3)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert Breaking.asked == [0, 100_000, 200_000]
    assert sum(told) == len(CONTENT)


def test_goes_on_in_the_next_call(url: str, tmp_path: Path) -> None:
    with raises_code("download-failed"):
        fetch(url, tmp_path / "file", RIGHT, attempts=1)
    assert not (tmp_path / "file").exists()
    fetch(url, tmp_path / "file", RIGHT, attempts=2)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert Breaking.asked == [0, 100_000, 200_000]


def test_half_a_file_without_checksum_gets_no_name(url: str, tmp_path: Path) -> None:
    with raises_code("download-failed"):
        fetch(url, tmp_path / "file", None, attempts=2)
    assert not (tmp_path / "file").exists()
