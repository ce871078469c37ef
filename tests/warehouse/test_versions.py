"""The version of a rule follows from what makes the rule, and from nothing else."""

import re
from pathlib import Path

import pytest

from config.strict import ROOT
from tasks.warehouse import versions
from tasks.warehouse.models import read_models, read_rules
from tasks.warehouse.versions import MADE_BY, rule_versions

SQL = """\
-- What {table} holds.
-- grain:  one row per id
-- keys:   id
-- inputs: {inputs}

create or replace table {table} as
select id, {figure} as n, getvariable('rule_version') as rule_version from {inputs};
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two tables in a row, one beside them, and two macros of which one calls the other."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/twice.sql").write_text(
        "create or replace macro twice(x) as x * 2;\n\n"
        "create or replace macro four_times(x) as\ntwice(twice(x));\n"
    )
    write(tmp_path, "core.a", "valid.a", "id")
    write(tmp_path, "marts.b", "core.a", "four_times(n)")
    write(tmp_path, "marts.c", "valid.a", "id + 1")
    return tmp_path


def write(root: Path, table: str, inputs: str, figure: str) -> None:
    path = root / f"{table.replace('.', '/')}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SQL.format(table=table, inputs=inputs, figure=figure))


def of(root: Path) -> dict[str, str]:
    return rule_versions(read_models(root), read_rules(root))


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {table for table in before if before[table] != after[table]}


def test_the_same_files_give_the_same_version(root: Path) -> None:
    assert of(root) == of(root)
    assert all(re.fullmatch(r"[0-9a-f]{12}", version) for version in of(root).values())


def test_changed_sql_changes_what_is_built_from_it_and_nothing_else(root: Path) -> None:
    before = of(root)
    write(root, "core.a", "valid.a", "id + 2")
    assert changed(before, of(root)) == {"core.a", "marts.b"}


def test_a_changed_macro_changes_what_calls_it_through_another(root: Path) -> None:
    before = of(root)
    path = root / "rules/twice.sql"
    path.write_text(path.read_text().replace("x * 2", "x + x"))
    assert changed(before, of(root)) == {"marts.b"}


def test_a_comment_is_no_part_of_a_rule(root: Path) -> None:
    before = of(root)
    path = root / "core/a.sql"
    path.write_text(f"{path.read_text()}\n-- why\ncomment on column core.a.n is 'Number';\n")
    assert changed(before, of(root)) == set()


def test_code_that_decides_a_table_is_part_of_its_rule(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "tasks/rules"
    code.mkdir(parents=True)
    (code / "plan.py").write_text("from tasks.rules.demand import mean\n")
    (code / "demand.py").write_text("LIMIT = 1\n")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    monkeypatch.setattr(versions, "MADE_BY", {"ops.plan": ("tasks/rules/plan.py",)})
    write(root, "marts.d", "ops.plan", "n")
    before = of(root)
    (code / "demand.py").write_text("LIMIT = 2\n")
    versions._files_digest.cache_clear()
    assert changed(before, of(root)) == {"marts.d"}


def test_no_version_is_typed() -> None:
    typed = [
        f"{path.relative_to(ROOT)}: {line}"
        for path in sorted(ROOT.glob("sql/*/*.sql"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"\brule_version\b", line)
        and not line.startswith(("comment on", "--"))
        and "getvariable('rule_version') as rule_version" not in line
        and "counted.export_version as rule_version" not in line  # the digest of its mapping
    ]
    assert not typed


def test_what_decides_a_table_that_no_sql_builds_is_named_and_there() -> None:
    models = read_models()
    built = {model.table for model in models}
    read = {name for model in models for name in model.inputs} - built
    assert {name for name in read if name.startswith("ops.")} <= MADE_BY.keys() <= read
    assert all((ROOT / path).exists() for paths in MADE_BY.values() for path in paths)
