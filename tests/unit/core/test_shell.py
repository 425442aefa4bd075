"""What becomes part of a shell program is quoted, or refused."""

import pytest

from core.shell import assign, call


def test_values_are_quoted() -> None:
    assert assign({"A": "it's", "B": ""}) == "A='it'\"'\"'s'\nB=''\n"
    assert call("probe", "a b", "$x") == "probe 'a b' '$x'\n"


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a;b", "a b", "ä"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        assign({name: "x"})
    with pytest.raises(ValueError, match="not a name"):
        call(name)


def test_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        call("probe", "a\0b")
