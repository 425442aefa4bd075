"""The guests' names: `server1`, `server2`, ..., on the lab host, in captures and in metrics."""

_PREFIX = "server"


def guest_name(number: int) -> str:
    """Return the name of a guest by its number, from 1."""
    return f"{_PREFIX}{number}"


def guest_names(count: int) -> list[str]:
    """Return the names of the first `count` guests, in the order in which they are brought up."""
    return [guest_name(number) for number in range(1, count + 1)]
