"""The base of every settings model, and the one way a YAML file becomes one."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from config.errors import Exit, FatalError

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"
# libyaml where it is there: ten times as fast, and every process reads a hundred files.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SettingsError(FatalError):
    """A settings file says something that no model knows; names file and key."""

    exit = Exit.SETTINGS


class Strict(BaseModel):
    """Frozen settings that reject unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    renamed: ClassVar[Mapping[str, str]] = {}  # keys of an earlier release, with today's

    @model_validator(mode="before")
    @classmethod
    def _no_old_names(cls, values: Any) -> Any:
        if isinstance(values, dict):
            old = [
                f"`{key}` is now called `{new}`"
                for key, new in cls.renamed.items()
                if key in values
            ]
            if old:
                raise ValueError(f"{'; '.join(old)}: rename it in this file")
        return values

    @classmethod
    def read(cls, path: Path, **also: Any) -> Self:
        """Return the model of the YAML at `path`, `also` added to its top level.

        Raises:
            SettingsError: the file is missing, is not YAML, or has a key or value that the
                model does not accept; every fault of the file is named at once.
        """
        return cls.parse(read_yaml(path), named(path), **also)

    @classmethod
    def parse(cls, values: Any, source: str, **also: Any) -> Self:
        """Return the model of `values`; errors name `source` and the wrong key."""
        if not isinstance(values, dict):
            raise SettingsError(f"{source}: a mapping was expected, it holds {values!r}.")
        try:
            return cls.model_validate({**values, **also})
        except ValidationError as error:
            faults = [f"  {_in_words(fault, cls.model_fields)}" for fault in error.errors()]
            raise SettingsError(f"{source} has a key to fix:\n" + "\n".join(faults)) from error


def _in_words(fault: Any, keys: Iterable[str]) -> str:
    """Return a fault as key and sentence; of a key that is not known, the nearest of the file's own is named."""
    place = ".".join(str(part) for part in fault["loc"]) or "(whole file)"
    says = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        says = "this key is missing"
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(place, keys, n=1)
        says = "there is no such key" + (f"; did you mean {near[0]}?" if near else "")
    return f"{place}: {says}{_quoted(fault['input'])}"


def _quoted(value: Any) -> str:
    """Return what a key says, where it says one thing: of a whole mapping the message names what is wrong."""
    if isinstance(value, dict):
        return ""
    quote = f" (it says {value!r}"
    return f"{quote[:250]}…)" if len(quote) > 250 else f"{quote})"


def read_yaml(path: Path) -> Any:
    """Return what the YAML file at `path` holds.

    Raises:
        SettingsError: the file is missing or is not YAML.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506, a safe one
    except FileNotFoundError as error:
        raise SettingsError(f"{named(path)} is missing.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{named(path)} is not YAML: {error}") from error


def named(path: Path) -> str:
    """Return `path` as a reader of the project would name it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
