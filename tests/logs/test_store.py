"""Which folders are read, and what is said of the others."""

from pathlib import Path

import pytest

from slo_core.errors import SloError
from slo_core.logs.store import open_store


def a_file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_an_unknown_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "requests").mkdir()
    (tmp_path / "version").write_text("7\n")
    with pytest.raises(SloError, match=r"version says version '7': this program reads version 1"):
        open_store(tmp_path)


def test_a_folder_without_a_version_is_plain_parquet(tmp_path: Path) -> None:
    (tmp_path / "requests").mkdir()
    assert open_store(tmp_path).root == tmp_path


def test_a_version_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "requests").mkdir()
    (tmp_path / "version").mkdir()
    with pytest.raises(SloError, match=r"version cannot be read .*: expected a file that says '1'"):
        open_store(tmp_path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.write_text(""), "is a file: expected a folder"),
        (lambda path: path.mkdir(), "holds none of the tables"),
    ],
    ids=["missing", "a file", "without tables"],
)
def test_what_is_no_data_folder_is_told_in_one_sentence(
    tmp_path: Path, make: object, sentence: str
) -> None:
    make(tmp_path / "data")  # type: ignore[operator]
    with pytest.raises(SloError, match=sentence):
        open_store(tmp_path / "data")


@pytest.mark.parametrize(
    ("scenario", "is_sample"),
    [
        (b'{"sample": true, "complete": true}', True),
        (b'{"sample": true, "complete": false}', True),  # its writer was killed
        (b'{"sample": false}', False),
        (b'{"name": "our load test"}', False),  # somebody else's scenario
        (b'["sample"]', False),
        (b"{", False),
        (b"\xff", False),
        (None, False),
    ],
)
def test_sample_data_is_what_says_so_itself(
    tmp_path: Path, scenario: bytes | None, is_sample: bool
) -> None:
    a_file(tmp_path / "requests/date=2025-03-31/ours.parquet")
    if scenario is not None:
        (tmp_path / "scenario.json").write_bytes(scenario)
    assert open_store(tmp_path).is_sample is is_sample


def test_files_are_listed_by_the_date_of_their_folder(tmp_path: Path) -> None:
    kept = a_file(tmp_path / "requests" / "date=2025-03-31" / "b.parquet")
    for passed_over in ("_SUCCESS", ".b.parquet.crc", "notes.txt", ".hidden.parquet"):
        a_file(kept.with_name(passed_over))
    listing = open_store(tmp_path).listing("requests")
    assert [file.path for files in listing.files.values() for file in files] == [kept]
    assert listing.problems == ()


@pytest.mark.parametrize(
    "place",
    [
        "part.parquet",
        "day=2025-03-31/part.parquet",
        "date=2025-02-30/part.parquet",
        "year=2025/month=03/part.parquet",
        "date=2025-03-31/hour=12/part.parquet",
        "date=2025-03-31/spark.parquet/part.parquet",
    ],
)
def test_a_file_outside_a_date_folder_is_a_problem(tmp_path: Path, place: str) -> None:
    a_file(tmp_path / "requests" / place)
    listing = open_store(tmp_path).listing("requests")
    assert listing.files == {}
    [problem] = listing.problems
    assert problem.file == f"requests/{place}"
    assert "outside a date folder" in problem.reason


def test_files_inside_and_below_a_date_folder_are_told_apart(tmp_path: Path) -> None:
    counted = a_file(tmp_path / "requests" / "date=2025-03-31" / "a.parquet")
    a_file(counted.with_name("hour=12") / "b.parquet")
    listing = open_store(tmp_path).listing("requests")
    assert [file.path for files in listing.files.values() for file in files] == [counted]
    [problem] = listing.problems
    assert problem.file == "requests/date=2025-03-31/hour=12/b.parquet"


def test_a_link_to_a_file_that_is_gone_is_passed_over(tmp_path: Path) -> None:
    counted = a_file(tmp_path / "requests" / "date=2025-03-31" / "a.parquet")
    counted.with_name("b.parquet").symlink_to(tmp_path / "gone.parquet")
    listing = open_store(tmp_path).listing("requests")
    assert [file.path for files in listing.files.values() for file in files] == [counted]
