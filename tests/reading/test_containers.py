"""Archives give their files, each whole and once; what could harm or mislead is refused."""

import gzip
import io
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.reading import containers
from tasks.reading.containers import members
from tasks.reading.peek import Refused, peek

ORDERS = b"id,total\n1,2.00\n"


def unpacked(path: Path) -> list[tuple[str, str, bytes]]:
    """Return each member: its name, the name of its file, and its bytes."""
    work = path.parent / "work"
    found = [
        (member.name, member.path.name, member.path.read_bytes())
        for member in members(path, peek(path), work)
    ]
    assert not [left for left in work.rglob("*") if left.is_file()]
    return found


def refusal(path: Path) -> str:
    with pytest.raises(Refused, match=path.name) as refused:
        unpacked(path)
    return refused.value.code


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return path


def test_any_other_file_is_its_only_member(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(ORDERS)
    assert unpacked(path) == [("orders.csv", "orders.csv", ORDERS)]
    assert path.exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_gives_its_members_in_their_order(tmp_path: Path, method: int) -> None:
    files = {"b.csv": ORDERS, "deep/er/a.csv": b"x" * 3_000_000, "empty.csv": b""}
    path = zipped(tmp_path / "month.zip", files, method)
    assert unpacked(path) == [
        (f"month.zip/{name}", Path(name).name, content) for name, content in files.items()
    ]


def test_gzip_is_unpacked_under_any_name(tmp_path: Path) -> None:
    for name, inner in {"orders.csv.gz": "orders.csv", "orders.csv": "orders.csv"}.items():
        path = tmp_path / name
        path.write_bytes(gzip.compress(ORDERS) + gzip.compress(b"2,3.00\n"))
        assert unpacked(path) == [(f"{name}/{inner}", inner, ORDERS + b"2,3.00\n")]


def test_members_of_one_name_are_never_taken_for_another(tmp_path: Path) -> None:
    path = zipped(tmp_path / "two.zip", {"us/orders.csv": b"a,b\n", "de/orders.csv": b"c,d\n"})
    seen = [member.path for member in members(path, peek(path), tmp_path / "work")]
    assert [content for _, _, content in unpacked(path)] == [b"a,b\n", b"c,d\n"]
    assert len(set(seen)) == 2


def test_what_systems_add_to_archives_is_passed_over(tmp_path: Path) -> None:
    hidden = ["__MACOSX/._orders.csv", ".DS_Store", "a/.hidden.csv", "~$orders.xlsx", "folder/"]
    path = zipped(tmp_path / "mac.zip", {**dict.fromkeys(hidden, b""), "orders.csv": ORDERS})
    assert [name for name, _, _ in unpacked(path)] == ["mac.zip/orders.csv"]


@pytest.mark.parametrize(
    "name",
    ["../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv", "a/../evil.csv"],
)
def test_a_path_that_leads_out_is_only_a_name(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "x.zip", {name: ORDERS})
    work = tmp_path / "deep" / "work"
    [member] = [
        (member.path.resolve().is_relative_to(work.resolve()), member.path.name)
        for member in members(path, peek(path), work)
    ]
    assert member == (True, "evil.csv")


@pytest.mark.parametrize("name", ["..", "a/..", "x" * 60_000, "é" * 5_000 + ".csv", "new\nline"])
def test_a_name_that_no_file_can_have_is_no_obstacle(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "x.zip", {name: ORDERS})
    assert [content for _, _, content in unpacked(path)] == [ORDERS]


def test_a_password_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"orders.csv": ORDERS})
    content = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    path.write_bytes(content)
    assert refusal(path) == "encrypted_archive"


def broken() -> Iterator[tuple[str, bytes]]:
    packed = gzip.compress(ORDERS * 100)
    yield "gzip cut short", packed[:-20]
    yield "gzip with another sum", packed[:-8] + bytes(4) + packed[-4:]
    yield "gzip with another size", packed[:-1] + b"\x01"
    yield "gzip with a tail", packed + b"tail"
    yield "gzip with damage", packed[:15] + b"\xff\xff" + packed[17:]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", ORDERS * 100)
    content = file.getvalue()
    yield "zip cut short", content[:-30]
    yield "zip without its directory", content[: content.index(b"PK\x01\x02")]
    at = content.index(b"orders.csv") + len("orders.csv") + 5
    yield "zip with damage", content[:at] + b"\xff\xff\xff" + content[at + 3 :]
    at = content.index(b"PK\x01\x02")
    yield "zip of an unknown method", content[: at + 10] + b"\x63" + content[at + 11 :]
    yield "zip of another sum", content[: at + 16] + bytes(4) + content[at + 20 :]
    yield "zip that names another file", content.replace(b"orders.csv", b"0rders.csv", 1)


@pytest.mark.parametrize("content", [pytest.param(each, id=what) for what, each in broken()])
def test_a_broken_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orders"
    path.write_bytes(content)
    assert refusal(path) == "broken_archive"


def test_sizes_that_are_false_are_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"orders.csv": ORDERS * 100})
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02") + 24
    for size in (0, 10, 1 << 30):
        path.write_bytes(content[:at] + struct.pack("<I", size) + content[at + 4 :])
        assert refusal(path) == "broken_archive"


@pytest.mark.parametrize("packed", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, packed: str) -> None:
    path = tmp_path / "orders.bin"
    zeros = bytes(150 << 20)
    if packed == "gzip":
        path.write_bytes(gzip.compress(zeros, 1))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("orders.csv", zeros)
    assert path.stat().st_size < 1 << 20
    assert refusal(path) == "archive_too_large"


def test_many_small_members_are_a_bomb_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_BYTES", 1_000)
    path = zipped(tmp_path / "x.zip", {f"{at}.csv": bytes(200) for at in range(10)})
    assert refusal(path) == "archive_too_large"


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {f"{at}.csv": b"" for at in range(1_001)})
    assert refusal(path) == "archive_too_large"


def test_an_archive_in_an_archive_is_a_member_like_others(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"orders.csv": ORDERS})
    path = zipped(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    assert [name for name, _, _ in unpacked(path)] == ["outer.zip/inner.zip"]
