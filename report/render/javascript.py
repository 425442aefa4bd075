"""Python functions as JavaScript: the page decides by the very source that the paper was decided by.

Only what the report's rules are written in is translated: functions, data classes, comprehensions and arithmetic. Any
other construct is an error when a page is made, so that nothing is translated to something else.
"""

import ast
import inspect
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from core.errors import HvlabError
from report.render.js_expressions import Expressions


def translate(sources: Mapping[ModuleType, Sequence[str]]) -> str:
    """Translate definitions of modules to one JavaScript expression: an object with all of them by name.

    Args:
        sources: Modules, each after those that it imports from, with the names of the definitions and constants.

    Raises:
        HvlabError: Something is used that has no translation, or is not among what is translated.
    """
    known: set[str] = set()
    parts = []
    for module, names in sources.items():
        parts.append(_module(module, names, known))
        known |= {name for name in names if not name.startswith("_")}
    return "(() => {\nconst all = {};\n" + "".join(parts) + "return all;\n})()"


def _module(module: ModuleType, names: Sequence[str], known: Collection[str]) -> str:
    """Return a block with a scope of its own: two modules may have private functions of the same name."""
    found = {name: it for it in ast.parse(inspect.getsource(module)).body for name in _names(it)}
    expressions = Expressions(module.__name__)
    lines = [_definition(expressions, found[name]) for name in names]
    public = ", ".join(name for name in names if not name.startswith("_"))
    imported = sorted(expressions.foreign - set(names))
    if unknown := [name for name in imported if name not in known]:
        raise HvlabError(f"{module.__name__}: {unknown[0]} is not among what is translated", code="no-translation")
    head = f"const {{{', '.join(imported)}}} = all;"
    return "\n".join(["{", head, *lines, f"Object.assign(all, {{{public}}});", "}\n"])


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [it.id for it in targets if isinstance(it, ast.Name)]


def _definition(expressions: Expressions, it: ast.stmt) -> str:
    """Translate a constant, a function or a class."""
    if isinstance(it, ast.Assign):
        return f"const {expressions.target(it.targets[0])} = {expressions.text(it.value)};"
    if isinstance(it, ast.FunctionDef):
        return f"{_function(expressions, it)}\npy.named({it.name}, {json.dumps(_parameters(it.args))});"
    if isinstance(it, ast.ClassDef):
        return _class(expressions, it)
    raise expressions.unknown(it)


def _class(expressions: Expressions, it: ast.ClassDef) -> str:
    bases = {ast.unparse(base) for base in it.bases}
    if "StrEnum" in bases:
        lines = [line for line in it.body if isinstance(line, ast.Assign)]
        members = [f"{expressions.target(line.targets[0])}: {expressions.text(line.value)}" for line in lines]
        return f"const {it.name} = {{{', '.join(members)}}};"
    fields = [line for line in it.body if isinstance(line, ast.AnnAssign)]
    names = [expressions.target(line.target) for line in fields]
    values = [None if line.value is None else expressions.text(line.value) for line in fields]
    given = ", ".join(n if v is None else f"{n} = {v}" for n, v in zip(names, values, strict=True))
    body = [f"constructor({given}) {{ Object.assign(this, {{{', '.join(names)}}}); }}"]
    if "NamedTuple" in bases:
        body.append(f"*[Symbol.iterator]() {{ yield* [{', '.join(f'this.{name}' for name in names)}]; }}")
    body += [_method(expressions, line) for line in it.body if isinstance(line, ast.FunctionDef)]
    return "\n".join([f"class {it.name} {{", *body, "}", f"py.class_({it.name}, {json.dumps(names)});"])


def _method(expressions: Expressions, it: ast.FunctionDef) -> str:
    kinds = {ast.unparse(decorator) for decorator in it.decorator_list}
    kind = "get " if kinds & {"property", "cached_property"} else "static " if "classmethod" in kinds else ""
    return kind + _signature_and_body(expressions, it, this=_parameters(it.args)[0])


