"""Every flow runs by hand, alone and on a shop to which nothing has come; a command says how it ended."""

import fcntl
import io
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.errors import Exit
from config.strict import ROOT
from flows.desk.cli import main, parser
from flows.desk.signature import signatures
from tasks.run.server import local_server
from tests.nights.night import backroom, environment
from tests.small_marts import SHOP as SMALL

SHOP = f"{SMALL}  support: {{owner: ann@corner.example}}\n"
KEY = "0" * 64
WHO = ("--who", "ann", "--why", "to see")
ALONE = [
    name
    for name, flow in signatures().items()
    if all(each.form or each.default is not None for each in flow.parameters if each.name != "shop")
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A room with the shop file and the empty inbox of a shop, and one server for all its flows."""
    room = tmp_path_factory.mktemp("corner")
    (room / "shops").mkdir()
    (room / "shops" / "corner.yaml").write_text(SHOP, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, local_server(room / "prefect"):
        patch.setenv("BACKROOM_SHOPS", str(room / "shops"))
        yield room


@pytest.fixture
def data(room: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the shop, to which nothing has come."""
    (tmp_path / "corner" / "inbox").mkdir(parents=True)
    monkeypatch.setenv("BACKROOM_DATA", str(tmp_path))
    return tmp_path


def test_every_flow_is_a_command_that_asks_for_what_the_flow_needs() -> None:
    for name, flow in signatures().items():
        asked = {each.name for each in flow.parameters if each.default is None and not each.form}
        assert "shop" not in asked, name
        assert asked or name in ALONE, f"{name} asks for nothing and has no moment"


@pytest.mark.parametrize("flow", ALONE)
def test_a_flow_runs_alone_before_anything_has_come(
    flow: str, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main([flow, "--shop", "corner"])
    words = capfd.readouterr().err
    assert code == Exit.DONE, words
    if flow in ("sync_stock", "plan_reorders", "reconcile_payouts", "build_marts"):
        assert "no file has been read yet: backroom ingest --shop corner reads them" in words


def test_a_person_decides_on_the_command_line(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    review = ["--sop", "finance", "--outcome", "kept", "--who", "ann", "--notes", "it is right"]
    assert main(["record_sop_review", *review, "--shop", "corner"]) == Exit.DONE
    assert "the review of finance is kept" in capfd.readouterr().err
    forget = ["forget_customer", "--customer", KEY, *WHO, "--shop", "corner"]
    assert main(forget) == Exit.DONE
    assert "forgotten: 0 readings blanked" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["acknowledge_alert", "--alert", "x"], "corner has no alert 'x'"),
        (["resolve_exception", "--exception", "0" * 20], "There is no exception '00000"),
        (["order_purchases", "--supplier", "x"], "ann"),
        (
            ["approve_purchase_orders", "--supplier", "x", "--decision", "reject"],
            "No line of supplier 'x' waits for approval.",
        ),
    ],
)
def test_what_a_person_has_to_put_right_ends_with_4(
    arguments: list[str], says: str, data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main([*arguments, *WHO, "--shop", "corner"])
    words = capfd.readouterr().err
    assert (code, says in words) == (Exit.PERSON, True), words


def test_what_cannot_be_asked_for_ends_with_2(
    data: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["sync_stock", "--as-of", "2999-01-01T02:00", "--shop", "corner"])
    words = capfd.readouterr().err
    assert (code, "is in the future" in words) == (Exit.USAGE, True), words


def test_what_a_person_may_not_write_is_refused_before_anything_keeps_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "resolve_exception",
                "--exception",
                "0" * 20,
                "--who",
                "ann",
                "--why",
                "for joe@buyer.example",
            ]
        )
    assert ended.value.code == Exit.USAGE
    words = capsys.readouterr().err
    assert "leave out e-mail addresses" in words
    assert "joe@buyer.example" not in words


# The real command, ended before it starts a server.


def test_a_query_before_any_night_ends_with_4(room: Path, data: Path) -> None:
    done = backroom(
        "query", "select 1", "--shop", "corner", data=data, shops=room / "shops", check=False
    )
    assert (done.returncode, "no published marts yet" in done.stderr) == (Exit.PERSON, True)


