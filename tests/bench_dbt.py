"""Every table of a night by the builder and by dbt, from the same SQL: the peer of `make bench --only building`.

`python -m tests.bench_dbt make FOLDER` reads the demo shop once, copies its warehouse for each side and writes dbt's
project from the headers of the SQL files; dbt gets an environment of its own from the package registry. `ours
FOLDER` then builds every table with its keys, what it keeps, the reports it lacks and its comments; with `--rebuild`
also those to which nothing new came. dbt builds every table each time, and tests its keys as we do: unique, not null.
"""

import argparse
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from config.shop import load_shop
from config.strict import ROOT
from tasks.demo.generate import generate
from tasks.warehouse.build import build
from tasks.warehouse.connection import open_warehouse
from tasks.warehouse.models import Model, read_models, read_rules
from tasks.warehouse.versions import VARIABLE
from tests import inprocess

AS_OF = datetime(2026, 11, 24, 6, tzinfo=UTC)
PACKAGES = ("dbt-core>=1.10,<1.11", "dbt-duckdb>=1.9,<1.10")  # dbt 2 is no Python any more
PROJECT = """
name: peer
profile: peer
models: {+materialized: table}
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """
peer:
  target: night
  outputs:
    night: {{type: duckdb, path: '{warehouse}', threads: 2, settings: {{TimeZone: UTC}}}}
"""
OWN_SCHEMA = "{% macro generate_schema_name(custom, node) %}{{ custom }}{% endmacro %}"


def make(folder: Path) -> None:
    """Write everything that both sides start from."""
    data = folder / "data"
    generate(data / "demo", as_of=AS_OF)
    with inprocess.place(data, ROOT / "config" / "shops"):
        night = inprocess.night_of("demo", AS_OF)
        inprocess.read(night)
        inprocess.decide(night, dry_run=True)
        inprocess.publish(night)
        warehouse = shutil.copy(night.shop.folder.warehouse, folder / "dbt.duckdb")
    write_project(folder / "project", read_models(), Path(warehouse))
    venv.create(folder / "env", with_pip=True)
    version = subprocess.run(
        [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    subprocess.run(
        [folder / "env/bin/pip", "install", "-q", *PACKAGES, f"duckdb=={version}"], check=True
    )


def write_project(folder: Path, models: Iterable[Model], warehouse: Path) -> None:
    """Write the models as dbt's: the same statements, the inputs of the header as what each depends on."""
    models = list(models)
    views = {view: tables for model in models for view, tables in model.unions.items()}
    built = {model.table for model in models} | set(views)
    for model in models:
        statement = model.sql.partition(f"create or replace table {model.table} as\n")[2]
        statement = statement.partition("\ncomment on ")[0].rstrip().removesuffix(";")
        depends_on = [name for name in (*model.inputs, *model.unions) if name in built]
        _write_model(folder, model.table, "table", depends_on, statement)
        keys = ", ".join(model.keys)
        no_key = " or ".join(f"{key} is null" for key in model.keys)
        _write(
            folder / "tests" / f"{_name(model.table)}_keys.sql",
            f"select {keys} from {{{{ ref('{_name(model.table)}') }}}}"
            f" group by {keys} having count(*) > 1 or {no_key}",
        )
    for view, tables in views.items():
        union = " union all by name ".join(f"from {table}" for table in tables)
        _write_model(folder, view, "view", tables, union)
    _write(folder / "macros" / "own_schema.sql", OWN_SCHEMA)
    _write(folder / "dbt_project.yml", PROJECT)
    _write(folder / "profiles.yml", PROFILE.format(warehouse=warehouse))


def _write_model(
    folder: Path, table: str, kind: str, depends_on: Iterable[str], statement: str
) -> None:
    schema, _, alias = table.partition(".")
    refs = "".join(f"-- depends_on: {{{{ ref('{_name(name)}') }}}}\n" for name in depends_on)
    config = f"{{{{ config(schema='{schema}', alias='{alias}', materialized='{kind}') }}}}\n"
    _write(folder / "models" / f"{_name(table)}.sql", config + refs + statement)


def _name(table: str) -> str:
    return table.replace(".", "__")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def ours(folder: Path, *, rebuild: bool) -> None:
    """Build every table whose inputs have changed, or every table."""
    os.environ["BACKROOM_DATA"] = str(folder / "data")
    with open_warehouse(load_shop("demo").folder) as con:
        done = build(con, read_models(), read_rules(), rebuild=rebuild)
    print(f"{sum(one.rebuilt for one in done)} of {len(done)} tables built")


def dbt(folder: Path) -> tuple[str, ...]:
    """Return the command with which dbt builds and tests all of it."""
    project = str(folder / "project")
    where = ("--project-dir", project, "--profiles-dir", project)
    return (str(folder / "env" / "bin" / "dbt"), "--quiet", "build", *where)


def differing(folder: Path) -> list[str]:
    """Return the tables that are not dbt's too, in every column that a statement fills."""
    differ = []
    with duckdb.connect() as con:
        con.execute(f"attach '{folder / 'dbt.duckdb'}' as dbt (read_only)")
        con.execute(f"attach '{folder / 'data' / 'demo' / 'warehouse.duckdb'}' as ours (read_only)")
        for model in read_models():
            described = con.execute(f"describe dbt.{model.table}").fetchall()
            columns = ", ".join(f'"{name}"' for name, *_ in described if name != VARIABLE)
            sides = {
                con.execute(
                    f"select count(*), sum(hash({columns})) from {side}.{model.table}"
                ).fetchone()
                for side in ("ours", "dbt")
            }
            if len(sides) > 1:
                differ.append(model.table)
    return differ


def main() -> None:
    """Make both sides, or build one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["make", "ours"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rebuild", action="store_true")
    options = parser.parse_args()
    if options.what == "make":
        make(options.folder)
    else:
        ours(options.folder, rebuild=options.rebuild)


if __name__ == "__main__":
    main()
