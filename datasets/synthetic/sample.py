"""Plans the rows of the sample, then writes the folder in Rakuten's layout."""

import csv
import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets.progress import Progress, silent
from datasets.synthetic import drawing, photo, text
from datasets.synthetic.framing import framing
from datasets.synthetic.lexicon import Lexicon, read_lexicons
from datasets.synthetic.licences import SYNTHETIC, readme
from datasets.synthetic.pictures import Motif, Pictures, read_motifs

FEWEST = 400
WITHOUT_DESCRIPTION = 0.35
PHOTO_ONLY = 0.2
MISLEADING = 0.05
MISPLACED = 0.05
"""Listings that their seller put on a neighbouring shelf: every marketplace has some, and no model can know them."""

# Rows of each category among the challenge's 84,916, and how often (in percent) a listing of it has no description.
SHELVES = {
    10: (3116, 80), 40: (2508, 60), 50: (1681, 25), 60: (832, 20), 1140: (2671, 55), 1160: (3953, 85),
    1180: (764, 80), 1280: (4870, 25), 1281: (2070, 30), 1300: (5045, 30), 1301: (807, 15), 1302: (2491, 10),
    1320: (3241, 30), 1560: (5073, 10), 1920: (4303, 10), 1940: (803, 10), 2060: (4993, 10), 2220: (824, 10),
    2280: (4760, 90), 2403: (4774, 90), 2462: (1421, 90), 2522: (4989, 20), 2582: (2589, 10), 2583: (10209, 10),
    2585: (2496, 10), 2705: (2761, 30), 2905: (872, 5),
}  # fmt: skip

NEIGHBOURS = (
    (10, 2403, 2705, 2280), (40, 50, 60, 2462), (2462, 2905, 40), (1140, 1160, 1180, 1280), (1280, 1281, 1302, 1301),
    (1280, 1300, 1302), (1301, 1320, 1280), (1560, 1920, 2060, 2582), (1560, 1320, 1940), (2060, 2220, 2522),
    (2582, 2583, 2585),
)  # fmt: skip
"""Shelves whose things are taken for each other's."""


@dataclass(slots=True)
class Row:
    """One listing to be.

    Attributes:
        thing: the lexicon line, or "" for a listing that is a photo only.
        origin: the category whose words and pictures it is told in: a neighbour's where the listing is misplaced.
        motif: what its photo shows, or None.
        group: lexicon entry or motif behind it, with the code of its origin.
    """

    prdtypecode: int
    group: str
    origin: int
    thing: str = ""
    motif: Motif | None = None
    described: bool = True
    designation: str = ""
    description: str = ""
    productid: int = 0
    imageid: int = 0
    photo: bytes = field(default=b"", repr=False)


def make_sample(
    out: Path,
    *,
    seed: int,
    rows: int,
    photos: int,
    unlabelled: int,
    pictures: Pictures | None = None,
    progress: Progress = silent,
) -> None:
    """Write a sample folder: the same arguments, lexicon and pictures give the same files.

    Args:
        out: folder to write, made when missing; files in it are written over.
        rows: labelled listings in all; at least `FEWEST` a category where that fits.
        photos: how many of them have a photo, one in five of these no text.
        unlabelled: listings without label, each with a photo.
    Raises:
        FolderError: a package of pictures is missing, or a lexicon file is faulty.
    """
    motifs = read_motifs()
    if photos or unlabelled:
        pictures = pictures or Pictures()
        pictures.check()
    labelled, pool = write_listings(seed=seed, rows=rows, photos=photos, unlabelled=unlabelled)
    for index, row in enumerate(labelled + pool):
        if row.motif is not None and pictures is not None:
            row.photo = take_photo(row, motifs, pictures, random.Random(f"{seed} photo {index}"))
        progress("sample", index + 1, rows + unlabelled)
    write_folder(out, labelled, pool)
    (out / "SYNTHETIC").write_text(SYNTHETIC, "utf-8")
    if pictures is not None:
        shown = [motif for those in motifs.values() for motif in those]
        shown += [Motif("emoji", name, ()) for name in drawing.COVER_MOTIFS]
        shown += [Motif("room", name, ()) for name in drawing.COVER_PIECES]
        made_by = f"--seed {seed} --rows {rows} --photos {photos} --unlabelled {unlabelled}"
        (out / "README.md").write_text(readme(f"--out datasets/sample {made_by}", shown), "utf-8")