def test_a_server_that_another_command_runs_ends_with_5(room: Path, data: Path) -> None:
    home = data / "corner" / "prefect"
    home.mkdir()
    with (home / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = backroom("ingest", "--shop", "corner", data=data, shops=room / "shops", check=False)
    assert (done.returncode, "Another command runs" in done.stderr) == (Exit.LATER, True)


def test_a_shop_file_with_a_slip_ends_with_3(data: Path, tmp_path: Path) -> None:
    (tmp_path / "slip.yaml").write_text(f"{SHOP}curency: GBP\n", encoding="utf-8")
    done = backroom("nightly", "--shop", "slip", data=data, shops=tmp_path, check=False)
    assert (done.returncode, "curency" in done.stderr) == (Exit.SETTINGS, True)


def test_a_command_that_is_none_ends_with_2(room: Path, data: Path) -> None:
    done = backroom("nihgtly", data=data, shops=room / "shops", check=False)
    assert done.returncode == Exit.USAGE
    assert "Did you mean nightly? `backroom --help` lists them." in done.stderr
    assert "weekly_review" not in done.stderr, "the nearest, not every one"


def test_an_option_that_is_none_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["nightly", "--shpo", "demo"])
    assert "it does not take --shpo demo. Did you mean --shop?" in capsys.readouterr().err


def test_an_error_that_nobody_foresaw_ends_with_1(room: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where the data folder should be", encoding="utf-8")
    shops = room / "shops"
    done = backroom("nightly", "--shop", "corner", data=tmp_path / "file", shops=shops, check=False)
    assert (done.returncode, "NotADirectoryError" in done.stderr) == (Exit.FAILED, True)


def test_a_command_that_is_stopped_by_ctrl_c_ends_with_130(room: Path, data: Path) -> None:
    started = subprocess.Popen(
        [sys.executable, "-u", "-m", "flows.desk.cli", "ingest", "--shop", "corner"],
        cwd=ROOT, env=environment(data, room / "shops"), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
        # A test that was started in the background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert started.stdout is not None
    first = started.stdout.readline()
    started.send_signal(signal.SIGINT)
    words, _ = started.communicate(timeout=120)
    assert started.returncode == Exit.STOPPED, first + words
    assert "Run it again: nothing is lost or doubled." in words
    assert main(["ingest", "--shop", "corner"]) == Exit.DONE


def test_the_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == Exit.DONE
    shown = capsys.readouterr().out.partition("exit codes:")[2]
    codes = re.findall(r"^  (\d+) ", shown, re.MULTILINE)
    assert codes == [str(int(code)) for code in Exit]


def test_every_command_says_what_it_does_and_what_each_option_means() -> None:
    for name, command in parser()[1].items():
        assert command.description, name
        options = command._actions  # argparse has no other way to them
        assert [each.dest for each in options if not each.help] == [], name


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("up --port 99999", "'99999' is not a whole number from 1 to 65535"),
        ("demo --days 0", "'0' is not a whole number of at least 1"),
        ("demo --orders-per-day -4", "'-4' is not a whole number of at least 1"),
        ("restore --shop corner nowhere.tar", "There is no file nowhere.tar."),
        ("worker", "set PREFECT_API_URL"),
        ("customer-key --shop corner", "nothing was typed"),
    ],
)
def test_what_no_command_can_do_is_said_in_a_sentence(
    command: str,
    says: str,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    try:
        code = main(command.split())
    except SystemExit as ended:
        code = int(ended.code or 0)
    words = capsys.readouterr().err
    assert (code, says in words) == (Exit.USAGE, True), words


def test_a_folder_that_cannot_be_written_is_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file := data / "file").touch()
    assert main(["demo", "--days", "1", "--into", str(file / "below")]) == Exit.PERSON
    assert f"{file / 'below'}: Not a directory. Fix the path" in capsys.readouterr().err


def test_up_serves_the_shops_there_are_and_no_demo_where_there_is_none(
    room: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    served: list[str] = []
    monkeypatch.setattr(
        "flows.desk.deployments.serve_all",
        lambda shops, **_: served.extend(shop.name for shop in shops),
    )
    assert main(["up"]) == Exit.DONE
    assert served == ["corner"]
    assert not (data / "demo").exists()
    monkeypatch.setenv("BACKROOM_SHOPS", str(data))
    assert main(["up"]) == Exit.PERSON
    assert "There is no shop file in" in capfd.readouterr().err
