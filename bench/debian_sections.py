"""A public data set of short titles: Debian's packages, each by its one-line description, to be put in its section.

    apt-get update
    python -m bench.debian_sections --out debian

writes `debian/train` and `debian/test` in our layout from the package index that apt keeps. Binary packages of one
source package are one group, and no group (or text that is nearly the same) is in both folders. A package's own name
and its source's are taken out of the description: they would often be the answer. A description that several sources
share is left out: it is a form that says no more than what kind of part the package is.
"""

import argparse
import csv
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.error import BenchError
from datasets.folder import load_folders
from datasets.split import group_folds, group_ids

LEFT_OUT = frozenset({"debug", "localization", "metapackages", "oldlibs", "tasks"})
"""Sections by what becomes of a package and not by what it is about: any subject is in them."""

SECTIONS = 27
MOST_ROWS = 48_000
MOST_SOURCES = 2
"""Source packages that have one title, at most; more have it from a form."""

TEST_FOLDS = 5
SEED = 7

_FIELD = re.compile(r"^(Package|Source|Section|Description(?:-en)?): *(.*)$", re.MULTILINE)
_EDGES = re.compile(r"^[\s:,;.–-]+|[\s:,;–-]+$")


@dataclass(frozen=True, slots=True)
class Package:
    """One binary package. `title` is its short description without its own names."""

    name: str
    source: str
    section: str
    title: str


def read_index() -> str:
    """The package index that apt keeps, whichever way it is compressed.

    Raises:
        BenchError: there is no apt here, or its index is empty.
    """
    try:
        index = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(f"apt-cache does not work here ({error}): this data set is made on Debian") from error
    if not index.strip():
        raise BenchError("apt's package index is empty: run `apt-get update`")
    return index.decode("utf-8", errors="replace")


def parse(index: str) -> Iterator[Package]:
    """Packages of an index that have section and description, each name once; `contrib/x` is section x."""
    seen = set()
    for stanza in index.split("\n\n"):
        fields = dict(reversed(_FIELD.findall(stanza)))
        description = fields.get("Description") or fields.get("Description-en")
        name, section = fields.get("Package"), fields.get("Section", "").rpartition("/")[2]
        if not (name and section and description) or name in seen:
            continue
        seen.add(name)
        source = (fields.get("Source") or name).split(" ")[0]
        title = without_names(description, (name, source))
        if title:
            yield Package(name, source, section, title)


def without_names(description: str, names: Iterable[str]) -> str:
    """A description without the names, as whole words of any case; "" where nothing else is said."""
    for name in names:
        description = re.sub(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])", " ", description, flags=re.IGNORECASE)
    return _EDGES.sub("", " ".join(description.split()))


def choose(packages: Iterable[Package], *, sections: int = SECTIONS, most: int = MOST_ROWS) -> list[Package]:
    """Packages of the largest sections; of too many, whole source packages drawn by chance, in index order."""
    found = _telling([package for package in packages if package.section not in LEFT_OUT])
    largest = {section for section, _ in Counter(package.section for package in found).most_common(sections)}
    found = [package for package in found if package.section in largest]
    by_source: dict[str, int] = Counter(package.source for package in found)
    sources = list(by_source)
    np.random.default_rng(SEED).shuffle(sources)
    kept, rows = set(), 0
    for source in sources:
        if rows + by_source[source] <= most:
            kept.add(source)
            rows += by_source[source]
    return [package for package in found if package.source in kept]


def _telling(packages: Sequence[Package]) -> list[Package]:
    """Without titles that several sources share: without the name, "Documentation for" is left of many."""
    sources: dict[str, set[str]] = defaultdict(set)
    for package in packages:
        sources[package.title.casefold()].add(package.source)
    return [package for package in packages if len(sources[package.title.casefold()]) <= MOST_SOURCES]


def write_folder(packages: Sequence[Package], folder: Path, *, codes: dict[str, int]) -> None:
    """Write a folder in our layout, without photos; `codes` numbers the sections."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[object]]]] = {
        "X_train_update.csv": (
            ("", "designation", "description", "productid", "imageid"),
            ((row, package.title, "", row + 1, row + 1) for row, package in enumerate(packages)),
        ),
        "Y_train_CVw08PX.csv": (
            ("", "prdtypecode"),
            ((row, codes[package.section]) for row, package in enumerate(packages)),
        ),
        "groups.csv": (("index", "group"), ((row, package.source) for row, package in enumerate(packages))),
        "taxonomy.csv": (("prdtypecode", "name_fr", "name_en"), ((code, name, name) for name, code in codes.items())),
    }
    for name, (header, rows) in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)


def write_data_set(packages: Sequence[Package], out: Path) -> dict[str, int]:
    """Write `out/train` and `out/test`, a fifth; gives the rows of each."""
    codes = {section: code for code, section in enumerate(sorted({p.section for p in packages}), start=1)}
    write_folder(packages, out / "train", codes=codes)
    products = load_folders([out / "train"]).products
    labels = np.array([product.prdtypecode for product in products])
    fold_of = group_folds(labels, group_ids(products), folds=TEST_FOLDS, seed=SEED)
    parts: dict[str, list[Package]] = defaultdict(list)
    for product, fold in zip(products, fold_of, strict=True):
        parts["test" if fold == 0 else "train"].append(packages[product.row])
    for part, chosen in parts.items():
        write_folder(chosen, out / part, codes=codes)
    return {part: len(chosen) for part, chosen in sorted(parts.items())}


def main() -> None:
    """Write the data set, and say how many rows it has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for train and test")
    given = parser.parse_args()
    packages = choose(parse(read_index()))
    for part, rows in write_data_set(packages, given.out).items():
        print(f"{given.out / part}: {rows} rows")
    counts = Counter(package.section for package in packages)
    print(", ".join(f"{section} {rows}" for section, rows in counts.most_common()))


if __name__ == "__main__":
    main()
