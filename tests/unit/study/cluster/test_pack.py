"""A run's folder arrives as it was sent, or not at all."""

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataset.captures import capture_path, write_capture
from dataset.journal import NAME, Journal
from dataset.measurements import Measurement, write_measurements
from study.cluster.pack import pack, unpack
from tests.support.errors import raises_code

PATH = capture_path("kvm", 1, "booting", "free")


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A run as it is on a worker."""
    folder = tmp_path / "sent"
    folder.mkdir()
    moment = datetime(2026, 11, 30, tzinfo=UTC)
    write_capture(folder, PATH, b"text\n", command="free", exit_status=0, started=moment, seconds=1)
    write_measurements(folder, [Measurement("kvm", 1, "booting", 0, "free", "used", 7, "MiB", PATH)])
    Journal(folder / NAME).append("run begins", run="kvm-01")
    return folder


def test_it_arrives(sent: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    unpack(pack(sent), there, "kvm", 1)
    files = {str(path.relative_to(sent)): path.read_bytes() for path in sent.rglob("*") if path.is_file()}
    assert {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()} == files


def test_a_changed_file_is_found(sent: Path, tmp_path: Path) -> None:
    (sent / PATH).write_bytes(b"other\n")
    with raises_code("damaged-run", PATH):
        unpack(pack(sent), tmp_path / "there", "kvm", 1)


def test_half_an_archive_is_found(sent: Path, tmp_path: Path) -> None:
    packed = pack(sent)
    with raises_code("damaged-run", "kvm-01"):
        unpack(packed[: len(packed) // 2], tmp_path / "there", "kvm", 1)


def test_another_run_is_not_taken(sent: Path, tmp_path: Path) -> None:
    with raises_code("damaged-run", "kvm-02"):
        unpack(pack(sent), tmp_path / "there", "kvm", 2)


@pytest.mark.parametrize("name", ["../outside", "runs/kvm-01/../../../outside", "/outside", "study.json"])
def test_nothing_else_is_written(name: str, sent: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    with raises_code("damaged-run", "not part of it"):
        unpack(stream.getvalue(), tmp_path / "there", "kvm", 1)
    assert not list(tmp_path.rglob("outside"))
