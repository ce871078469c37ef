"""Every table's cases hold; and the runner says plainly where a case, or a table, is wrong."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from config.errors import FatalError
from config.strict import ROOT
from tasks.warehouse.models import Model, read_models, read_rules
from tests.sql.golden import Case, CaseError, drift, read_cases, read_shared, run

SQL = ROOT / "sql"
HERE = Path(__file__).parent
SHARED = read_shared(HERE / "given")
MODELS = read_models(SQL)
RULES = read_rules(SQL)
MUST_HAVE_CASES = ("core", "marts")


def case_file(model: Model) -> Path:
    return HERE / model.schema / f"{model.name}.md"


CASES = [
    pytest.param(model, case, id=f"{model.table}: {case.sentence}")
    for model in MODELS
    if case_file(model).exists()
    for case in read_cases(case_file(model))
]


@pytest.mark.parametrize(("model", "case"), CASES)
def test_case_holds(model: Model, case: Case) -> None:
    differences = run(case, model, RULES, SHARED, MODELS)
    where = f"{case.path.relative_to(ROOT)}:{case.line}: {case.sentence}"
    assert not differences, "\n".join([where, *differences])


def test_every_fact_and_mart_has_a_case() -> None:
    lacking = [
        f"{model.table} has no case: add {case_file(model).relative_to(ROOT)}."
        for model in MODELS
        if model.schema in MUST_HAVE_CASES and not case_file(model).exists()
    ]
    assert not lacking, "\n".join(lacking)


def test_every_case_file_has_its_table() -> None:
    homes = {case_file(model) for model in MODELS}
    found = [
        path
        for schema in ("core", "ops", "marts", "checks")
        for path in (HERE / schema).glob("*.md")
    ]
    lacking = [
        f"{path.relative_to(ROOT)} is of a table that no file of sql/ builds."
        for path in found
        if path not in homes
    ]
    assert not lacking, "\n".join(lacking)


# The runner itself, on a small model.

SOLD = """\
-- Units sold by SKU.
-- grain:  one row per SKU
-- keys:   sku
-- inputs: core.lines, settings.shop

create or replace table marts.sold as
select
    shop.shop,
    lines.sku,
    cast(sum(lines.units) as bigint) as units,
    max(lines.ordered_at) as last_order_at
from core.lines
cross join settings.shop
where lines.cancelled_at is null
group by all;

comment on column marts.sold.last_order_at is 'Moment of the newest order, UTC';
"""

CASE = """\
What is sold, shown by its edges.

## A cancelled line sells nothing

given settings.shop

| shop |
| ---- |
| demo |

given core.lines

| sku | units | ordered_at          | cancelled_at        |
| --- | ----- | ------------------- | ------------------- |
| a   | 2     | 2026-01-01 23:30:00 |                     |
| a   | 3     | 2026-01-02 08:00:00 |                     |
| b   | 5     | 2026-01-01 10:00:00 | 2026-01-01 10:00:00 |

then

| sku | units | last_order_at       |
| --- | ----- | ------------------- |
| a   | 5     | 2026-01-02 08:00:00 |
"""

SHARED_LINES = """\
Lines as core has them.

