"""`rayonnage data check` and `rayonnage data sample`, as a person and as a program call them."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from datasets.bundled import write_sample
from datasets.check import check_folders, plot_counts
from datasets.error import DataError, FolderError

WriteFolder = Callable[..., Path]
ROOT = Path(__file__).parents[2]


def rayonnage(*arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "rayonnage.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)


@pytest.fixture
def listings(write_folder: WriteFolder, photo_bytes: Callable[..., bytes]) -> Path:
    rows = [
        {"designation": "Lampe de bureau en bois", "productid": 11, "imageid": 21, "code": 2060},
        {"designation": "Lampe de bureau, en bois", "productid": 12, "imageid": 22, "code": 2060},
        {"designation": "", "description": "", "productid": 13, "imageid": 23, "code": 10},
        {"designation": "Chaise", "description": "pliante", "productid": 14, "imageid": 24, "code": 1560},
        {"designation": "Banc", "code": None},
    ]
    photos = {(21, 11): photo_bytes(), (23, 13): photo_bytes(), (24, 14): b"broken"}
    return write_folder(rows, photos=photos)


def test_json_is_the_only_thing_on_standard_output_and_has_the_documented_shape(listings: Path) -> None:
    done = rayonnage("data", "check", listings, "--json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["rows"], report["used"]) == (5, 4)
    assert report["categories"] == {"10": 1, "1560": 1, "2060": 2}
    assert [(issue["line"], issue["effect"]) for issue in report["issues"]] == [(5, "part_ignored"), (6, "set_aside")]
    assert report["issues"][0].keys() == {"file", "line", "reason", "effect"}
    assert report["used"] + sum(issue["effect"] == "set_aside" for issue in report["issues"]) == report["rows"]
    assert report["missing"] == {"designation": 1, "description": 3, "text": 1, "photo": 2}
    assert report["broken_photos"] == 1
    assert report["duplicates"] == {"text": 2, "photo": 2}


def test_a_person_sees_names_counts_and_issues_and_gets_a_picture(listings: Path, tmp_path: Path) -> None:
    done = rayonnage("data", "check", listings, "--plot", tmp_path / "counts.png")
    assert done.returncode == 0
    for words in ("Used books", "2060", "broken photos", "X_train_update.csv:6", "4 of 5 rows used, 1 set aside"):
        assert words in done.stdout
    with Image.open(tmp_path / "counts.png") as plot:
        assert plot.format == "PNG"


def test_further_folders_are_checked_with_the_first(listings: Path, write_folder: WriteFolder) -> None:
    other = write_folder([{"productid": 11, "code": 2060}], name="other")
    report = json.loads(rayonnage("data", "check", listings, "--data", other, "--json").stdout)
    assert (report["rows"], report["used"]) == (6, 4)


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
def test_a_folder_that_cannot_be_read_is_one_line_and_exit_code_2(json_flag: list[str], tmp_path: Path) -> None:
    done = rayonnage("data", "check", tmp_path / "absent", *json_flag)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert "no such folder" in line


def test_a_folder_of_which_no_row_can_be_used_is_reported_and_refused(write_folder: WriteFolder) -> None:
    done = rayonnage("data", "check", write_folder([{"code": "dix"}]), "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["issues"][0]["effect"] == "set_aside"
    assert "none of its 1 rows" in done.stderr


def test_a_plot_that_cannot_be_written_says_so(listings: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"counts.png: the plot cannot be written"):
        plot_counts(check_folders([listings]).dataset, tmp_path / "absent" / "counts.png")


def test_both_commands_show_an_example_in_their_help() -> None:
    for command in ("check", "sample"):
        assert f"Example: rayonnage data {command}" in rayonnage("data", command, "--help").stdout


def test_the_sample_is_written_checked_and_written_again(tmp_path: Path) -> None:
    out = tmp_path / "sample"
    done = rayonnage("data", "sample", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    report = check_folders([out])
    assert report.dataset.synthetic
    assert report.dataset.rows == len(report.dataset.products)
    assert write_sample(out) == out


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = rayonnage("data", "sample", "--out", tmp_path)
    assert done.returncode == 2
    assert "is not empty (it holds thesis.txt)" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(FolderError, match="is a file"):
        write_sample(tmp_path / "thesis.txt")
