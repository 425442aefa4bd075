"""report.html in a browser: keyboard, widths from a phone's to a desk's, light and dark, and axe without findings."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from report.render import paper
from tests.support import asked
from tests.support.browsers import chromium
from tests.support.made_up import REFERENCE, write_study
from tests.support.shared import once

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desk": (1440, 900)}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The published study and a made-up one of three repeats, as pages in both languages."""

    def make(folder: Path) -> None:
        study = write_study(folder / "study", repeats=3)
        paper.render_html(study, folder / "made-up")
        for lang in ("en", "ko"):
            paper.render_html(REFERENCE, folder / "published", lang)

    folder = once(tmp_path_factory, "screen", make)
    return {
        "made up": folder / "made-up" / "paper.en.html",
        "en": folder / "published" / "paper.en.html",
        "ko": folder / "published" / "paper.ko.html",
    }


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Open]:
    contexts = []
    asked: list[str] = []

    def open_page(name: str = "made up", size: str = "desk", *, dark: bool = False, touch: bool = False) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(f"error: {error}"))
        page.goto(pages[name].as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


NAMES = ("made up", "en", "ko")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(opened: Open, name: str) -> None:
    page = opened(name)
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


# All rules on a phone, and the one on colours in the dark; the other windows with the long tests.
Case = tuple[str, str, bool, dict[str, list[str]]]
AXE: list[Case] = [(name, "phone", False, {}) for name in NAMES]
AXE += [(name, "desk", True, {"runOnly": ["color-contrast"]}) for name in NAMES]
REST: list[Case] = [(name, size, dark, {}) for name in NAMES for size in SIZES for dark in (False, True)]


@pytest.mark.parametrize(
    ("name", "size", "dark", "options"), [*AXE, *(pytest.param(*it, marks=pytest.mark.long) for it in REST)]
)
def test_axe_finds_nothing(opened: Open, name: str, size: str, dark: bool, options: dict[str, list[str]]) -> None:
    found = Axe().run(opened(name, size, dark=dark), options=options).response["violations"]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []


def test_a_wide_table_scrolls_under_its_caption(opened: Open) -> None:
    page = opened(size="phone")
    box = page.locator("#table-3-scroll")
    assert box.evaluate("it => it.scrollWidth > it.clientWidth")
    caption = page.locator("#table-3-caption")
    before = caption.bounding_box()
    box.focus()
    box.evaluate("it => { it.scrollLeft = 150 }")
    assert box.evaluate("it => it.scrollLeft") == 150
    after = caption.bounding_box()
    assert before
    assert after
    assert after["x"] == pytest.approx(before["x"], abs=1)
    assert after["width"] <= SIZES["phone"][0]


def test_contents_lead_to_each_section(opened: Open) -> None:
    page = opened()
    links = page.locator("#contents a")
    targets = [str(it.get_attribute("href")) for it in links.all()]
    assert len(targets) == page.locator("main section[id]").count() > 10
    for target in targets:
        assert page.locator(target).count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator("main").count() == page.locator("nav").count() == page.locator("body > header").count() == 1


def test_a_table_is_sorted_by_key(opened: Open) -> None:
    page = opened("en")
    head = page.locator("#table-3b thead th").nth(1)
    cells = page.locator("#table-3b tbody td:nth-child(2)")
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert cells.all_inner_texts() == ["543.7", "555.3", "608.3"]
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert cells.all_inner_texts() == ["608.3", "555.3", "543.7"]
    assert "Per guest" in page.locator("#told").inner_text()


def test_points_are_reached_by_key_and_by_finger(opened: Open) -> None:
    page = opened("made up", "phone", touch=True)
    first, second = (page.locator("#figure-6 .point").nth(n) for n in (0, 1))
    first.focus()
    assert page.locator("#tip").inner_text() == first.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    assert page.locator("#tip").inner_text() == second.get_attribute("aria-label")
    # Value and interval.
    assert re.search(r"Manager: [\d.]+ MiB \([\d.]+ to [\d.]+\)$", page.locator("#tip").inner_text())
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()
    point = page.locator("#figure-8 .point").first
    point.tap(force=True)
    assert page.locator("#tip").text_content() == point.get_attribute("aria-label")
    assert page.locator('#figure-6 .point[tabindex="0"]').count() == 1


def test_tables_and_figures_are_downloaded(opened: Open, tmp_path: Path) -> None:
    page = opened("en")
    for label, name, start in (
        ("Table 3. Download as CSV", "table-3.csv", "Stage,Xen Total,Xen Used,Xen Free,KVM Total"),
        ("Figure 6. Download as SVG", "figure-6.svg", "<svg"),
    ):
        with page.expect_download() as waited:
            page.get_by_role("button", name=label, exact=True).click()
        assert waited.value.suggested_filename == f"paper-2011-{name}"
        waited.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_the_page_decides_as_the_paper_does(opened: Open) -> None:
    chance = random.Random(20111)
    given, expected = zip(*(asked.question(chance) for _ in range(100)), strict=True)
    assert len({str(it["why"]) for it in expected}) >= 8  # few ways to end are not seen
    for question, mine, found in zip(given, expected, opened().evaluate(asked.PLAIN, given), strict=True):
        assert _near(found, mine), question


def _near(one: Any, other: Any) -> bool:
    """Whether two plain values are the same, numbers up to rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_near(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-12)
    return bool(one == other)


@pytest.mark.parametrize("name", ["made up", "en"])
def test_a_number_leads_to_its_derivation(opened: Open, name: str) -> None:
    page = opened(name)
    for table in ("table-3", "table-3a", "table-3b", "table-4", "figure-9a"):
        number = page.locator(f"#{table} a.number").first
        number.focus()
        page.keyboard.press("Enter")
        derivation = page.locator(str(number.get_attribute("href")))
        assert derivation.evaluate("it => it.matches(':target')")
        said = derivation.inner_text()
        assert "line " in said
        assert ("runs/" if name == "made up" else "published/") in said


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_decision_follows_the_sliders(opened: Open, size: str) -> None:
    page = opened("en", size)
    asked_first = page.locator("#asked").inner_text()
    assert "Xen 6" in asked_first  # as page 1 has it
    guests = page.get_by_label("Guests", exact=True)
    assert guests.get_attribute("aria-valuetext") == "4"
    guests.focus()
    page.keyboard.press("End")
    assert guests.get_attribute("aria-valuetext") == "200"
    said = page.locator("#ask-said")
    expect(said).to_contain_text("the guests fit under none")
    assert "does not fit" in page.locator("#asked").inner_text()
    for label in ("Weight of memory", "Weight of CPU", "Weight of disk"):
        page.get_by_label(label).focus()
        page.keyboard.press("Home")
    expect(said).to_contain_text("nothing to decide upon was read of every hypervisor")
    page.get_by_role("button", name="As in the study").click()
    expect(said).to_contain_text("none can be called the best")
    assert page.locator("#asked").inner_text() == asked_first
