"""A damaged, foreign or newer bundle is refused, naming the file and the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from bundle.error import DamagedBundleError
from bundle.verify import verify


def edit_manifest(bundle: Path, **fields: Any) -> None:
    path = bundle / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | fields), "utf-8")


def refusal(bundle: Path) -> DamagedBundleError:
    with pytest.raises(DamagedBundleError) as caught:
        verify(bundle)
    return caught.value


def test_a_whole_bundle_gives_its_manifest(tiny_bundle: Path) -> None:
    manifest = verify(tiny_bundle)
    assert manifest.version == tiny_bundle.name
    assert "image/lite0/model.xml" in manifest.files


@pytest.mark.parametrize("name", ["image/lite0/model.bin", "text/linear/terms.json"])
def test_a_changed_byte_is_found(tiny_copy: Path, name: str) -> None:
    content = bytearray((tiny_copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tiny_copy / name).write_bytes(content)
    error = refusal(tiny_copy)
    assert error.file.endswith(name)
    assert "SHA-256" in error.reason


def test_a_cut_file_is_found_by_its_size(tiny_copy: Path) -> None:
    file = tiny_copy / "image/lite0/model.bin"
    file.write_bytes(file.read_bytes()[:1000])
    assert "has 1000 bytes" in refusal(tiny_copy).reason


def test_a_missing_file_is_named(tiny_copy: Path) -> None:
    (tiny_copy / "image/lite0/model.bin").unlink()
    error = refusal(tiny_copy)
    assert error.file.endswith("image/lite0/model.bin")
    assert error.reason == "is missing"


def test_a_file_that_was_slipped_in_is_refused(tiny_copy: Path) -> None:
    (tiny_copy / "image/lite0/model.keras").write_bytes(b"PK")
    error = refusal(tiny_copy)
    assert error.file.endswith("model.keras")
    assert "not in the manifest" in error.reason


def test_a_link_is_refused(tiny_copy: Path, tmp_path: Path) -> None:
    file = tiny_copy / "text/linear/terms.json"
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    assert "link" in refusal(tiny_copy).reason


def test_a_directory_that_is_no_bundle_is_told_so(tmp_path: Path) -> None:
    assert "is no bundle" in refusal(tmp_path).reason
    assert refusal(tmp_path / "nowhere").reason == "is not there"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'"text"', b"{}", b'{"format": "one"}', b"[" * 100_000]
)
def test_a_manifest_that_is_none_is_refused(tiny_copy: Path, content: bytes) -> None:
    (tiny_copy / "manifest.json").write_bytes(content)
    assert refusal(tiny_copy).file.endswith("manifest.json")


def test_a_half_written_manifest_is_refused(tiny_copy: Path) -> None:
    path = tiny_copy / "manifest.json"
    path.write_bytes(path.read_bytes()[:-200])
    assert "cut" in refusal(tiny_copy).reason


def test_a_newer_format_asks_for_a_newer_program(tiny_copy: Path) -> None:
    edit_manifest(tiny_copy, format=2, surprise=True)
    assert "install a newer one" in refusal(tiny_copy).reason


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"created": "yesterday"}, "created"),
        ({"unknown": 1}, "unknown"),
        ({"categories": []}, "categories"),
        ({"experts": []}, "experts"),
        ({"files": {"../outside": {"sha256": "", "size_bytes": 0}}}, "outside"),
        ({"files": {"/etc/passwd": {"sha256": "", "size_bytes": 0}}}, "/etc/passwd"),
        ({"files": {}}, "text/linear has no files"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(tiny_copy: Path, fields: dict[str, Any], told: str) -> None:
    edit_manifest(tiny_copy, **fields)
    assert told in refusal(tiny_copy).reason


def test_experts_share_the_whole_weight(tiny_copy: Path) -> None:
    experts = json.loads((tiny_copy / "manifest.json").read_text("utf-8"))["experts"]
    experts[0]["weight"] = 0.9
    edit_manifest(tiny_copy, experts=experts)
    assert "add up to 1" in refusal(tiny_copy).reason


def test_refusals_survive_pickling() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(DamagedBundleError("a/b", "is missing")))
    assert str(error) == "a/b: is missing"
