import html as markup
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest

from lab.errors import HvlabError
from report import paper
from report.filters import fixed, mib
from report.load import load
from report.names import printed_stage

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]


def text_of(folder: Path) -> str:
    """The page's words as a reader sees them, with plain apostrophes."""
    words = markup.unescape(re.sub(r"<[^>]+>", " ", paper.html(folder))).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(words.split()).replace(" .", ".").replace(" ,", ",")


def test_published_text() -> None:
    text = text_of(REFERENCE)
    assert "VM-4 1866 468 1397 3937 2453 1483 3937 2658 1279" in text
    assert "Xen 543.7 365.3 VM-1 and VM-4 2.7" in text
    assert "idle 96.55 98.62 93.28" in text
    assert "user not read not read not read" in text
    assert "KVM has taken least of the machine, 2454 MiB; it is 86 MiB more under Xen and 204 MiB more" in text
    assert "Xen takes less than KVM from 12 guests" in text
    assert "Xen overtakes KVM at 12 guests" in text
    assert "about 382 MiB lay free in Xen's hypervisor before" in text
    assert "KVM's 1.7 % larger and Xen's 5.5 % larger" in text
    assert "server1.vdi 3,984,678,912 not read" in text
    assert "the hypervisor's own was not read" in text
    assert "Each number was published once (n = 1)" in text


def test_measured_text(make_study: MakeStudy) -> None:
    text = text_of(make_study())
    assert "Means of n = 2 boots of the lab host per hypervisor." in text
    assert "QEMU Virtual CPU <2 & more>" in text
    assert "By xentop the guests used 5.0 % of one CPU" in text
    assert "So this is no finding that the machine is most idle under Xen." in text
    assert "runs/kvm-02/captures/vm-4/ disk.txt, free.txt, mpstat.txt" in text
    assert "Not read in this study" not in text


@pytest.mark.parametrize(
    ("topology", "says", "says_not"),
    [
        ({"session": "x-window", "memory_load_mib": 0}, "X Window session with root logged in", "MiB of its memory"),
        ({"session": "text", "memory_load_mib": 200}, "Each guest holds 200 MiB of its memory", "X Window session"),
        ({}, "The host is read", "session"),
    ],
)
def test_the_guests_session_and_load_are_told(
    make_study: MakeStudy, topology: dict[str, object], says: str, says_not: str
) -> None:
    folder = make_study()
    info = json.loads((folder / "study.json").read_text())
    info["parameters"]["topology"] = topology
    (folder / "study.json").write_text(json.dumps(info))
    environment = text_of(folder).split("Table 1.")[0]
    assert says in environment
    assert says_not not in environment
    for name, value in topology.items():
        assert f"topology.{name} {value}" in text_of(folder)


def dearer_by(row: list[object]) -> bool:
    """Make KVM's guests dearer by one MiB with each repeat: the repeats' steps are 560, 561, 562 MiB."""
    if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
        row[6] = float(str(row[6])) - int(str(row[3])) * (int(str(row[1])) - 1)
    return True


def test_intervals_of_the_cost_per_guest(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=3, keep=dearer_by))
    assert "KVM 561.0 560.0 to 562.0 211.0" in text
    assert "Xen 530.0 530.0 to 530.0" in text
    assert "holds the true mean in at most 75 % of all studies" in text
    assert "A guest costs 31.0 MiB more under KVM than under Xen (30.0 to 32.0)." in text
    assert "A guest costs 49.0 MiB more under VirtualBox than under KVM (48.0 to 50.0)." in text


def test_one_boot_has_no_interval(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=1))
    assert "95 %" not in text
    assert "A guest costs" not in text
    mixed = text_of(make_study(keep=lambda row: row[:2] != ["kvm", 2]))
    assert "KVM 560.0 one boot only" in mixed
    assert "more under VirtualBox than under Xen" in mixed


def test_what_the_precision_came_to(make_study: MakeStudy) -> None:
    precision = {"wanted_mib": 1.0, "reached": False, "repeats": 2, "reason": "r", "half_width_mib": {"kvm": None}}
    text = text_of(make_study(info={"precision": precision}))
    assert "Asked for was a half-width of 1.0 MiB; after 2 repeats the study stopped without it." in text


