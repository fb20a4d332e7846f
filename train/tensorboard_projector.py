"""The embeddings projector: held-out listings as points, each where the model's probabilities put it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bundle.manifest import CategoryEntry
from train.run_record import write_whole

POINTS = 2_000
"""As many as the page turns smoothly."""

LONGEST_TITLE = 80
FOLDER = "projector"


def write_projector(
    directory: Path,
    probabilities: np.ndarray,
    class_index: np.ndarray,
    categories: Sequence[CategoryEntry],
    *,
    titles: Sequence[str] | None = None,
    seed: int = 0,
) -> None:
    """Write vectors, their categories and the projector's configuration beside a run's event files.

    A point is the square root of the probabilities: the distance of two of them is then Hellinger's, which tells sure
    answers from doubtful ones better than the plain distance does.

    Args:
        directory: of the run.
        probabilities: (n, categories) float, of rows the model never saw; class_index: (n,) int, the true column.
        titles: of the n rows, to show beside the categories, cut to 80 characters; None shows none.
        seed: of the sample, where there are more rows than can be turned smoothly.
    Raises:
        RunError: the files cannot be written.
    """
    places = np.arange(len(probabilities))
    if len(places) > POINTS:
        places = np.sort(np.random.default_rng(seed).choice(places, POINTS, replace=False))
    names = [_cell(f"{category.prdtypecode} {category.name_en or category.name_fr}") for category in categories]
    predicted = probabilities.argmax(axis=1)
    header = ["category", "predicted", "right"] + (["title"] if titles is not None else [])
    lines = ["\t".join(header)]
    for place in places.tolist():
        true, answer = class_index[place], predicted[place]
        cells = [names[true], names[answer], "yes" if true == answer else "no"]
        lines.append("\t".join([*cells, _cell(titles[place])[:LONGEST_TITLE]] if titles is not None else cells))
    vectors = np.sqrt(probabilities[places])
    rows = "".join("\t".join(f"{value:.4f}" for value in vector) + "\n" for vector in vectors)
    folder = directory / FOLDER
    write_whole(folder / "vectors.tsv", rows.encode())
    write_whole(folder / "metadata.tsv", ("\n".join(lines) + "\n").encode())
    write_whole(directory / "projector_config.pbtxt", _config(vectors.shape).encode())


def _config(shape: tuple[int, ...]) -> str:
    return (
        "embeddings {\n"
        '  tensor_name: "held-out probabilities"\n'
        f"  tensor_shape: {shape[0]}\n  tensor_shape: {shape[1]}\n"
        f'  tensor_path: "{FOLDER}/vectors.tsv"\n'
        f'  metadata_path: "{FOLDER}/metadata.tsv"\n'
        "}\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.split())
