"""The reasons that the code itself gives for refusing a file or a row, read from the code.

A reason is a code with its message behind it, wherever it is written: `Refused("no_row", f"…")`,
`("nul_byte", "a NUL byte")`. So a new one is in the handbook without being listed anywhere.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from config.strict import ROOT

ROOMS = ("archive", "intake", "reading")  # those that refuse files and rows
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
Constants = Mapping[str, ast.expr]


def stated_reasons(root: Path = ROOT / "tasks") -> dict[str, tuple[str, ...]]:
    """Return each code with its messages, what is filled in shown as `…`, in order of appearance."""
    found: dict[str, dict[str, None]] = {}
    modules = [
        ast.parse(path.read_text(encoding="utf-8"))
        for room in ROOMS
        for path in sorted((root / room).glob("*.py"))
    ]
    shared = {name: value for module in modules for name, value in _constants(module).items()}
    for module in modules:
        for code, message in _reasons(module, {**shared, **_constants(module)}):
            found.setdefault(code, {})[message] = None
    return {code: tuple(messages) for code, messages in sorted(found.items())}


def _constants(module: ast.Module) -> Constants:
    return {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _reasons(module: ast.Module, constants: Constants) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        given = node.args if isinstance(node, ast.Call) else getattr(node, "elts", ())
        yield from _pairs(given, constants)


def _pairs(given: Sequence[ast.expr], constants: Constants) -> Iterator[tuple[str, str]]:
    for code, message in pairwise(given):
        text = _text(message)
        if " " in text:
            for name in _codes(code, constants):
                yield name, text


def _codes(node: ast.expr, constants: Constants) -> Iterator[str]:
    """Yield the codes that an expression may be: itself, a name for one, or one of two."""
    match node:
        case ast.Constant(value=str(code)) if _CODE.fullmatch(code):
            yield code
        case ast.IfExp(body=one, orelse=other):
            yield from _codes(one, constants)
            yield from _codes(other, constants)
        case ast.Name(id=name) if name in constants and not isinstance(constants[name], ast.Name):
            yield from _codes(constants[name], constants)


def _text(node: ast.expr) -> str:
    """Return the text of a message, with `…` for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "…" for part in parts).replace("……", "…")
    return ""
