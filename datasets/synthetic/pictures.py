"""Which picture stands for what, and where its package keeps it on the machine that makes the sample.

Files `pictures/<prdtypecode>.txt` name one motif a line: `source name | words`. The words, when a thing holds one of
them, tie the thing to the motif. Sources are packages that are only needed here, at making time:

    apt-get install openclipart-svg sweethome3d-furniture librsvg2-bin fonts-liberation fonts-dejavu
    npm pack @lobehub/fluent-emoji-3d @twemoji/svg    # unpack each under RAYONNAGE_PICTURES/<package's last name>
"""

import io
import os
import random
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from datasets.error import FolderError
from datasets.synthetic import brush, drawing
from datasets.synthetic.mesh import Mesh, read_mesh
from datasets.synthetic.render import render

MOTIFS = Path(__file__).parent / "pictures"
OPENCLIPART = Path("/usr/share/openclipart/svg")
FURNITURE = Path("/usr/share/sweethome3d/furniture")
RENDERED_PX = 360


@dataclass(frozen=True, slots=True)
class Motif:
    """One picture of a category.

    Attributes:
        source: `clip` (openclipart), `room` (sweethome3d), `emoji` (fluent), `flat` (twemoji) or `draw` (drawn here).
        words: things that hold one of them are shown with this motif.
    """

    source: str
    name: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


def read_motifs(folder: Path = MOTIFS) -> dict[int, list[Motif]]:
    """Motifs of every category, by code."""
    return {int(path.stem): read_list(path) for path in sorted(folder.glob("[0-9]*.txt"), key=lambda p: int(p.stem))}


def read_list(path: Path) -> list[Motif]:
    """Motifs of one file. Several names may stand on a line before the words: each is a motif of its own.

    `name*5` is five times as frequent.
    """
    motifs = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, tail = line.partition("|")
        words = tuple(w.strip() for w in tail.split(",") if w.strip())
        source, *names = head.split()
        for name in names:
            name, _, times = name.partition("*")
            motifs += [Motif(source, name, words)] * int(times or 1)
    return motifs


