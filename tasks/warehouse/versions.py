"""The version of the rule that computes a table: a digest of the files that make the rule, never typed."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from config.strict import ROOT
from tasks.warehouse.models import Model, Rule, code, order

VARIABLE = "rule_version"  # SQL says `getvariable('rule_version') as rule_version`
LENGTH = 12

_PLAN = ("tasks/decide/reorders.py", "tasks/decide/reorder_inputs.py")
# What no SQL file builds, and the code or the settings that decide it. A shop's own settings are no rule.
MADE_BY: Mapping[str, tuple[str, ...]] = {
    "ops.backtest": ("tasks/decide/backtest.py", "tasks/decide/reorder_inputs.py"),
    "ops.capped_days": _PLAN,
    "ops.channel_stock": ("tasks/decide/stock.py", "tasks/decide/stock_facts.py"),
    "ops.reorder_plan": _PLAN,
    "ops.reorder_supply": ("tasks/decide/purchases.py", *_PLAN),
    "ops.transfers": _PLAN,
    "settings.buckets": ("config/buckets",),
    "settings.claims": ("config/terms",),
    "settings.countries": ("config/countries.yaml",),
    "settings.country_names": ("config/countries.yaml",),
    "settings.due_dates": ("tasks/rules/working_days.py",),
    "settings.exception_types": ("config/exceptions.yaml",),
    "settings.fee_methods": ("config/terms",),
    "settings.fees": ("config/terms",),
    "settings.kpis": ("config/kpis.yaml",),
    "settings.listing_rules": ("config/listing_rules.yaml",),
    "settings.order_words": ("config/words",),
    "settings.payers": ("config/terms",),
    "settings.payment_limits": ("config/terms",),
    "settings.reports": ("config/reports.yaml",),
    "settings.required_reports": ("config/requirements.yaml",),
    "settings.return_reasons": ("config/return_reasons.yaml",),
    "settings.standards": ("config/standards.yaml",),
}

_MACRO = re.compile(r"^create or replace macro (\w+)\(.*?;$", re.MULTILINE | re.DOTALL)
_CALLED = re.compile(r"\b(\w+)\(")
_IMPORTED = re.compile(r"^from (tasks\.rules\.\w+) import", re.MULTILINE)


def rule_versions(models: Sequence[Model], rules: Iterable[Rule] = ()) -> dict[str, str]:
    """Return the version of the rule behind each table.

    A rule is the SQL of the table and of all that it is built from, the macros they call, and the
    code or settings that decide what no SQL builds. Comments are no part of it.
    """
    macros = {found[1]: found[0] for rule in rules for found in _MACRO.finditer(code(rule.sql))}
    parts: dict[str, frozenset[str]] = {}
    for model in order(models):
        read = (parts[name] for name in model.inputs + model.follows if name in parts)
        parts[model.table] = frozenset(_parts(model, macros)).union(*read)
    return {table: _digest(sorted(found)) for table, found in parts.items()}


def _parts(model: Model, macros: Mapping[str, str]) -> Iterator[str]:
    sql = code(model.sql)
    yield sql
    yield from _called(sql, macros)
    for name in model.inputs:
        for made_by in MADE_BY.get(name, ()):
            yield _files_digest(made_by)


def _called(sql: str, macros: Mapping[str, str]) -> set[str]:
    """Return the macros that `sql` calls, and those that these call."""
    found: set[str] = set()
    waiting = [sql]
    while waiting:
        names = {name for name in _CALLED.findall(waiting.pop()) if name in macros}
        waiting += [macros[name] for name in names if macros[name] not in found]
        found |= {macros[name] for name in names}
    return found


@cache
def _files_digest(path: str) -> str:
    """Return a digest of a file or folder of the project, and of the pure rules that it imports."""
    found: dict[Path, str] = {}
    waiting = sorted((ROOT / path).glob("*.yaml")) or [ROOT / path]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = file.read_text("utf-8")
            waiting += [
                (ROOT / module.replace(".", "/")).with_suffix(".py")
                for module in _IMPORTED.findall(found[file])
            ]
    return _digest(found[file] for file in sorted(found))


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:LENGTH]
