"""Break-even, capacity and the computed decision."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from dataset import load
from report.data.readings import Estimate, Readings
from report.inference.verdicts import Verdict
from report.recommendation.break_even import break_evens
from report.recommendation.capacity import HOSTS_GIB
from report.recommendation.criteria import criteria_of
from report.recommendation.demand import Demand, Fit
from report.recommendation.recommendation import Advice, advise
from report.recommendation.results import results
from report.recommendation.scenario import (
    DEFAULT_SCENARIO,
    Scenario,
    Weights,
    parse_scenario,
    parse_size,
    parse_weights,
)
from report.render import paper
from report.tables.cost_model import Cost
from tests.support.errors import raises_code
from tests.support.made_up import DESCRIBED
from tests.support.pages import page

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]
GIB = 1024**3


def advice_of(folder: Path, scenario: Scenario = DEFAULT_SCENARIO) -> Advice:
    dataset = load(folder)
    readings = Readings(dataset.measurements, dataset.study)
    return advise(readings, dataset.study, results(dataset, readings), scenario)


def cost(provider: str, *lines: tuple[float, float]) -> Cost:
    """A cost model of one (per guest, fixed) a boot."""

    def estimate(values: tuple[float, ...]) -> Estimate:
        return Estimate(sum(values) / len(values), len(values), None, values)

    slopes, fixed = zip(*lines, strict=True)
    return Cost(provider, estimate(slopes), estimate(fixed), 1, 4)


def test_published_break_even() -> None:
    found = {(it.flat, it.steep): it for it in advice_of(REFERENCE).break_evens}
    assert set(found) == {("xen", "kvm"), ("xen", "virtualbox"), ("kvm", "virtualbox")}
    assert found["xen", "kvm"].guests == 12
    assert found["xen", "kvm"].crossing == pytest.approx(11.371, abs=1e-3)
    assert found["xen", "virtualbox"].guests == 3
    assert found["kvm", "virtualbox"].always
    assert {it.interval for it in found.values()} == {None}
    # One reading each: it cannot be told whether another would show the same.
    assert {it.verdict for it in found.values()} == {Verdict.CANNOT_TELL}
    # What Xen takes at 12 guests, not where the lines cross (6548); at 3, not at 2.2.
    assert round(found["xen", "kvm"].needs) == 6889
    assert round(found["xen", "virtualbox"].needs) == 1996
    assert "at 12 guests, where it takes 6889 MiB, more than this machine has" in page(REFERENCE)


def test_break_even_has_an_interval_over_boots() -> None:
    costs = {
        "xen": cost("xen", (500, 400), (501, 402), (499, 398)),
        "kvm": cost("kvm", (520, 200), (522, 199), (518, 201)),
    }
    (found,) = break_evens(costs)
    assert (found.flat, found.steep, found.guests) == ("xen", "kvm", 11)
    assert found.crossing == pytest.approx(10)
    assert found.interval is not None
    assert found.interval.low < 10 < found.interval.high
    assert found.verdict is Verdict.YES
    assert break_evens(costs) == [found]


def test_costs_that_chance_may_swap_have_no_interval() -> None:
    (found,) = break_evens({"xen": cost("xen", (500, 9), (540, 9)), "kvm": cost("kvm", (519, 1), (523, 1))})
    assert found.interval is None
    assert (found.verdict, found.slope.reason) == (Verdict.CANNOT_TELL, "chance")
    assert break_evens({"xen": cost("xen", (500, 1)), "kvm": cost("kvm", (500, 2))}) == []


def test_capacity_of_the_published_study() -> None:
    capacity = advice_of(REFERENCE).capacity
    # (4096 - 232.7) / 555.3 and so on; with more memory the partition of 90 GB is full.
    assert [capacity.full[p, 512, 4].guests for p in ("xen", "kvm", "virtualbox")] == [6, 6, 6]
    assert {capacity.full[p, 512, 4].limit for p in ("xen", "kvm", "virtualbox")} == {"memory"}
    kvm = capacity.full["kvm", 512, 16]
    assert (kvm.guests, kvm.limit) == (int(90e9 // (15675096 * 1024 / 4)), "disk")
    assert [capacity.full[p, 512, 64].guests for p in ("xen", "kvm", "virtualbox")] == [21, 22, 22]
    assert capacity.demands["xen"].cpu is None  # dom0's idle time says nothing of the guests'
    assert capacity.demands["virtualbox"].overhead == pytest.approx(608.33 - 512, abs=0.01)


@given(
    st.floats(0, 2000),
    st.floats(1, 2000),
    st.sampled_from([256.0, 512.0, 4096.0]),
    st.floats(0.01, 20),
    st.floats(0.1, 50),
)
@settings(deadline=None)
def test_one_more_guest_never_fits(fixed: float, per_guest: float, guest: float, cpu: float, disk: float) -> None:
    def once(value: float) -> Estimate:
        return Estimate(value, 1, None, (value,))

    demand = Demand("kvm", once(fixed), once(per_guest), 512.0, once(cpu), 100.0, once(disk * GIB), 90.0 * GIB, 1, 4)
    before = 0
    for host in HOSTS_GIB:
        fit = demand.fit(host * 1024, demand.at(guest))
        assert fit is not None
        assert fit.guests >= before
        before = fit.guests
        lacks = {
            "memory": fixed + (fit.guests + 1) * demand.at(guest) > host * 1024,
            "cpu": (fit.guests + 1) * cpu > 100,
            "disk": (fit.guests + 1) * disk > 90,
        }
        assert lacks[fit.limit]


def test_a_guest_that_did_not_use_its_memory_has_no_overhead(make_study: MakeStudy) -> None:
    folder = make_study(keep=smaller_guests)
    advice = advice_of(folder)
    assert advice.not_fully_used == ["kvm"]
    assert advice.demands["kvm"].overhead == 0
    assert [it.use for it in advice.decisions] == ["as-read", "full"]
    text = page(folder)
    assert "Memory not yet used." in text
    assert "512, as read" in text


def test_capacity_has_an_interval_over_boots(make_study: MakeStudy) -> None:
    def dearer(row: list[object]) -> bool:
        """Make KVM's guests dearer by 30 MiB with each repeat: 560, 590, 620 MiB."""
        if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
            row[6] = float(str(row[6])) - 30 * int(str(row[3])) * (int(str(row[1])) - 1)
        return True

    folder = make_study(repeats=3, keep=dearer, without=("mpstat", "disk"))
    full = advice_of(folder).capacity.full
    # (32768 - 211) / (512 + overhead), of 590 +- t(0.975, 2) 30 / sqrt(3) = 515 to 665 MiB a guest.
    assert full["kvm", 512, 32] == Fit(55, "memory", 48, 63)
    assert (full["xen", 512, 32].low, full["xen", 512, 32].high) == (61, 61)
    assert "55 (48\N{EN DASH}63)" in page(folder).replace("&nbsp;", " ")
    assert "95 % interval over boots; none is given" in page(folder)
    assert "In brackets" not in page(REFERENCE)
    assert {fit.low for fit in advice_of(make_study(repeats=1)).capacity.full.values()} == {None}


