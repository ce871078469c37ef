"""Models of settings as tables of keys: read from their JSON schema, so that pydantic says what they hold."""

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from config.strict import Strict

Schema = Mapping[str, Any]
PLAIN = {
    "boolean": "true or false",
    "integer": "whole number",
    "null": "nothing",
    "number": "number",
    "object": "mapping",
    "string": "text",
}
FORMATS = {"date": "date", "date-time": "date and time"}


@dataclass(frozen=True)
class Key:
    """One key: what it holds, what it is without being said, and what it means."""

    name: str
    type: str
    default: str  # empty: it has to be said
    about: str
    models: tuple[str, ...]  # that it holds, described below


@dataclass(frozen=True)
class Section:
    """One model: the file itself, or what is below a key of it."""

    name: str
    about: str
    keys: tuple[Key, ...]


class WithDefaults(GenerateJsonSchema):
    """pydantic's own, which leaves out the defaults that are made afresh for each model."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        """Return the schema of a field that has a default."""
        made = schema.get("default_factory")
        if made is not None and "default" not in schema:
            default = made({}) if schema.get("default_factory_takes_data") else made()  # type: ignore[call-arg]
            schema = {**schema, "default": default}
        return super().default_schema(schema)


def sections(model: type[Strict], unsaid: Set[str] = frozenset()) -> tuple[Section, ...]:
    """Return the model and those nested in it, each once; `unsaid` are fields that no file holds."""
    schema = model.model_json_schema(schema_generator=WithDefaults)
    nested = schema.get("$defs", {})
    own = Section(model.__name__, _about(schema), tuple(_keys(schema, unsaid)))
    return (
        own,
        *(Section(name, _about(each), tuple(_keys(each))) for name, each in sorted(nested.items())),
    )


def _about(schema: Schema) -> str:
    return " ".join(schema.get("description", "").split())


def _keys(schema: Schema, unsaid: Set[str] = frozenset()) -> Iterator[Key]:
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        if name not in unsaid:
            yield Key(
                name=name,
                type=type_of(each),
                default="" if name in required else _default(each),
                about=_about(each),
                models=tuple(dict.fromkeys(_models(each))),
            )


def type_of(schema: Schema) -> str:
    """Return what a key holds, in words."""
    if "$ref" in schema:
        return _named(schema["$ref"])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _one_of(options)
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = schema.get("type", "")
    if kind == "array":
        return _list(schema)
    if kind == "object" and (held := _held(schema)):
        return f"mapping of names, each to {type_of(held)}"
    return f"{FORMATS.get(schema.get('format', ''), PLAIN.get(kind, 'anything'))}{_limits(schema)}"


def _one_of(options: list[Schema]) -> str:
    by_type = {option.get("type"): option for option in options}
    if {"number", "string"} <= by_type.keys():  # a decimal, which may be written as text
        options = [each for each in options if each.get("type") != "string"]
    kinds = [type_of(option) for option in options if option.get("type") != "null"]
    return " or ".join(kinds + (["nothing"] if "null" in by_type else []))


def _held(schema: Schema) -> Schema | None:
    """Return the schema of a mapping's values, if it says one."""
    by_form = list(schema.get("patternProperties", {}).values())
    held = schema.get("additionalProperties") or (by_form[0] if by_form else None)
    return held if isinstance(held, dict) else None


def _list(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"list of {len(schema['prefixItems'])}: {', '.join(map(type_of, schema['prefixItems']))}"
    at_least = f", at least {schema['minItems']}" if schema.get("minItems") else ""
    return f"list of {type_of(schema.get('items', {}))}{at_least}"


def _limits(schema: Schema) -> str:
    words = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
        "pattern": "of the form `{}`",
    }
    limits = [text.format(_figure(schema[key])) for key, text in words.items() if key in schema]
    return f", {' and '.join(limits)}" if limits else ""


def _figure(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _default(schema: Schema) -> str:
    value = schema.get("default")
    if value is None:
        return "nothing"
    if value in ([], {}, ""):
        return "empty"
    if "$ref" in schema:
        return "its own defaults"
    if isinstance(value, list) and not any(isinstance(each, dict) for each in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(_said(value), ensure_ascii=False)


def _said(value: Any) -> Any:
    """Return a default without the keys that say nothing."""
    if isinstance(value, list):
        return [_said(each) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if each is not None}
    return value


def _models(schema: Any) -> Iterator[str]:
    """Yield every model that a key's schema points to."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield _named(schema["$ref"])
        for key, each in schema.items():
            if key != "default":
                yield from _models(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _models(each)


def _named(reference: str) -> str:
    return reference.rpartition("/")[2]
