"""The report of a sweep: planted effects are found, null ones are not called, and the page says what was decided."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from statsmodels.regression.linear_model import OLS

from dataset import Sweep
from dataset.sweep import SweepInfo
from report.i18n.translate import language, speaking
from report.inference.contrasts import Design as Cells
from report.inference.contrasts import main_effect, weighted
from report.inference.intervals import of_difference
from report.inference.verdicts import Verdict
from report.render.paper import TEMPLATES
from report.render.screen import read_screen
from report.sweep.effects import Effect, analyse
from report.sweep.render import page
from report.sweep.responses import Read, read_cell
from tests.support.made_up_sweep import FACTORIAL, NAME, info, write_sweep


def numbers(sweep: SweepInfo, mean: Mapping[Any, float], boots: int = 3) -> dict[int, dict[tuple[str, str], Read]]:
    """Make up memory that is taken, with chance of 1 MiB."""
    dice = random.Random(7)
    return {
        cell.number: {
            ("kvm", "taken"): Read(
                tuple(mean[tuple(cell.values.values())] + dice.gauss(0, 1) for _ in range(boots)), 10.0
            )
        }
        for cell in sweep.cells
    }


def effects_of(sweep: SweepInfo, mean: Mapping[Any, float], boots: int = 3) -> dict[tuple[str, bool], Effect]:
    (found,) = analyse(sweep, numbers(sweep, mean, boots), ["kvm"])
    return {(it.change.axis.parameter, it.beside is not None): it for it in found.effects}


def test_an_interaction_is_found() -> None:
    """KSM saves 60 MiB of large guests and nothing of small ones: 30 on average."""
    found = effects_of(info(FACTORIAL), dict(zip(FACTORIAL, (100, 100, 200, 140), strict=True)))
    assert {key: it.decided.verdict for key, it in found.items()} == dict.fromkeys(found, Verdict.YES)
    means = {key: it.decided.amount.mean for key, it in found.items()}
    assert means["topology.memory_mib", False] == pytest.approx(70, abs=3)
    assert means["factors.ksm", False] == pytest.approx(-30, abs=3)
    assert means["topology.memory_mib", True] == pytest.approx(-60, abs=5)


def test_no_effect_is_not_called_one() -> None:
    found = effects_of(info(FACTORIAL), dict.fromkeys(FACTORIAL, 100.0))
    assert {it.decided.verdict for it in found.values()} == {Verdict.NO}


def test_of_one_boot_nothing_can_be_told() -> None:
    found = effects_of(info(FACTORIAL), dict(zip(FACTORIAL, (100, 100, 200, 200), strict=True)), boots=1)
    assert {it.decided.reason for it in found.values()} == {"one-boot"}


def test_one_axis_has_the_interval_of_a_comparison() -> None:
    values = [(1.0, 2.0, 4.0), (11.0, 15.0)]
    decided = main_effect(Cells((2,), ((0,), (1,))), values, 0, 1, 1.0)
    wanted = of_difference(values[1], values[0])
    assert wanted
    assert decided.interval == pytest.approx(wanted)


def test_it_agrees_with_a_fit_to_all_boots() -> None:
    """Of cells with the same number of boots, least squares over boots give the same effects."""
    values = [(1.0, 2.0), (3.0, 5.0), (4.0, 4.5), (9.0, 8.0)]
    design = Cells((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    rows = [[1, a - 0.5, b - 0.5, (a - 0.5) * (b - 0.5)] for a in (0, 1) for b in (0, 1) for _ in range(2)]
    fitted = OLS([value for each in values for value in each], rows).fit()
    effect = main_effect(design, values, 0, 1, 0.0).amount
    assert effect.mean == pytest.approx(fitted.params[1])
    assert weighted(design.weights({}).tolist(), values, 0.0).mean == pytest.approx(fitted.params[0])


def test_one_at_a_time_has_no_interactions() -> None:
    sweep = info([(256, False), (512, False), (256, True)], design="one-at-a-time")
    (found,) = analyse(sweep, numbers(sweep, {(256, False): 100, (512, False): 150, (256, True): 100}), ["kvm"])
    assert [it.decided.verdict for it in found.effects] == [Verdict.YES, Verdict.NO]
    assert not found.interactions


def test_axes_that_always_change_together() -> None:
    sweep = info([(256, False), (512, True)], design="list")
    (found,) = analyse(sweep, numbers(sweep, {(256, False): 100, (512, True): 150}), ["kvm"])
    assert found.confounded


@pytest.fixture(autouse=True)
def _no_effect_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are drawn in tests/functional/report/test_sweep.py."""
    monkeypatch.setattr("report.sweep.context.effect_figures", lambda *words: [])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """A sweep on disk: 512 MiB cost 100 MiB more than 256; KSM does nothing."""
    return write_sweep(tmp_path_factory.mktemp("studies") / NAME)


def test_the_page_says_what_was_decided(sweep: Sweep) -> None:
    text = " ".join(page(sweep).replace("&nbsp;", " ").split())
    assert "Memory of a guest, 512 MiB instead of 256 MiB: memory taken from the machine is 100.0 MiB more" in text
    assert "Merging of equal pages (KSM), on instead of off: memory taken from the machine does not change" in text
    assert f'<a href="../studies/{NAME}-01/report/paper.en.html">1</a>' in text
    assert "StrictUndefined" not in text
    quantities = {name for cell, dataset in sweep.studies() for _, name in read_cell(dataset)}
    assert quantities == {"taken", "busy", "allocated"}


def test_the_page_in_korean_has_no_english_sentence(sweep: Sweep) -> None:
    with speaking(language("ko")):
        text = page(sweep, read_screen(TEMPLATES))
    assert "instead of" not in text
    assert "does not change" not in text
