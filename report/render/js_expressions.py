"""Python expressions as JavaScript; what Python's built-in functions do is in templates/python.js."""

import ast
import json
import re
from collections.abc import Callable, Sequence

from core.errors import HvlabError

_BUILTINS = frozenset(
    (
        "abs",
        "all",
        "any",
        "bool",
        "dict",
        "float",
        "len",
        "list",
        "map",
        "max",
        "min",
        "next",
        "range",
        "replace",
        "set",
    )
) | {"set", "sorted", "sum", "tuple", "zip"}
_METHODS = frozenset({"append", "get", "items", "setdefault", "values"})
"""Methods of lists and dicts. A data class has none of these."""
_MODULES = frozenset({"math", "special", "statistics"})
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "{} < {}",
    ast.LtE: "{} <= {}",
    ast.Gt: "{} > {}",
    ast.GtE: "{} >= {}",
    ast.Is: "{} === {}",
    ast.IsNot: "{} !== {}",
    ast.Eq: "py.eq({}, {})",
    ast.NotEq: "!py.eq({}, {})",
    ast.In: "py.has({1}, {0})",
    ast.NotIn: "!py.has({1}, {0})",
}
_BINARY: dict[type[ast.AST], str] = {
    ast.Add: "py.add({}, {})",
    ast.Mult: "py.times({}, {})",
    ast.Sub: "({} - {})",
    ast.Div: "({} / {})",
    ast.Pow: "({} ** {})",
}
_UNARY: dict[type[ast.AST], str] = {ast.Not: "!py.t({})", ast.USub: "(-{})"}
_CLASS = re.compile(r"cls|_?[A-Z]\w*")


