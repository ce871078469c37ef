"""What a flow asks for, read from its file: importing a flow takes seconds, and help must be quick."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from flows import form

FLOWS = Path(form.__file__).parent
_ARGUMENT = re.compile(r"^ {4}(\w+): (.+)$")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a flow."""

    name: str
    kind: Any  # str, perhaps constrained, bool, a Literal, or the model of a form
    about: str
    default: str | bool | None  # None: it has to be said, or is a form

    @property
    def form(self) -> type[BaseModel] | None:
        """The model whose fields are asked for in its stead, if it is a form."""
        is_form = isinstance(self.kind, type) and issubclass(self.kind, BaseModel)
        return self.kind if is_form else None


@dataclass(frozen=True)
class Signature:
    """A flow: its name, what its file says of it, and its parameters in order."""

    name: str
    title: str
    about: str
    parameters: tuple[Parameter, ...]


def signatures(folder: Path = FLOWS) -> dict[str, Signature]:
    """Return every flow of `folder` by name: a file with a function of its own name is one."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for each in module.body:
            if isinstance(each, ast.FunctionDef) and each.name == path.stem:
                found[path.stem] = _signature(each, ast.get_docstring(module) or "")
    return found


def _signature(function: ast.FunctionDef, title: str) -> Signature:
    about, _, arguments = (ast.get_docstring(function) or "").partition("\nArgs:\n")
    described = _described(arguments)
    asked, defaults = function.args.args, function.args.defaults
    given: list[ast.expr | None] = [None] * (len(asked) - len(defaults))
    return Signature(
        name=function.name,
        title=title.splitlines()[0],
        about=about.strip(),
        parameters=tuple(
            Parameter(
                name=each.arg,
                kind=_kind(each.annotation),
                about=described[each.arg],
                default=_default(default),
            )
            for each, default in zip(asked, [*given, *defaults], strict=True)
        ),
    )


def _described(arguments: str) -> dict[str, str]:
    """Return what `Args:` of a docstring says of each parameter."""
    described: dict[str, str] = {}
    name = ""
    for line in arguments.splitlines():
        if begun := _ARGUMENT.match(line):
            name = begun[1]
            described[name] = begun[2]
        elif name:
            described[name] += f" {line.strip()}"
    return described


def _default(default: ast.expr | None) -> str | bool | None:
    match default:
        case ast.Constant(value=str() | bool() as value):
            return value
    return None


def _kind(annotation: ast.expr | None) -> Any:
    """Return the type that an annotation names: a plain one, one of the forms, or a choice of words."""
    known: Mapping[str, Any] = {"str": str, "bool": bool, **vars(form)}
    match annotation:
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=words):
            return Literal[ast.literal_eval(words)]
    raise TypeError(f"{ast.unparse(annotation) if annotation else 'nothing'} is in no form")