def test_a_suspect_run_is_marked(make_study: MakeStudy) -> None:
    folder = make_study()
    info = json.loads((folder / "study.json").read_text())
    info["runs"][0]["suspect"] = ["vm-2: [  120.0] BUG: soft <lockup>", "vm-3: again"]
    (folder / "study.json").write_text(json.dumps(info))
    assert "suspect, since the lab host's kernel told of 2 new errors, first at vm-2: [  120.0] BUG: soft <lockup>" in (
        markup.unescape(paper.html(folder)).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )


def test_outliers_are_named(make_study: MakeStudy) -> None:
    folder = make_study()
    assert "flagged as outliers" not in text_of(folder)
    where = "runs/kvm-02/captures/vm-2"
    with (folder / "measurements.csv").open("a") as file:
        for meter, metric, value in (("free", "paper_free", 1), ("mpstat", "idle", 0)):
            file.write(f"kvm,2,vm-2,2,{meter},samples,5,count,{where}/{meter}.txt\n")
            file.write(f"kvm,2,vm-2,2,{meter},{metric}:outliers,{value},count,{where}/{meter}.txt\n")
    text = text_of(folder)
    assert "were read from 10 samples of free and mpstat" in text
    assert "1 of free memory or idle time are flagged as outliers" in text
    assert "KVM, repeat 2, VM-2: 1 of free." in text


def test_a_run_of_another_host_is_named(make_study: MakeStudy) -> None:
    folder = make_study()
    info = json.loads((folder / "study.json").read_text())
    info["runs"][1]["origin"] = {"study": "20260101-000000", "run": "xen-01", "started": None}
    (folder / "study.json").write_text(json.dumps(info))
    assert "taken on another host, as xen-01 of study 20260101-000000" in text_of(folder)


def test_nothing_is_said_of_chance_when_read_once(make_study: MakeStudy) -> None:
    text = text_of(make_study(repeats=1))
    assert "read in one boot only (n = 1); whether a difference is due to chance cannot be told" in text


def test_one_provider_without_disk_and_manager(make_study: MakeStudy) -> None:
    stages = ("booting", "vm-1", "vm-2", "vm-3", "vm-4")
    text = text_of(make_study(providers=("kvm",), stages=stages, without=("disk",)))
    assert "Not read in this study: Xen and VirtualBox; Manager." in text
    assert "Figure 9: disk use was not read in this study." in text
    assert "A further guest takes 560.0 MiB under KVM; there is nothing to compare it with." in text
    assert re.search(r"Booting not read not read not read 3937", text)


@pytest.mark.parametrize(
    ("without", "said"),
    [
        (("free", "xl-info"), "Table 3 and Figure 6: memory was not read in this study."),
        (("mpstat",), "Table 4 and Figure 8: CPU use at VM-4 was not read in this study."),
        (("xentop",), "What the guests used ( xentop ) was not read in this study"),
        (("xl-info",), "the hypervisor's own was not read"),
    ],
)
def test_missing_meter_is_said(make_study: MakeStudy, without: tuple[str, ...], said: str) -> None:
    assert said in text_of(make_study(without=without))


def test_unfinished_bare_study(make_study: MakeStudy) -> None:
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": {}}
    info: dict[str, object] = {"finished": None, "environment": environment, "runs": []}
    text = text_of(make_study(guests=1, repeats=1, info=info))
    assert "This study is not finished" in text
    assert "Hardware not read in this study" in text
    assert "Table A2, run timings: not read in this study." in text
    assert "without which no cost per guest can be told" in text


def test_stage_that_did_not_settle_is_marked(make_study: MakeStudy) -> None:
    timing = {"stage": "vm-1", "settling_s": 600.0, "settled": False}
    run = {"name": "kvm-01", "provider": "kvm", "repeat": 1, "status": "finished", "timings": [timing]}
    text = text_of(make_study(info={"runs": [run]}))
    assert "VM-1, not settled not read 600.0 not read not read" in text
    assert "the host was read although it had not come to rest" in text


def test_host_read_without_guests(make_study: MakeStudy) -> None:
    text = text_of(make_study(stages=("booting",)))
    assert "VM-1 not read" in text