class Pictures:
    """Opens motifs as RGBA pictures, trimmed to what they show.

    Args:
        unpacked: folder with the unpacked npm packages, `fluent-emoji-3d/` and `svg/` in it.
    """

    def __init__(self, unpacked: Path | None = None) -> None:
        self.unpacked = unpacked or Path(os.environ.get("RAYONNAGE_PICTURES", "pictures-unpacked"))

    def check(self) -> None:
        """Raises:
        FolderError: a source package is not there; names it and how to get it.
        """
        wanted = (
            (OPENCLIPART.is_dir(), OPENCLIPART, "apt-get install openclipart-svg"),
            (FURNITURE.is_dir(), FURNITURE, "apt-get install sweethome3d-furniture"),
            (brush.FONTS.is_dir(), brush.FONTS, "apt-get install fonts-liberation fonts-dejavu"),
            (shutil.which("rsvg-convert"), Path("rsvg-convert"), "apt-get install librsvg2-bin"),
            (self._emoji().is_dir(), self._emoji(), "npm pack @lobehub/fluent-emoji-3d, unpacked there"),
            (self._flat().is_dir(), self._flat(), "npm pack @twemoji/svg, unpacked there"),
        )
        for there, path, remedy in wanted:
            if not there:
                raise FolderError(str(path), f"missing, needed to make photos: {remedy} (or --photos 0 --unlabelled 0)")

    def open(self, motif: Motif, rng: random.Random) -> Image.Image:
        """The motif's picture, RGBA. Drawn motifs come out different each time, packaged ones always the same.

        Raises:
            FolderError: the package has no picture of that name.
        """
        if motif.source == "draw":
            return drawing.draw(motif.name, rng, self._inlay(rng))
        if motif.source == "room":
            return self.seen(motif.name, rng)
        return self.packaged(motif.source, motif.name)

    def _inlay(self, rng: random.Random) -> Image.Image | None:
        """What a drawn thing has printed on it: an emoji, somebody, or nothing."""
        kind = rng.random()
        if kind < 0.12:
            return None
        if kind < 0.5:
            return self._emoji_picture(rng.choice(drawing.COVER_MOTIFS))
        return self._printed_piece(rng.choice(drawing.COVER_PIECES), rng.randrange(4))

    @cache  # noqa: B019
    def _printed_piece(self, piece: str, side: int) -> Image.Image:
        """One of a few views of a piece; of people, often the upper half."""
        view = self.seen(piece, random.Random(f"{piece} {side}"))
        if side < 2 and view.height > 1.7 * view.width:
            view = _trimmed(view.crop((0, 0, view.width, int(view.width * 1.15))))
        return view

    def seen(self, piece: str, rng: random.Random) -> Image.Image:
        """A piece of furniture, an object or a person from a side that comes out new each time, RGBA."""
        yaw = rng.uniform(-180, 180) if rng.random() < 0.1 else rng.uniform(-50, 50)
        light = (rng.uniform(-1, 1), rng.uniform(0.4, 1), rng.uniform(0.4, 1))
        return _trimmed(render(self._mesh(piece), yaw=yaw, pitch=rng.uniform(2, 32), light=light))

    @cache  # noqa: B019
    def _mesh(self, piece: str) -> Mesh:
        library = piece.split("/")[0]
        model = _pieces("model").get(piece)
        if model is None:
            raise FolderError(str(FURNITURE), f"no piece {piece}")
        with zipfile.ZipFile(FURNITURE / f"{library}.sh3f") as archive:
            return read_mesh(archive, model.lstrip("/"), _pieces("modelRotation").get(piece, ""))

    @cache  # noqa: B019 one object lives as long as the making of one sample
    def packaged(self, source: str, name: str) -> Image.Image:
        """A picture out of a package, RGBA, trimmed."""
        if source == "emoji":
            return self._emoji_picture(name)
        if source == "flat":
            return _trimmed(_svg(self._flat() / f"{_codepoints(name, keep_fe0f=False)}.svg"))
        if source == "clip":
            return _trimmed(_svg(OPENCLIPART / f"{name}.svg"))
        raise FolderError(source, f"no such source of pictures (motif {name})")

    @cache  # noqa: B019
    def _emoji_picture(self, name: str) -> Image.Image:
        for keep in (True, False):
            path = self._emoji() / f"{_codepoints(name, keep_fe0f=keep)}.webp"
            if path.is_file():
                return _trimmed(Image.open(path).convert("RGBA"))
        raise FolderError(str(self._emoji()), f"no picture of {name}")

    def _emoji(self) -> Path:
        return self.unpacked / "fluent-emoji-3d" / "package" / "assets"

    def _flat(self) -> Path:
        return self.unpacked / "svg" / "package"


def _codepoints(emoji: str, *, keep_fe0f: bool) -> str:
    return "-".join(f"{ord(c):04x}" for c in emoji if keep_fe0f or c != "\ufe0f")


def _svg(path: Path) -> Image.Image:
    if not path.is_file():
        raise FolderError(str(path), "no such picture")
    size = str(RENDERED_PX)
    command = ["rsvg-convert", "--unlimited", "--keep-aspect-ratio", "-w", size, "-h", size, str(path)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise FolderError(str(path), done.stderr.decode(errors="replace").strip())
    return Image.open(io.BytesIO(done.stdout)).convert("RGBA")


@cache
def _catalogues() -> dict[str, dict[str, str]]:
    """The properties of every furniture library, by library."""
    found = {}
    for library in sorted(FURNITURE.glob("*.sh3f")):
        with zipfile.ZipFile(library) as archive:
            text = archive.read("PluginFurnitureCatalog.properties").decode("latin-1")
        pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        found[library.stem] = {key.strip(): value.strip() for key, value in pairs}
    return found


@cache
def _pieces(wanted: str) -> dict[str, str]:
    """A property of each piece, by `library/piece`; a piece is named after its icon."""
    pieces = {}
    for library, lines in _catalogues().items():
        for key, icon in lines.items():
            if key.startswith("icon#") and (value := lines.get(f"{wanted}#{key[5:]}")):
                pieces[f"{library}/{Path(icon).stem}"] = value
    return pieces


@cache
def furniture_creators() -> dict[str, str]:
    """Who made each piece."""
    return _pieces("creator")


def _trimmed(picture: Image.Image) -> Image.Image:
    box = picture.getchannel("A").point(lambda a: 255 if a > 12 else 0).getbbox()
    return picture.crop(box) if box else picture
