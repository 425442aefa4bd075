"""What a host prints of its resources is read, or refused."""

import pytest

from core.resources.base import Outcome, Resource, failures, read_outcomes, render
from core.resources.setting import kernel_file
from tests.support.errors import raises_code


def test_outcomes_of_two_programs() -> None:
    text = "removed\tdomain\tserver1\t\nend\nfailed\tnetwork\thvlab\tis still there: busy\nend\n"
    outcomes = read_outcomes(text)
    assert outcomes == [
        Outcome("removed", "domain", "server1"),
        Outcome("failed", "network", "hvlab", "is still there: busy"),
    ]
    assert str(outcomes[1]) == "network hvlab (is still there: busy)"


@pytest.mark.parametrize("text", ["", "removed\tdomain\tserver1\t\n", "end\nremoved\tdomain\tserver1\t\n"])
def test_an_answer_that_is_cut_off(text: str) -> None:
    with raises_code("answer-cut-off"):
        read_outcomes(text)


@pytest.mark.parametrize(
    "line",
    [
        "Welcome to this server!",
        "deleted\tdomain\tserver1\t",
        "removed\tdomain\tserver1",
        "removed\tdomain\t\t",
        "removed\t[bold]\tserver1\t",
        "removed\tdomain\t" + "x" * 5000 + "\t",
    ],
)
def test_a_line_of_another_form(line: str) -> None:
    with raises_code("unknown-output"):
        read_outcomes(f"{line}\nend\n")


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    (outcome,) = read_outcomes("foreign\tdomain\tserver1\t\x1b[2Jmine\nend\n")
    assert outcome.detail == "?[2Jmine"


def test_removal_goes_backwards_and_equal_libraries_are_rendered_once() -> None:
    first = Resource("network", "a", "net", ("x y",), ("net_probe() { :; }\n",), proves=True)
    second = Resource("network", "b", "net", (), first.libraries)
    text = render("remove", [first, second])
    assert text.count("net_probe() { :; }") == 1
    assert text.endswith("remove network b - net\nremove network a proves net 'x y'\nfinish\n")


def test_a_setting_is_remembered_before_it_is_changed() -> None:
    setting = kernel_file("KSM", "/sys/kernel/mm/ksm/run").resource
    assert render("claim", [setting]).splitlines()[-2].startswith("claim setting KSM remembers setting setting_")
    known = setting.with_memory("0")
    assert render("claim", [known]).splitlines()[-2].startswith("claim setting KSM - setting setting_")
    assert render("remove", [known]).splitlines()[-2].endswith(" 0")


def test_a_setting_whose_former_value_is_lost_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="KSM"):
        render("remove", [kernel_file("KSM", "/sys/kernel/mm/ksm/run").resource])


def test_failures_of_one_cause_are_one_line() -> None:
    outcomes = [Outcome("failed", "machine", f"server{n}", "no answer") for n in range(1, 6)]
    outcomes += [Outcome("failed", "machine", "server6", "is still there"), Outcome("removed", "machine", "server7")]
    assert failures(outcomes) == [
        "machine server1, server2, server3 and 2 more (no answer)",
        "machine server6 (is still there)",
    ]
