"""One mart's own SQL by partitions in worker processes, and on Spark, held to the one-process build by hash.

`python -m tests.bench_partition --lines 10000000 --workers 1 2 --spark`: the trial behind "one shop that outgrows one
machine" in config/deploy/README.md. The lines are invented, in Parquet by channel and month; the SQL is the file of
`marts.sales_daily`, unchanged, for Spark in its dialect by sqlglot. Reading the exports and making the facts is not
part of it. `--spark` needs Java, and puts pyspark into an environment of its own.
"""

import argparse
import multiprocessing
import os
import resource
import subprocess
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

import duckdb

from config.strict import ROOT
from tasks.warehouse.catalog import content_hash

MART_FILE = ROOT / "sql" / "marts" / "sales_daily.sql"
MART = MART_FILE.read_text("utf-8").partition("comment on")[0]
CHANNELS = ("web", "amazon", "tiktok", "wholesale")
LINES = """
    copy (
        select
            ['web', 'amazon', 'tiktok', 'wholesale'][1 + n % 4] as channel,
            date '2024-01-01' + cast(hash(n) % 730 as integer) as business_date,
            strftime(business_date, '%Y-%m') as month,
            if(n % 997 = 0, null, 'SKU-' || (hash(n * 7) % 3000)) as sku,
            'listing-' || (hash(n * 7) % 3000) as channel_sku,
            if(n % 13 = 0, null, 'USD') as currency,
            n % 31 != 0 as is_sale,
            if(n % 53 = 0, 'pending', 'paid') as sale_reason,
            cast(1 + n % 4 as bigint) as quantity_units,
            cast((n % 9000) / 100 as decimal(18, 2)) as gross_amount,
            cast((n % 300) / 100 as decimal(18, 2)) as discount_amount,
            if(n % 4001 = 0, null, cast((n % 8700) / 100 as decimal(18, 2))) as net_amount,
            cast((n % 700) / 100 as decimal(18, 2)) as tax_amount,
            n % 2 = 0 as is_tax_included,
            cast((n % 101) / 100 as decimal(18, 2)) as refunded_amount
        from range({lines}) as numbers(n)
    ) to '{folder}' (format parquet, partition_by (channel, month))
"""
CONTEXT = """
    set threads = 1; set timezone = 'UTC'; set variable rule_version = 'trial';
    create schema core; create schema settings; create schema marts;
    create view core.order_lines as from read_parquet('{files}', hive_partitioning = true);
    create table settings.run as select 'trial' as shop;
    create table settings.channels as
        select unnest(['web', 'amazon', 'tiktok', 'wholesale']) as channel, 'USD' as currency;
"""

SPARK = """
import sys, time
import sqlglot
from pyspark.sql import SparkSession
lines, out, mart, workers = sys.argv[1:]
statement = open(mart).read().partition("comment on")[0].partition("marts.sales_daily as\\n")[2]
statement = statement.rstrip().removesuffix(";").replace("getvariable('rule_version')", "'trial'")
begun = time.monotonic()
spark = (
    SparkSession.builder.master(f"local[{workers}]")
    .config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    .config("spark.driver.bindAddress", "127.0.0.1").config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "8").config("spark.driver.memory", "4g").getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")
for setting in (
    "create database core", "create database settings",
    f"create table core.order_lines using parquet location '{lines}'", "msck repair table core.order_lines",
    "create table settings.run using parquet as select 'trial' as shop",
    "create table settings.channels using parquet as"
    " select explode(array('web', 'amazon', 'tiktok', 'wholesale')) as channel, 'USD' as currency",
):
    spark.sql(setting)
(dialect,) = sqlglot.transpile(statement, read="duckdb", write="spark")
spark.sql(dialect).write.parquet(out)
used = spark._jvm.java.lang.ProcessHandle.current().info().totalCpuDuration().get()
print(time.monotonic() - begun, used.toMillis() / 1000)
"""
SPARK_PACKAGES = ("pyspark>=4,<5", "sqlglot")


def on_spark(lines: Path, folder: Path, workers: int) -> tuple[float, float, str]:
    """Return the wall and CPU seconds of Spark for the mart, with its start, and the content hash."""
    out = folder / f"spark-{workers}"
    if not (folder / "env").exists():
        venv.create(folder / "env", with_pip=True)
        subprocess.run(
            [folder / "env" / "bin" / "pip", "install", "-q", *SPARK_PACKAGES], check=True
        )
    command: list[str | Path] = [
        folder / "env" / "bin" / "python",
        "-c",
        SPARK,
        lines,
        out,
        MART_FILE,
        str(workers),
    ]
    place = folder / f"place-{workers}"  # of its catalog
    place.mkdir()
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Spark failed:\n{done.stderr[-3000:]}")
    wall, cpu = map(float, done.stdout.split()[-2:])
    return wall, cpu, merge(out)


def build(files: str) -> duckdb.DuckDBPyConnection:
    """Return a database in which the mart's own SQL was run over these files, on one thread."""
    con = duckdb.connect()
    con.execute(CONTEXT.format(files=files))
    con.execute(MART)
    return con


def build_partition(job: tuple[str, str]) -> None:
    """Build the mart of one channel and month into a file."""
    files, out = job
    with build(files) as con:
        con.execute(f"copy marts.sales_daily to '{out}' (format parquet)")


def merge(parts: Path) -> str:
    """Put the parts together; return the content hash of the mart."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; set threads = 1; create schema marts")
        con.execute(f"create table marts.sales_daily as from '{parts}/*.parquet'")
        return content_hash(con, "marts.sales_daily")


def used() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, kinds))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--spark", action="store_true", help="also on Spark, on as many cores")
    options = parser.parse_args(arguments)
    print(f"{options.lines:,} lines, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    print("| build | wall s | CPU s | hash |")
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "lines")
        with duckdb.connect() as con:
            con.execute("set threads = 1")
            con.execute(LINES.format(lines=options.lines, folder=lines))
        begun, before = time.monotonic(), used()
        with build(f"{lines}/*/*/*.parquet") as con:
            whole = content_hash(con, "marts.sales_daily")
        print(
            f"| one process | {time.monotonic() - begun:.1f} | {used() - before:.1f} | {whole[:12]} |"
        )
        partitions = sorted({path.parent for path in lines.glob("*/*/*.parquet")})
        for workers in options.workers:
            parts = Path(folder, f"parts-{workers}")
            parts.mkdir()
            jobs = [
                (f"{each}/*.parquet", f"{parts}/{number}.parquet")
                for number, each in enumerate(partitions)
            ]
            begun, before = time.monotonic(), used()
            with multiprocessing.get_context("spawn").Pool(workers) as pool:
                pool.map(build_partition, jobs, chunksize=1)
                pool.close()
                pool.join()
            merged = merge(parts)
            print(f"| {len(jobs)} partitions, {workers} workers | {time.monotonic() - begun:.1f} |"
                  f" {used() - before:.1f} | {merged[:12]} |")  # fmt: skip
            assert merged == whole, "the parts are not the whole"
            if options.spark:
                wall, cpu, merged = on_spark(lines, Path(folder), workers)
                print(f"| Spark, {workers} workers | {wall:.1f} | {cpu:.1f} | {merged[:12]} |")
                assert merged == whole, "Spark comes to other rows"


if __name__ == "__main__":
    main()
