import csv
import json
import shutil
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.published import derive, write
from tests.support.errors import raises_code

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"


def published(name: str) -> list[dict[str, str]]:
    with (REFERENCE / "published" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_measurements_are_what_the_published_files_say(tmp_path: Path) -> None:
    shutil.copytree(REFERENCE / "published", tmp_path / "published")
    assert write(tmp_path).read_bytes() == (REFERENCE / "measurements.csv").read_bytes()


def test_every_published_number_is_there() -> None:
    rows = load(REFERENCE).measurements
    value = {(r.provider, r.stage, r.meter, r.metric): r.value for r in rows.itertuples()}
    for it in published("memory.csv"):
        for column, metric in [("total_mb", "total"), ("used_mb", "paper_used"), ("free_mb", "paper_free")]:
            assert value[it["hypervisor"], it["stage"], "free", metric] == float(it[column])
    for it in published("cpu.csv"):
        assert value[it["hypervisor"], it["stage"], "mpstat", "idle"] == float(it["idle_percent"])
    for it in published("disk.csv"):
        assert value[it["hypervisor"], "vm-4", "disk", f"apparent:{it['image']}"] == float(it["apparent_bytes"])
    for it in published("disk_totals.csv"):
        assert value[it["hypervisor"], "vm-4", "disk", "allocated"] == 1024 * float(it["ls_total_kib"])
    # 18 stages x 3, 3 idle, 12 images, and a sum and a total for each of 3 folders: nothing is made up.
    assert len(rows) == 54 + 3 + 12 + 6


def test_captures_are_there() -> None:
    for capture in load(REFERENCE).measurements["capture"].unique():
        assert (REFERENCE / capture).is_file()


def test_tables_1_and_2_are_the_published_ones() -> None:
    environment = json.loads((REFERENCE / "study.json").read_text(encoding="utf-8"))["environment"]
    assert environment["hardware"] == published("hardware.csv")
    assert [it | {"size_gb": f"{it['size_gb']:g}"} for it in environment["partitions"]] == published("partitions.csv")


@pytest.mark.parametrize("name", ["memory.csv", "cpu.csv", "disk.csv", "disk_totals.csv"])
def test_missing_or_poor_file_is_an_error(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "published"
    shutil.copytree(REFERENCE / "published", folder)
    (folder / name).write_text("a,b\n1,2\n", encoding="utf-8")
    with raises_code("invalid-dataset"):
        derive(folder)
    (folder / name).unlink()
    with pytest.raises(HvlabError, match=name):
        derive(folder)
