"""Nothing is printed around core/console.py: foreign text would be markup to rich, and commands to a terminal."""

import ast
from collections.abc import Iterator
from pathlib import Path

from core.paths import PROJECT

PACKAGES = ("commands", "core", "dataset", "factors", "hypervisors", "loads", "lab", "report", "study")
# What prints otherwise, and why that is right.
ALLOWED = {
    "core/console.py": "it is the one place",
    "commands/doctor.py": "JSON for programs",
    "dataset/published.py": "its own program, which prints a path",
    "dataset/terminal.py": "draws a picture",
    "lab/desktop/agent.py": "runs on the lab host, and prints JSON",
    "lab/doctor/output.py": "colours, with visible texts",
    "lab/installer/main.py": "runs in the installer, on its console",
}


def around(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that print by themselves, or that fill a table with texts in which rich reads markup."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if (
            name == "print"
            or (name == "add_row" and "cells(" not in ast.unparse(node))
            or (name == "write" and ast.unparse(node.func).startswith(("sys.stdout", "sys.stderr")))
        ):
            yield node.lineno


def test_all_prints_go_through_the_console() -> None:
    found = {}
    for path in sorted(file for package in PACKAGES for file in (PROJECT / package).rglob("*.py")):
        if lines := list(around(ast.parse(path.read_text()))):
            found[path.relative_to(PROJECT).as_posix()] = lines
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() - found.keys() == set()


def test_markup_is_read_nowhere() -> None:
    """A text for `say` holds no markup: it would be printed."""
    left = [
        f"{path}:{node.lineno}"
        for path in (file for package in PACKAGES for file in Path(PROJECT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "step", "result")
        and any(f"[/{style}]" in ast.unparse(node) for style in ("dim", "bold", "red", "green", "yellow"))
    ]  # fmt: skip
    assert left == []