def smaller_guests(row: list[object]) -> bool:
    """Give back 400 MiB a guest under KVM: each takes 160 MiB."""
    if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
        row[6] = float(str(row[6])) + 400 * int(str(row[3]))
    return True


def test_the_decision_of_a_made_up_study(make_study: MakeStudy) -> None:
    advice = advice_of(make_study(info=PARTITIONS))
    (decision,) = advice.decisions
    assert [it.provider for it in decision.options] == ["kvm", "xen", "virtualbox"]
    assert (decision.winner, decision.why, decision.left_out) == ("kvm", "clear", {"cpu": "unread"})
    first, second, _ = decision.options
    assert first.shares["memory"] == pytest.approx((210.5 + 4 * 560) / 3937)
    assert first.shares["disk"] == pytest.approx(4 * 3 / 90)
    assert first.score == pytest.approx((first.shares["memory"] + first.shares["disk"]) / 2)
    assert second.behind == pytest.approx(second.score - first.score)
    assert [it.fit for it in decision.options] == [Verdict.YES] * 3
    assert second.interval is not None
    assert second.interval.excludes_zero


PARTITIONS: dict[str, object] = {
    "environment": {
        "kind": "nested",
        "accelerator": "kvm",
        "partitions": [{"mount": m, "size_gb": 90, "purpose": "images"} for m in ("/xen", "/kvm", "/vbox")],
    }
}


