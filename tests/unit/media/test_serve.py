"""The tree's server answers on one address, whole files and parts, and gives out nothing else."""

import socket
from pathlib import Path

import httpx
import pytest

from core.errors import HvlabError
from lab.media.http_server import serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree/os").mkdir(parents=True)
    (tmp_path / "tree/os/a.rpm").write_bytes(b"0123456789")
    (tmp_path / "secret").write_text("no")
    return tmp_path / "tree"


def test_files_and_parts(folder: Path) -> None:
    with serve(folder, port=0) as port:
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/os/a.rpm").content == b"0123456789"
        part = httpx.get(f"{url}/os/a.rpm", headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"234")
        assert httpx.get(f"{url}/os/").status_code == 404
        assert httpx.get(f"{url}/os/b.rpm").status_code == 404


def test_nothing_outside(folder: Path) -> None:
    with serve(folder, port=0) as port, socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"GET /../secret HTTP/1.0\r\n\r\n")
        assert b" 404 " in raw.recv(100)


def test_no_other_address(folder: Path) -> None:
    with serve(folder, address="127.0.0.1", port=0) as port, pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.2:{port}/os/a.rpm")


def test_it_ends(folder: Path) -> None:
    with serve(folder, port=0) as port:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/os/a.rpm")


def test_a_port_that_is_taken(folder: Path) -> None:
    with (
        serve(folder, port=0) as port,
        pytest.raises(HvlabError, match=f"127.0.0.1:{port}") as caught,
        serve(folder, port=port),
    ):
        pass
    assert "ss -ltnp" in caught.value.hint