| sku | units | ordered_at | cancelled_at | lag_hours decimal(9, 2) |
| --- | ----- | ---------- | ------------ | ----------------------- |
|     | 1     | 2026-01-01 |              |                         |
"""

RunCase = Callable[..., list[str]]


@pytest.fixture
def run_case(tmp_path: Path) -> RunCase:
    """Run one case file against the small model; return its differences."""

    def run_one(case: str, sql: str = SOLD, lines: str | None = None) -> list[str]:
        (tmp_path / "sql/marts").mkdir(parents=True)
        (tmp_path / "given").mkdir()
        (tmp_path / "sql/marts/sold.sql").write_text(sql)
        (tmp_path / "sold.md").write_text(case)
        if lines:
            (tmp_path / "given/core.lines.md").write_text(lines)
        [model] = read_models(tmp_path / "sql")
        [case_read] = read_cases(tmp_path / "sold.md")
        return run(case_read, model, shared=read_shared(tmp_path / "given"))

    return run_one


def test_a_true_case_has_no_difference(run_case: RunCase) -> None:
    assert run_case(CASE) == []


def test_a_false_case_shows_the_rows(run_case: RunCase) -> None:
    assert run_case(CASE.replace("| a   | 5     |", "| a   | 6     |")) == [
        "missing:    | a | 6 | 2026-01-02 08:00:00+00 |",
        "unexpected: | a | 5 | 2026-01-02 08:00:00+00 |",
    ]


def test_rows_count_as_often_as_they_come(run_case: RunCase) -> None:
    twice = CASE + "| a   | 5     | 2026-01-02 08:00:00 |\n"
    assert run_case(twice) == ["missing:    | a | 5 | 2026-01-02 08:00:00+00 |"]


def test_an_empty_cell_is_null(run_case: RunCase) -> None:
    with pytest.raises(FatalError, match=r"promises one row per SKU.*\(None, 1\)"):
        run_case(CASE.replace("| a   | 2 ", "|     | 2 "))


def test_quotes_are_an_empty_text(run_case: RunCase) -> None:
    empty = CASE.replace("| a   | 2 ", "| ''  | 2 ").replace(
        "| a   | 5     | 2026-01-02 08:00:00 |",
        "| a   | 3     | 2026-01-02 08:00:00 |\n| ''  | 2     | 2026-01-01 23:30:00 |",
    )
    assert run_case(empty) == []


def test_a_table_may_be_given_and_expected_without_rows(run_case: RunCase) -> None:
    case = "\n".join(line for line in CASE.splitlines() if not line.startswith(("| a ", "| b ")))
    assert run_case(case) == []


def test_shared_columns_and_defaults_keep_a_case_short(run_case: RunCase) -> None:
    case = CASE[: CASE.index("given core.lines")] + (
        "given core.lines\n\n| sku |\n| --- |\n| a |\n| a |\n\n"
        "then\n\n| sku | units | last_order_at |\n| --- | --- | --- |\n| a | 2 | 2026-01-01 |\n"
    )
    assert run_case(case, lines=SHARED_LINES) == []


def test_a_shared_table_that_is_not_given_is_empty(run_case: RunCase) -> None:
    case = CASE[: CASE.index("given core.lines")] + "then\n\n| sku |\n| --- |\n"
    assert run_case(case, lines=SHARED_LINES) == []


def test_the_naming_law_holds_in_every_case(run_case: RunCase) -> None:
    assert run_case(CASE, SOLD.replace("as bigint", "as integer")) == [
        "units is INTEGER, but its name promises BIGINT"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("given settings.shop", "Given settings.shop", r"sold.md:7: a table must follow `given"),
        ("then\n", "then\n\nthen\n", r"sold.md:19: a table must follow `then`"),
        ("| demo |", "| demo | x |", r"sold.md:9: 1 cells were expected, here are 2"),
        ("| ---- |\n", "", r"sold.md:8: a ruler"),
        ("| a   | 2     | 2026", "| a   | 2.5   | 2026", r"sold.md:15: `2.5` is no BIGINT"),
        ("| a   | 5     |", "| a   | five  |", r"sold.md:23: `five` is no BIGINT"),
        (
            "| sku | units | last",
            "| sku | sold  | last",
            r"sold.md:21: marts.sold has no sold; it",
        ),
        (
            "given settings.shop",
            "given settings.shops",
            r"does not read settings.shops; it",
        ),
        ("\nthen\n", "\n", r"sold.md:20: a table must follow `given"),
        ("| shop |", "| shop txt |", r"sold.md:7: `shop txt`: DuckDB knows no such type"),
        ("| shop |", "| shop |  |", r"each column needs a name"),
        ("given core.lines", "given settings.shop", r"settings.shop is given twice"),
    ],
)
def test_a_slip_is_named_with_its_line(run_case: RunCase, old: str, new: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        run_case(CASE.replace(old, new))


def test_every_input_must_be_given(run_case: RunCase) -> None:
    case = CASE[: CASE.index("given core.lines")] + "then\n\n| sku |\n| --- |\n"
    with pytest.raises(CaseError, match=r"marts\.sold reads core\.lines: say `given core\.lines`"):
        run_case(case)


def test_what_an_input_is_built_from_is_built_too(tmp_path: Path) -> None:
    for schema in ("core", "marts"):
        (tmp_path / schema).mkdir()
    (tmp_path / "marts/sold.sql").write_text(SOLD)
    (tmp_path / "core/lines.sql").write_text(
        "-- Lines.\n-- grain:  one row per SKU\n-- keys:   sku\n-- inputs: valid.lines\n\n"
        "create or replace table core.lines as\nselect sku, cast(2 as bigint) as units,"
        " ordered_at, cast(null as timestamptz) as cancelled_at from valid.lines;\n"
    )
    (tmp_path / "sold.md").write_text(
        "## A line is two units\n\ngiven settings.shop\n\n| shop |\n| --- |\n| demo |\n\n"
        "given valid.lines\n\n| sku | ordered_at |\n| --- | --- |\n| a | 2026-01-01 |\n\n"
        "then\n\n| sku | units |\n| --- | --- |\n| a | 2 |\n"
    )
    lines, sold = read_models(tmp_path)
    [case] = read_cases(tmp_path / "sold.md")
    assert run(case, sold, others=(lines, sold)) == []
    with pytest.raises(CaseError, match=r"marts\.sold does not read valid\.lines"):
        run(case, sold)


def test_a_case_cannot_contradict_the_shared_columns(run_case: RunCase) -> None:
    with pytest.raises(CaseError, match=r"`units integer`: the columns of core\.lines .* are in"):
        run_case(
            CASE.replace("| sku | units | ordered", "| sku | units integer | ordered"),
            lines=SHARED_LINES,
        )


def test_a_file_without_a_case_says_how_to_begin_one(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("Nothing yet.\n")
    with pytest.raises(CaseError, match="begin one with `## A sentence`"):
        read_cases(tmp_path / "x.md")


def test_shared_tables_that_drift_from_the_real_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "core.lines.md").write_text(SHARED_LINES)
    with duckdb.connect() as con:
        con.execute(
            "create schema core; create table core.lines (sku varchar, units integer,"
            " ordered_at timestamptz, cancelled_at timestamptz, channel varchar)"
        )
        found = drift(con, read_shared(tmp_path))
    assert [each.split(": ")[-1].replace(str(tmp_path), "…") for each in found] == [
        "units is BIGINT, in core.lines it is INTEGER",
        "lag_hours is DECIMAL(9,2), in core.lines it is missing",
        "…/core.lines.md lacks channel",
    ]