def test_weights_and_guests_change_the_decision(make_study: MakeStudy) -> None:
    folder = make_study()
    only_memory = parse_weights("cpu=0,disk=0")
    few = advice_of(folder, Scenario(only_memory, guests=4, host_mib=65536)).decisions[0]
    many = advice_of(folder, Scenario(only_memory, guests=40, host_mib=65536)).decisions[0]
    assert (few.winner, many.winner) == ("kvm", "xen")
    none = advice_of(folder, Scenario(only_memory, guests=40)).decisions[0]
    assert (none.winner, none.why) == (None, "none-fits")
    large = advice_of(folder, Scenario(only_memory, guests=2, guest_mib=1024, host_mib=8192)).decisions
    assert [it.use for it in large] == ["full"]
    assert large[0].options[0].shares["memory"] == pytest.approx((210.5 + 2 * (1024 + 48)) / 8192)


def test_level_scores_and_wide_intervals_are_no_winner(make_study: MakeStudy) -> None:
    only_memory = Scenario(Weights(1, 0, 0), guests=6, host_mib=65536)

    def nearer(row: list[object]) -> bool:
        """At 6 guests KVM and Xen are 10 MiB apart; give Xen back 5 of them."""
        if (row[0], row[4], row[5]) == ("xen", "xl-info", "free_memory"):
            row[6] = float(str(row[6])) + 5
        return True

    level = advice_of(make_study(keep=nearer), only_memory).decisions[0]
    assert (level.winner, level.why, level.uncertain) == (None, "resolution", ("xen",))

    def noisy(row: list[object]) -> bool:
        if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free") and row[1] == 2:
            row[6] = float(str(row[6])) - 200
        return True

    found = advice_of(make_study(keep=noisy), only_memory).decisions[0]
    assert (found.winner, found.why) == (None, "chance")
    assert found.uncertain
    assert "no clear winner" in page(make_study(keep=noisy), scenario=only_memory)


def test_a_decision_by_disk_needs_the_partition(make_study: MakeStudy) -> None:
    folder = make_study(repeats=3)
    only_disk = Weights(0, 0, 1)
    assert "<code>--host-disk</code> gives the size" in page(folder, scenario=Scenario(only_disk))
    found = advice_of(folder, Scenario(only_disk, host_disk_mib=200 * 1024)).decisions[0]
    assert (found.winner, found.why) == ("kvm", "clear")
    crowded = advice_of(folder, Scenario(only_disk, host_disk_mib=12.5 * 1024)).decisions[0]
    # Four images take 12, 12.8 and 14 GiB, always: KVM's are the only ones that fit.
    assert (crowded.winner, crowded.why) == ("kvm", "only-one")
    assert [(it.provider, it.lacks, it.behind) for it in crowded.options[1:]] == [
        ("virtualbox", ("disk",), None),
        ("xen", ("disk",), None),
    ]
    text = page(folder, scenario=Scenario(only_disk, host_disk_mib=12.5 * 1024))
    assert "Under Xen the guests do not fit, for lack of disk." in text


def test_guests_whose_overhead_is_unknown_have_no_winner_when_full(make_study: MakeStudy) -> None:
    """Under KVM they took 160 of 512 MiB: that its overhead is 0 was not read."""
    as_read, full = advice_of(make_study(repeats=3, keep=smaller_guests)).decisions
    assert (as_read.winner, full.winner, full.why) == ("kvm", None, "bound")


def test_one_boot_has_no_winner(make_study: MakeStudy) -> None:
    for found in advice_of(make_study(repeats=1)).decisions:
        assert (found.winner, found.why) == (None, "one-boot")


def test_images_of_no_bytes_end_in_no_error(make_study: MakeStudy) -> None:
    def empty(row: list[object]) -> bool:
        if row[4] == "disk" and str(row[5]).startswith("allocated"):
            row[6] = 0
        return True

    assert "0.00" in page(make_study(keep=empty, info=PARTITIONS))


def test_a_cpu_weight_needs_every_hypervisors_cpu(make_study: MakeStudy) -> None:
    info = {"parameters": {"guests": 4, "guest_memory_mib": 512, "lab_host": {"vcpus": 2}}}
    assert advice_of(make_study(info=info)).decisions[0].left_out == {"disk": "no-partition"}
    without = advice_of(make_study(info=info, without=("xentop",)))
    assert without.decisions[0].left_out == {"cpu": "unread", "disk": "no-partition"}
    nothing = advice_of(make_study(), Scenario(Weights(0, 1, 0))).decisions[0]
    assert (nothing.why, nothing.options) == ("nothing", ())