class Expressions:
    """Translates the expressions of one module.

    Attributes:
        module: Its name, for errors.
        foreign: Names that are used and not bound in the function that uses them.
        bound: Names that the functions around an expression bind, outermost first.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.foreign: set[str] = set()
        self.bound: list[set[str]] = []

    def text(self, it: ast.expr) -> str:
        """Translate an expression.

        Raises:
            HvlabError: It has no translation.
        """
        how: Callable[[ast.expr], str] | None = getattr(self, f"_{type(it).__name__.lower()}", None)
        if how is None:
            raise self.unknown(it)
        return how(it)

    def unknown(self, it: ast.AST) -> HvlabError:
        """Return the error that a construct has no translation."""
        return HvlabError(
            f"{self.module}, line {getattr(it, 'lineno', 0)}: {type(it).__name__} has no JavaScript",
            "write it in another way, or teach report/render/js_expressions.py",
            code="no-translation",
        )

    def target(self, it: ast.expr) -> str:
        """Translate what a value is assigned to: a name, or a tuple of names."""
        if isinstance(it, ast.Tuple):
            return f"[{', '.join(map(self.target, it.elts))}]"
        if not isinstance(it, ast.Name):
            raise self.unknown(it)
        return it.id

    def _all(self, them: Sequence[ast.expr]) -> str:
        return ", ".join(map(self.text, them))

    def _constant(self, it: ast.Constant) -> str:
        return json.dumps(it.value)

    def _name(self, it: ast.Name) -> str:
        if any(it.id in scope for scope in self.bound):
            return it.id
        if it.id in _BUILTINS | _MODULES:
            return f"py.{it.id}"
        self.foreign.add(it.id)
        return it.id

    def _attribute(self, it: ast.Attribute) -> str:
        return f"{self.text(it.value)}.{it.attr}"

    def _tuple(self, it: ast.Tuple | ast.List) -> str:
        return f"[{self._all(it.elts)}]"

    _list = _tuple

    def _set(self, it: ast.Set) -> str:
        return f"new Set([{self._all(it.elts)}])"

    def _starred(self, it: ast.Starred) -> str:
        return f"...py.iter({self.text(it.value)})"

    def _dict(self, it: ast.Dict) -> str:
        return f"new Map([{', '.join(map(self._pair, it.keys, it.values))}])"

    def _pair(self, key: ast.expr | None, value: ast.expr) -> str:
        return f"...{self.text(value)}" if key is None else f"[{self.text(key)}, {self.text(value)}]"

    def _subscript(self, it: ast.Subscript) -> str:
        return f"py.at({self.text(it.value)}, {self.text(it.slice)})"

    def _slice(self, it: ast.Slice) -> str:
        if it.step is not None:
            raise self.unknown(it)
        return f"new py.Slice({', '.join(self.text(end) if end else 'null' for end in (it.lower, it.upper))})"

    def _unaryop(self, it: ast.UnaryOp) -> str:
        return self._known(_UNARY, it, it.op).format(self.text(it.operand))

    def _binop(self, it: ast.BinOp) -> str:
        return self._known(_BINARY, it, it.op).format(self.text(it.left), self.text(it.right))

    def _boolop(self, it: ast.BoolOp) -> str:
        how = "and" if isinstance(it.op, ast.And) else "or"
        return f"py.{how}({', '.join(f'() => {self.text(value)}' for value in it.values)})"

    def _compare(self, it: ast.Compare) -> str:
        sides = [self.text(side) for side in (it.left, *it.comparators)]
        pairs = zip(it.ops, sides, sides[1:], strict=False)
        return f"({' && '.join(self._known(_COMPARISONS, it, how).format(*two) for how, *two in pairs)})"

    def _known(self, table: dict[type[ast.AST], str], it: ast.expr, operator: ast.AST) -> str:
        if type(operator) not in table:
            raise self.unknown(it)
        return table[type(operator)]

    def _ifexp(self, it: ast.IfExp) -> str:
        return f"(py.t({self.text(it.test)}) ? {self.text(it.body)} : {self.text(it.orelse)})"

    def _namedexpr(self, it: ast.NamedExpr) -> str:
        return f"({it.target.id} = {self.text(it.value)})"

    def _lambda(self, it: ast.Lambda) -> str:
        names = [each.arg for each in it.args.args]
        return self._within(names, lambda: f"(({', '.join(names)}) => {self.text(it.body)})")

    def _listcomp(self, it: ast.ListComp | ast.GeneratorExp) -> str:
        return self._comprehension(it.generators, lambda: f"[{self.text(it.elt)}]")

    # All at once, where Python would ask for one after the other: the rules have no effects.
    _generatorexp = _listcomp

    def _setcomp(self, it: ast.SetComp) -> str:
        return f"new Set({self._comprehension(it.generators, lambda: f'[{self.text(it.elt)}]')})"

    def _dictcomp(self, it: ast.DictComp) -> str:
        return f"new Map({self._comprehension(it.generators, lambda: f'[{self._pair(it.key, it.value)}]')})"

    def _comprehension(self, generators: Sequence[ast.comprehension], element: Callable[[], str]) -> str:
        if not generators:
            return element()
        first, rest = generators[0], generators[1:]
        over = self.text(first.iter)

        def body() -> str:
            inner = self._comprehension(rest, element)
            conditions = " && ".join(f"py.t({self.text(it)})" for it in first.ifs)
            return f"(({self.target(first.target)}) => {f'{conditions} ? {inner} : []' if conditions else inner})"

        names = [it.id for it in ast.walk(first.target) if isinstance(it, ast.Name)]
        return f"py.iter({over}).flatMap{self._within(names, body)}"

    def _within(self, names: Sequence[str], translated: Callable[[], str]) -> str:
        self.bound.append(set(names))
        found = translated()
        self.bound.pop()
        return found

    def _call(self, it: ast.Call) -> str:
        given = [self.text(value) for value in it.args]
        named = [f"{each.arg}: {self.text(each.value)}" for each in it.keywords if each.arg]
        named += [f"...Object.fromEntries({self.text(each.value)})" for each in it.keywords if not each.arg]
        if isinstance(it.func, ast.Attribute) and it.func.attr in _METHODS:
            given.insert(0, self.text(it.func.value))
            return f"py.{it.func.attr}({', '.join(given)})"
        function = self.text(it.func)
        if named:
            return f"py.call({function}, [{', '.join(given)}], {{{', '.join(named)}}})"
        return f"{'new ' if _CLASS.fullmatch(function) else ''}{function}({', '.join(given)})"