def _function(expressions: Expressions, it: ast.FunctionDef) -> str:
    return "function " + _signature_and_body(expressions, it)


def _signature_and_body(expressions: Expressions, it: ast.FunctionDef, this: str = "") -> str:
    names = [name for name in _parameters(it.args) if name != this]
    local = {name for line in it.body for name in _bound_in(line)} - set(names)
    values = dict(zip([each.arg for each in it.args.args][::-1], it.args.defaults[::-1], strict=False))
    expressions.bound.append({*names, *local, this})
    given = [f"{name} = {expressions.text(values[name])}" if name in values else name for name in names]
    head = [f"const {this} = this;"] if this else []
    head += [f"let {', '.join(sorted(local))};"] if local else []
    lines = head + [_statement(expressions, line) for line in it.body]
    expressions.bound.pop()
    return f"{it.name}({', '.join(given)}) {{ {' '.join(filter(None, lines))} }}"


def _statement(expressions: Expressions, it: ast.stmt) -> str:
    how = _STATEMENTS.get(type(it))
    if how is None:
        raise expressions.unknown(it)
    return how(expressions, it)


def _block(expressions: Expressions, lines: Sequence[ast.stmt]) -> str:
    return f"{{ {' '.join(_statement(expressions, line) for line in lines)} }}"


def _evaluated(expressions: Expressions, it: ast.Expr) -> str:
    # A constant by itself is a docstring.
    return "" if isinstance(it.value, ast.Constant) else expressions.text(it.value) + ";"


def _returned(expressions: Expressions, it: ast.Return) -> str:
    return f"return {expressions.text(it.value) if it.value else 'null'};"


def _assigned(expressions: Expressions, it: ast.Assign) -> str:
    target, value = it.targets[0], expressions.text(it.value)
    if isinstance(target, ast.Subscript):
        return f"py.put({expressions.text(target.value)}, {expressions.text(target.slice)}, {value});"
    unpacked = f"py.iter({value})" if isinstance(target, ast.Tuple) else value
    return f"{expressions.target(target)} = {unpacked};"


def _annotated(expressions: Expressions, it: ast.AnnAssign) -> str:
    return f"{expressions.target(it.target)} = {expressions.text(it.value)};" if it.value else ""


def _added(expressions: Expressions, it: ast.AugAssign) -> str:
    if not isinstance(it.op, ast.Add):
        raise expressions.unknown(it)
    target = expressions.target(it.target)
    return f"{target} = py.add({target}, {expressions.text(it.value)});"


def _branched(expressions: Expressions, it: ast.If) -> str:
    then, other = _block(expressions, it.body), _block(expressions, it.orelse)
    return f"if (py.t({expressions.text(it.test)})) {then} else {other}"


def _repeated(expressions: Expressions, it: ast.For) -> str:
    body = _block(expressions, it.body)
    return f"for ({expressions.target(it.target)} of py.iter({expressions.text(it.iter)})) {body}"


def _nested(expressions: Expressions, it: ast.FunctionDef) -> str:
    return f"{it.name} = {_function(expressions, it)};"


_STATEMENTS: dict[type[ast.stmt], Callable[[Expressions, Any], str]] = {
    ast.Expr: _evaluated,
    ast.Return: _returned,
    ast.Assign: _assigned,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _added,
    ast.If: _branched,
    ast.For: _repeated,
    ast.FunctionDef: _nested,
}


def _parameters(arguments: ast.arguments) -> list[str]:
    return [it.arg for it in (*arguments.args, *arguments.kwonlyargs)]


def _bound_in(it: ast.AST) -> Iterator[str]:
    """List the names that a statement binds in its function: not those of functions and comprehensions in it."""
    if isinstance(it, ast.FunctionDef):
        yield it.name
    elif isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store):
        yield it.id
    elif not isinstance(it, ast.Lambda):
        for child in ast.iter_child_nodes(it):
            inside = (child.iter, *child.ifs) if isinstance(child, ast.comprehension) else (child,)
            for part in inside:
                yield from _bound_in(part)