def test_study_without_usable_numbers(make_study: MakeStudy, tmp_path: Path) -> None:
    nothing = make_study(keep=lambda _row: False)
    with pytest.raises(HvlabError, match="no reading of memory, CPU or disk"):
        paper.render(nothing, tmp_path / "out")
    other = make_study(keep=lambda row: row[5] == "total_memory" and row[2] == "nowhere")
    with pytest.raises(HvlabError, match="no reading"):
        paper.render(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_alternative_texts_come_from_the_data(make_study: MakeStudy) -> None:
    alts = re.findall(r'<img [^>]*alt="(.*?)">', paper.html(make_study(providers=("kvm",), repeats=1)))
    assert len(alts) == 5
    assert alts[0].startswith("Block diagram")
    alts = alts[1:]
    assert "KVM: Booting 210, Manager 210, VM-1 770" in alts[0]
    assert "Xen: idle not read" in alts[1]
    assert "KVM: apparent 80.00, allocated 12.00." in alts[2]
    assert "Xen: not read." in alts[2]


def test_what_rounds_to_zero_has_no_sign() -> None:
    assert fixed(-0.04, 1) == "0.0"
    assert fixed(-0.06, 1) == "-0.1"
    assert mib(-0.01) == "0.0"


def test_other_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HvlabError) as caught:
        paper.render(REFERENCE, tmp_path, "xx")
    assert caught.value.hint == "use en or ko"
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_the_old_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "paper.en.pdf"
    old.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paper, "_pdf", lambda _page: b"new")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HvlabError, match="No space left on device"):
        paper.render(REFERENCE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.en.pdf"]
    assert old.read_bytes() == b"old"


def test_missing_library_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pango(_name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'\nlong story")

    monkeypatch.setattr("importlib.import_module", no_pango)
    with pytest.raises(HvlabError, match=r"libpango-1\.0-0") as caught:
        paper.render(REFERENCE, tmp_path)
    assert "apt-get install" in caught.value.hint


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary):
        yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_pdf_is_tagged_and_embedded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        path = paper.render(REFERENCE, tmp_path / "report")
    assert caplog.messages == []
    assert path == tmp_path / "report" / "paper.en.pdf"
    assert sorted(it.name for it in path.parent.iterdir()) == ["guidance.json", "paper.en.pdf"]
    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]) == load(REFERENCE).study.title
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20110325000000")
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        found = [it for it in elements(pdf.Root.StructTreeRoot.K) if it.get("/S") == "/Figure"]
        assert len(found) == 5
        assert all(len(str(it.Alt)) > 50 for it in found)
        # Every page has something on it, and no font is left to the reader's machine.
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        assert all("/FontFile2" in f.DescendantFonts[0].FontDescriptor for f in fonts)
        assert all(len(page.Contents.read_bytes()) > 500 for page in pdf.pages)


def test_same_dataset_gives_same_bytes_in_another_process(make_study: MakeStudy, tmp_path: Path) -> None:
    study = make_study(providers=("xen", "kvm"), guests=2)
    code = (
        "import sys, pathlib; from report.paper import render;"
        "render(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))"
    )
    papers = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}", "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code, str(study), str(out)], check=True, env=env)
        papers.append((out / "paper.en.pdf").read_bytes())
    assert papers[0] == papers[1]
    # Nothing of the machine is in it, not even in compressed streams.
    with pikepdf.open(tmp_path / "1" / "paper.en.pdf") as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Stream):
                assert str(ROOT).encode() not in thing.read_bytes()


def test_figure_texts_fit_the_reference(tmp_path: Path) -> None:
    """The dataset that ships is in the form that the report reads, also after a round trip of its JSON."""
    info = json.loads((REFERENCE / "study.json").read_text(encoding="utf-8"))
    (tmp_path / "study.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / "measurements.csv").write_bytes((REFERENCE / "measurements.csv").read_bytes())
    assert load(tmp_path).study == load(REFERENCE).study


def test_every_number_of_tables_3_and_4_is_in_the_pdf(make_study: MakeStudy, tmp_path: Path) -> None:
    for folder in (REFERENCE, make_study()):
        path = paper.render(folder, tmp_path)
        words = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
        rows = load(folder).measurements
        means = rows.groupby(["provider", "stage", "metric"])["value"].mean()
        for stage in ("booting", "manager", "vm-1", "vm-2", "vm-3", "vm-4"):
            numbers = [
                means[provider, stage, metric]
                for provider in ("xen", "kvm", "virtualbox")
                for metric in ("total", "paper_used", "paper_free")
            ]
            printed = next(line for line in words.splitlines() if line.split()[:1] == [printed_stage(stage)])
            assert [float(word) for word in printed.split()[1:]] == pytest.approx(numbers, abs=0.05)
        idle = [means[provider, "vm-4", "idle"] for provider in ("xen", "kvm", "virtualbox")]
        printed = next(line for line in words.splitlines() if line.split()[:1] == ["idle"])
        assert [float(word) for word in printed.split()[1:]] == pytest.approx(idle, abs=0.005)