def write_listings(*, seed: int, rows: int, photos: int, unlabelled: int) -> tuple[list[Row], list[Row]]:
    """The labelled rows and the unlabelled pool, with ids and texts but without their photos."""
    lexicons, motifs = read_lexicons(), read_motifs()
    labelled = plan(lexicons, motifs, random.Random(f"{seed} labelled"), rows=rows, photos=photos)
    pool = plan(lexicons, motifs, random.Random(f"{seed} pool"), rows=unlabelled, photos=unlabelled, photo_only=0)
    everything = labelled + pool
    numbers = random.Random(f"{seed} ids").sample(range(10_000_000, 4_000_000_000), 2 * len(everything))
    for index, row in enumerate(everything):
        row.productid, row.imageid = numbers[2 * index], numbers[2 * index + 1]
        write_text(row, lexicons[row.origin], random.Random(f"{seed} text {index}"))
    return labelled, pool


def plan(
    lexicons: dict[int, Lexicon],
    motifs: dict[int, list[Motif]],
    rng: random.Random,
    *,
    rows: int,
    photos: int,
    photo_only: float = PHOTO_ONLY,
) -> list[Row]:
    """Which thing and which motif each row is about, shuffled.

    Things shown in photos and things told in words alone are different ones, so that a motif and its things make one
    group and every other thing makes its own.
    """
    codes = sorted(lexicons)
    planned: list[Row] = []
    per_code = spread(rows, [SHELVES[c][0] for c in codes], least=min(FEWEST, rows // len(codes)))
    per_code_photos = spread(photos, per_code, least=photos // len(codes) * 3 // 4)
    for code, count, shown in zip(codes, per_code, per_code_photos, strict=True):
        planned += plan_shelf(lexicons[code], motifs.get(code, []), rng, count, min(shown, count), photo_only)
    for row in planned:
        if rng.random() < MISPLACED:
            _misplace(row, codes, rng)
    rng.shuffle(planned)
    worded = [row for row in planned if row.thing]
    worded.sort(key=lambda row: rng.random() / SHELVES[row.prdtypecode][1])
    silent_rows = max(0, round(WITHOUT_DESCRIPTION * rows) - (len(planned) - len(worded)))
    for row in worded[:silent_rows]:
        row.described = False
    return planned


def plan_shelf(
    lexicon: Lexicon, motifs: Sequence[Motif], rng: random.Random, count: int, shown: int, photo_only: float
) -> list[Row]:
    """Rows of one category: `shown` of `count` with a photo."""
    things = list(lexicon.things)
    rng.shuffle(things)
    share = shown / count if count else 0
    cut = round(len(things) * share) if motifs else 0
    code, rows = lexicon.prdtypecode, []
    told = _draw(things[cut:], count - shown, rng)
    rows += [Row(code, f"{code} {slug(thing)}", code, thing=thing) for thing in told]
    by_motif = _tie(things[:cut], motifs, rng)
    mute = round(shown * photo_only)
    for place, motif in enumerate(_draw(list(motifs), mute, rng)):
        rows.append(Row(code, _group(code, motif, f"{motif} {place}"), code, motif=motif, described=False))
    for thing in _draw(things[:cut], shown - mute, rng):
        rows.append(Row(code, _group(code, by_motif[thing], thing), code, thing=thing, motif=by_motif[thing]))
    return rows


def _misplace(row: Row, codes: Sequence[int], rng: random.Random) -> None:
    """Put the listing on a neighbouring shelf, as a seller does who takes one for the other."""
    around = {code for shelves in NEIGHBOURS if row.origin in shelves for code in shelves}
    others = sorted(around & set(codes) - {row.origin})
    if others:
        row.prdtypecode = rng.choice(others)


def _group(code: int, motif: Motif, otherwise: str) -> str:
    """A packaged picture holds its rows together; a drawn one comes out new each time and holds nothing."""
    return f"{code} {slug(otherwise if motif.source == 'draw' else str(motif))}"


def write_text(row: Row, lexicon: Lexicon, rng: random.Random) -> None:
    """Fill in the designation and the description."""
    if not row.thing:
        return
    thing = lexicon.say(row.thing, rng)
    row.designation = text.title(lexicon, thing, rng)
    if row.described:
        row.description = text.description(lexicon, thing, rng)


def take_photo(row: Row, motifs: dict[int, list[Motif]], pictures: Pictures, rng: random.Random) -> bytes:
    """The row's photo as JPEG; a few show something that belongs on another shelf."""
    shown = row.motif
    assert shown is not None
    if rng.random() < MISLEADING:
        shown = rng.choice(motifs[rng.choice(sorted(motifs))])
    beside = rng.choice(motifs[row.origin]) if rng.random() < 0.12 else None
    second = pictures.open(beside, rng) if beside else None
    composed = photo.compose(
        pictures.open(shown, rng),
        rng,
        framing=framing(row.origin, rng),
        beside=second,
        mirrored=shown.source != "draw",
    )
    return photo.encode(composed, rng)


def write_folder(out: Path, labelled: Sequence[Row], pool: Sequence[Row]) -> None:
    """X, Y, groups and photos."""
    out.mkdir(parents=True, exist_ok=True)
    _write_x(out / "X_train_update.csv", labelled, start=0)
    _write_x(out / "X_test_update.csv", pool, start=len(labelled))
    _write_rows(out / "Y_train_CVw08PX.csv", ["", "prdtypecode"], ([i, r.prdtypecode] for i, r in enumerate(labelled)))
    _write_rows(out / "groups.csv", ["index", "group"], ([i, r.group] for i, r in enumerate(labelled)))
    for folder, rows in (("image_train", labelled), ("image_test", pool)):
        place = out / "images" / folder
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("*.jpg"):
            old.unlink()
        for row in rows:
            if row.photo:
                (place / f"image_{row.imageid}_product_{row.productid}.jpg").write_bytes(row.photo)


def _write_x(path: Path, rows: Sequence[Row], *, start: int) -> None:
    lines = ([start + i, r.designation, r.description, r.productid, r.imageid] for i, r in enumerate(rows))
    _write_rows(path, ["", "designation", "description", "productid", "imageid"], lines)


def _write_rows(path: Path, header: list[str], lines: object) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)  # type: ignore[arg-type]


def spread(total: int, weights: Sequence[int], *, least: int) -> list[int]:
    """Split a total by weights, none under `least`, by largest remainders."""
    if not total:
        return [0] * len(weights)
    counts = [least] * len(weights)
    free = total - sum(counts)
    # A shelf that deserves no more than `least` takes no part in the rest.
    rest = [max(0.0, total * w / sum(weights) - least) for w in weights]
    if sum(rest) == 0:
        rest = [float(w) for w in weights]
    exact = [free * r / sum(rest) for r in rest]
    counts = [c + int(e) for c, e in zip(counts, exact, strict=True)]
    order = sorted(range(len(weights)), key=lambda i: int(exact[i]) - exact[i])
    for i in order[: total - sum(counts)]:
        counts[i] += 1
    return counts


def slug(words: str) -> str:
    """A thing or motif as a short name for groups.csv."""
    plain = "".join(c for c in unicodedata.normalize("NFD", words) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", re.sub(r"[<>{},\"]", " ", plain)).strip()


def _draw(items: Sequence, count: int, rng: random.Random) -> list:
    """`count` of them, each once before any comes again."""
    drawn: list = []
    while items and len(drawn) < count:
        drawn += rng.sample(list(items), min(len(items), count - len(drawn)))
    return drawn


def _tie(things: Sequence[str], motifs: Sequence[Motif], rng: random.Random) -> dict[str, Motif]:
    """One motif for each thing: the one that names it, else the next in turn."""
    turn = list(motifs)
    rng.shuffle(turn)
    tied = {}
    for place, thing in enumerate(things):
        naming = [m for m in motifs if any(word in thing.lower() for word in m.words)]
        tied[thing] = rng.choice(naming) if naming else turn[place % len(turn)]
    return tied
