"""A made-up sweep, whose effects can be told beforehand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dataset import Sweep, load_sweep
from dataset.sweep import Axis, Cell, Design, SweepInfo, save_sweep_info
from dataset.sweep_digest import study_digest
from tests.support.made_up import Row, write_study

NAME = "sweep-20261201-120000"
MEMORY = Axis(parameter="topology.memory_mib", title="Memory of a guest", unit="MiB", levels=(256, 512))
KSM = Axis(parameter="factors.ksm", title="Merging of equal pages (KSM)", levels=(False, True))
FACTORIAL = [(256, False), (256, True), (512, False), (512, True)]


def info(
    values: Sequence[tuple[object, ...]], axes: tuple[Axis, ...] = (MEMORY, KSM), design: Design = "factorial"
) -> SweepInfo:
    cells = [
        Cell(
            number=number,
            values=dict(zip([axis.parameter for axis in axes], each, strict=True)),
            study=f"{NAME}-{number:02}",
            sha256="0" * 64,
        )
        for number, each in enumerate(values, 1)
    ]
    return SweepInfo(
        id=NAME, title="Resource usage by memory", created=datetime(2026, 12, 1, tzinfo=UTC), design=design, axes=axes,
        seed=7, repeats=3, file_sha256="0" * 64, cells=tuple(cells), order=tuple(range(1, len(cells) + 1)),
    )  # fmt: skip


def write_sweep(folder: Path, providers: tuple[str, ...] = ("kvm",)) -> Sweep:
    """Write a sweep of two axes: 512 MiB cost 100 MiB more than 256; KSM does nothing; one cell has a paper."""
    planned = info(FACTORIAL)
    for cell in planned.cells:
        more = 100 if cell.values["topology.memory_mib"] == 512 else 0

        def keep(row: Row, more: int = more) -> bool:
            if row[5] == "paper_free":
                row[6] = float(str(row[6])) - more
            return True

        study = folder / "studies" / cell.study
        write_study(study, providers=providers, guests=1, keep=keep, info={"id": cell.study})
        (study / "journal.jsonl").touch()
        cell.sha256 = study_digest(study)
    paper = folder / "studies" / planned.cells[0].study / "report/paper.en.html"
    paper.parent.mkdir()
    paper.touch()
    save_sweep_info(folder, planned)
    return load_sweep(folder)
