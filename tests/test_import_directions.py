"""The arrows between the rooms stay those of the design."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("datasets", "bundle", "train", "tune", "serve_app", "ui", "bench")
MAY_IMPORT = {
    "datasets": set(),
    "bundle": {"datasets"},
    "train": {"bundle", "datasets"},
    "tune": {"train", "bundle", "datasets"},
    "serve_app": {"bundle", "datasets"},
    "ui": set(),
    "bench": set(ROOMS) | {"rayonnage"},
}


def imported_modules(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    ours = {*ROOMS, "rayonnage"}
    for path in sorted((ROOT / room).rglob("*.py")):
        reached = {name.partition(".")[0] for name in imported_modules(path)} & ours - {room}
        assert reached <= MAY_IMPORT[room], f"{path.relative_to(ROOT)} imports {sorted(reached - MAY_IMPORT[room])}"


def test_serving_code_names_tensorflow_in_the_gpu_runner_only() -> None:
    for room in ("datasets", "bundle", "serve_app", "ui"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if {name.partition(".")[0] for name in imported_modules(path)} & {"tensorflow", "keras"}:
                assert path.name == "keras_runner.py", f"{path.relative_to(ROOT)} imports TensorFlow or Keras"
