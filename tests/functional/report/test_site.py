"""The site in a browser, opened from a folder: filter, sort, open, compare, trends, keyboard; axe without findings."""

import random
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dataset import load
from report.inference.intervals import Group, Measured
from report.inference.resolution import resolution_of
from report.inference.verdicts import Verdict, differ
from report.site.build import build, sources
from report.tools import compare
from tests.support.browsers import chromium
from tests.support.many_studies import (
    DEARER_FROM,
    damage,
    make_hostile,
    stub_papers,
    unfinish,
    write_many,
)

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desk": (1440, 900)}
VERDICTS = {Verdict.YES: "changed", Verdict.NO: "same", Verdict.CANNOT_TELL: "open"}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight studies, the last three with a hostile text, damaged, and not finished; and their site."""
    root = tmp_path_factory.mktemp("project")
    folders = write_many(root, 8)
    make_hostile(folders[5])
    damage(folders[6])
    unfinish(folders[7])
    with pytest.MonkeyPatch.context() as patch:
        stub_papers(patch)
        build(root / "site", sources(root), lambda _: None, languages=("en", "ko"))
    return root


@pytest.fixture
def opened(browser: Browser, project: Path) -> Iterator[Open]:
    contexts = []
    asked: list[str] = []

    def open_page(name: str = "index.html", size: str = "desk", *, dark: bool = False) -> Page:
        width, height = SIZES[size]
        scheme: Any = "dark" if dark else "light"
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(f"error: {error}"))
        page.goto((project / "site").as_uri() + "/" + name)
        return page

    yield open_page
    for context in contexts:
        context.close()
    site = (project / "site").as_uri()
    assert [url for url in asked if not url.startswith((site, "data:"))] == []


def names(page: Page) -> list[str]:
    return [str(it.get_attribute("data-name")) for it in page.locator("#studies tbody tr:visible").all()]


def key(number: int, project: Path) -> str:
    return sorted(path.name for path in (project / "studies").glob("2*"))[number]


# Of the dark scheme nothing but its colours is another.
_COLOURS = {"runOnly": ["color-contrast"]}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["index.html", "compare.html", "trends.html"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    opened: Open, project: Path, name: str, dark: bool
) -> None:
    pair = f"#{key(2, project)},{key(3, project)}" if name == "compare.html" else ""
    page = opened(name + pair, dark=dark)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options=_COLOURS if dark else None).response["violations"]
        assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []
    assert page.evaluate("window.hurt") is None


def test_a_korean_page_says_nothing_in_english(opened: Open) -> None:
    page = opened("index.ko.html", "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    assert page.locator("h1").inner_text() == "연구"
    assert page.locator("#count").inner_text() == "연구 8개 중 8개"
    page.get_by_role("link", name="추세").click()
    assert page.locator("h1").inner_text() == "추세"


def test_the_list_is_filtered_sorted_and_opened(opened: Open, project: Path) -> None:
    page = opened()
    assert names(page) == [key(number, project) for number in range(7, -1, -1)]
    page.get_by_label("Search").fill("libvirt 12.3.0")
    assert names(page) == [key(3, project)]
    assert page.locator("#count").inner_text() == "1 of 8 studies"
    page.get_by_label("Search").fill("")
    page.get_by_label("State").select_option(label="refused")
    assert names(page) == [key(6, project)]
    assert "3 fields, not 9" in page.locator("#studies tbody tr:visible").inner_text()
    page.get_by_label("State").select_option("")
    page.get_by_label("Search").fill("no such study")
    assert page.locator("#none").is_visible()
    page.get_by_label("Search").fill("")
    # By key: the head is a button, and what is not known comes last both ways.
    head = page.locator("[data-key=cost]")
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    up = names(page)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    down = names(page)
    assert set(up[-2:]) == set(down[-2:]) == {key(6, project), key(7, project)}
    assert up[:6] == down[:6][::-1]
    page.get_by_role("link", name=key(2, project), exact=True).click()
    assert page.locator("h1").inner_text() == key(2, project)


def test_two_are_chosen_by_key_and_compared(opened: Open, project: Path) -> None:
    page = opened(size="phone")
    for number in (DEARER_FROM, DEARER_FROM - 1):
        page.get_by_label(f"Compare {key(number, project)}").focus()
        page.keyboard.press("Space")
    page.locator("#chosen a").focus()
    page.keyboard.press("Enter")
    # The older one is the one before.
    page.wait_for_selector("#found section")
    assert page.locator("#before").input_value() == key(DEARER_FROM - 1, project)
    kvm = page.locator("#found section", has=page.get_by_role("heading", name="KVM"))
    row = kvm.get_by_role("row", name=re.compile("Memory per guest"))
    assert re.search(r"\+4\d\.\d MiB \(\+3\d\.\d . \+4\d\.\d\)", row.inner_text())
    assert "changed" in row.inner_text()
    assert "QEMU emulator version 11.0.0 → QEMU emulator version 11.1.0" in kvm.inner_text()
    page.locator("#swap").click()
    page.wait_for_function("document.querySelector('#found').textContent.includes('\\u22124')")


def test_any_two_are_compared_as_report_compare_does(opened: Open, project: Path) -> None:
    page = opened("compare.html")
    datasets = {key(number, project): load(project / "studies" / key(number, project)) for number in (0, 3, 5)}
    for (one, before), (other, after) in combinations(datasets.items(), 2):
        found = compare.compare(before, after)
        page.evaluate("pair => { location.hash = pair }", f"{one},{other}")
        changed, unclear = (sum(test(it) for it in found.changes) for test in (_changed, _open))
        same = len(found.changes) - changed - unclear
        said = f"Of {len(found.changes)} numbers {changed} changed, {same} did not, {unclear} cannot be told."
        page.wait_for_function("said => document.getElementById('summary').textContent.startsWith(said)", arg=said)
        assert page.locator("#settings").inner_text() == f"Settings that differ: {len(found.settings)}"


def _changed(it: compare.Change) -> bool:
    return it.changed


def _open(it: compare.Change) -> bool:
    return it.open


def test_the_page_decides_as_the_inference_does(opened: Open) -> None:
    """Over wide and narrow intervals, few and many boots, and differences at the resolution itself."""
    chance = random.Random(20)
    cases, expected = [], []
    for _ in range(3000):
        unit = chance.choice(["MiB", "percent", "B", "s"])
        base = chance.choice([0.0, 1.0, 50.0, 560.0, 3e9])
        gap = chance.choice([0.0, 1.0, 9.9, 10.0, 10.1, -0.5, -12.0, base / 100, base / 50])
        boots = [chance.choice([1, 2, 2, 3, 5, 30]) for _ in range(2)]
        spread = [chance.choice([0.0, 1e-6, 0.01, 1.0, 40.0]) * chance.random() for _ in range(2)]
        means = [base, base + gap]
        both = [{"mean": m, "variance": v, "n": n} for m, v, n in zip(means, spread, boots, strict=True)]
        cases.append([unit, *both])
        step = resolution_of(unit, min(abs(mean) for mean in means))
        before, after = (
            Measured(m, (Group(v, n - 1),) if n > 1 else (), n, step)
            for m, v, n in zip(means, spread, boots, strict=True)
        )
        expected.append(differ(after, before))
    page = opened("compare.html")
    found = page.evaluate("cases => cases.map((it) => hvlab.differ(...it))", cases)
    for case, ours, theirs in zip(cases, expected, found, strict=True):
        assert (theirs["verdict"], theirs["reason"]) == (VERDICTS[ours.verdict], ours.reason), case
        if ours.interval is not None:
            scale = max(1.0, abs(ours.interval.high), abs(ours.interval.low))
            assert theirs["low"] == pytest.approx(ours.interval.low, abs=1e-8 * scale), case
            assert theirs["high"] == pytest.approx(ours.interval.high, abs=1e-8 * scale), case
    assert {it.verdict for it in expected} == set(Verdict)


def test_trends_mark_the_change_and_lead_to_its_studies(opened: Open, project: Path) -> None:
    page = opened("trends.html")
    charts = page.locator("#charts figure")
    assert charts.count() == 3
    assert page.locator("#charts .mark").count() == 1
    mark = charts.filter(has_text="KVM").locator(".mark")
    assert str(mark.get_attribute("aria-label")).startswith(
        f"KVM: change from {key(DEARER_FROM - 1, project)} to {key(DEARER_FROM, project)}, +4"
    )
    assert page.locator("#changes tbody tr:visible").count() == 1
    page.get_by_label("Against").select_option(label="kernel")
    assert page.locator("#charts .mark").count() == 1
    page.get_by_label("Against").select_option(label="libvirt")
    assert "not all of these studies know this version" in charts.filter(has_text="VirtualBox").inner_text()
    page.get_by_label("Quantity").select_option(label="Boot time of a guest")
    assert page.locator("#charts .mark").count() == 0
    assert page.locator("#no-change").is_visible()
    page.get_by_label("Quantity").select_option(label="Memory per guest")
    # Points by key, and the change's two studies.
    points = charts.filter(has_text="KVM").locator("svg a:has(.point)")
    points.first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tip").inner_text() == points.nth(1).get_attribute("aria-label")
    page.locator("#changes tbody tr:visible a").click()
    page.wait_for_selector("#found section")
    assert page.locator("#after").input_value() == key(DEARER_FROM, project)