def test_one_hypervisor_wins_over_none(make_study: MakeStudy) -> None:
    folder = make_study(keep=lambda row: row[0] == "kvm")
    decision = advice_of(folder).decisions[0]
    assert (decision.winner, decision.why, decision.missing) == (None, "alone", ("xen", "virtualbox"))
    assert "there is nothing to compare KVM with" in page(folder)
    crowded = Scenario(Weights(1, 0, 0), guests=6, host_mib=3600)
    only = advice_of(make_study(providers=("kvm", "virtualbox")), crowded).decisions[0]
    assert (only.winner, only.why) == ("kvm", "only-one")


def test_guidance_json_is_the_decision(make_study: MakeStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "_pdf", lambda _page: b"%PDF")
    scenario = parse_scenario("memory=2,cpu=1,disk=1", 12, "512MiB", "16GiB", "300GiB")
    study, out = make_study(repeats=3), tmp_path / "out"
    paper.render(study, out)
    own = (out / "guidance.json").read_bytes()
    paper.render(study, out, scenario=scenario)
    # The answer to a question leaves the study's own files as they are.
    assert (out / "guidance.json").read_bytes() == own
    asked = ".guests-12.guest-512MiB.host-16384MiB.host-disk-307200MiB.memory-2"
    assert {it.name for it in out.iterdir()} == {
        "guidance.json", f"guidance{asked}.json", "paper.en.pdf", f"paper.en{asked}.pdf"
    }  # fmt: skip
    assert paper.render_html(study, out, scenario=scenario).name == f"paper.en{asked}.html"
    found = json.loads((out / f"guidance{asked}.json").read_text(encoding="utf-8"))
    assert found["asked"] == {
        "weights": {"memory": 2, "cpu": 1, "disk": 1}, "guests": 12, "guest_mib": 512, "host_mib": 16384,
    }  # fmt: skip
    assert found["decisions"][0]["options"][0]["provider"] == "xen"
    assert set(found["decisions"][0]["options"][1]["interval"]) == {"low", "high"}
    assert len(found["break_even"]) == 3
    assert found["capacity"]["guests_that_use_all_memory"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("memory", "'' is no weight"),
        ("money=1", "money=1"),
        ("memory=-1", "'-1' is no weight"),
        ("memory=nan", "'nan' is no weight"),
        ("memory=0,cpu=0,disk=0", "all weights are 0"),
        ("memory=1,memory=2", "each named once"),
    ],
)
def test_bad_weights_are_refused(text: str, says: str) -> None:
    with pytest.raises(HvlabError, match=says):
        parse_weights(text)


def test_questions_are_read() -> None:
    assert parse_scenario("", 0, "", "") == DEFAULT_SCENARIO
    assert parse_weights("cpu=0.5") == Weights(1, 0.5, 1)
    assert (parse_size("--host-memory", "16GiB"), parse_size("--host-memory", "1.5GiB")) == (16384, 1536)
    for text in ("16", "16GB", "0GiB", "-1GiB"):
        with raises_code("bad-option"):
            parse_size("--host-memory", text)
    assert parse_scenario("", 0, "", "", "200GiB").host_disk_mib == 200 * 1024
    with raises_code("bad-option", "--guests=-2"):
        parse_scenario("", -2, "", "")


def test_references_are_numbered_where_they_are_first_cited() -> None:
    found = criteria_of(DESCRIBED.hypervisors)
    assert [row.id for row in found.rows] == ["kind", "cpu", "guests", "manager"]
    assert found.references[0].title.startswith("Jung Sung-Jae")
    cited = [
        found.number(source) for row in found.rows for p in ("xen", "kvm") for source in found.cells[row.id, p].sources
    ]
    assert [number for place, number in enumerate(cited) if number not in cited[:place]] == [2, 3, 6, 1, 7]


def test_a_hypervisor_that_was_not_assessed_has_no_cell() -> None:
    bare = DESCRIBED.hypervisors[0].model_copy(update={"name": "other", "criteria": {}})
    assert criteria_of([bare]).cells == {}
    assert len(criteria_of([bare]).references) == 1


def test_damaged_criteria_are_named(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    with raises_code("unreadable-file"):
        criteria_of((), path)
    path.write_text('[study]\ntitle = "A"\n[[criteria]]\nid = "x"\n', encoding="utf-8")
    with raises_code("invalid-criteria", "criteria.0.title"):
        criteria_of((), path)
