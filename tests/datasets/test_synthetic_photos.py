"""Drawers, models and framings that the sample's photos are made of."""

import io
import random
import zipfile

import numpy as np
import pytest
from PIL import Image

from datasets.synthetic import drawing, photo
from datasets.synthetic.framing import FRAMINGS
from datasets.synthetic.mesh import read_mesh
from datasets.synthetic.pictures import read_motifs
from datasets.synthetic.render import render
from datasets.synthetic.sample import SHELVES
from datasets.synthetic.solid import ball, block, matter, mesh_of

_OBJ = "mtllib box.mtl\nv 0 0 0\nv 2 0 0\nv 2 2 0\nv 0 2 0\nusemtl red\nf 1 2 3 4\n"
_MTL = "newmtl red\nKd 1 0 0\n"


@pytest.mark.parametrize("name", sorted(drawing.DRAWERS))
def test_a_drawer_gives_the_same_picture_for_the_same_seed_and_another_for_another(name: str) -> None:
    inlay = Image.new("RGBA", (40, 60), (200, 30, 30, 255))
    one, two, other = (drawing.draw(name, random.Random(seed), inlay) for seed in (4, 4, 5))
    assert one.mode == "RGBA"
    assert one.getbbox() is not None
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


def test_every_drawn_motif_has_its_drawer() -> None:
    drawn = {motif.name for motifs in read_motifs().values() for motif in motifs if motif.source == "draw"}
    assert drawn <= set(drawing.DRAWERS)


def test_every_shelf_has_its_framings() -> None:
    assert sorted(FRAMINGS) == sorted(SHELVES)


@pytest.mark.parametrize("framing", sorted({name for shares in FRAMINGS.values() for name in shares}))
def test_a_photo_is_square_and_shows_the_thing(framing: str) -> None:
    thing = Image.new("RGBA", (80, 120), (200, 30, 30, 255))
    for seed in range(8):
        taken = photo.compose(thing, random.Random(seed), framing=framing, mirrored=False)
        assert taken.width == taken.height
        assert 224 <= taken.width <= 320
        red, green, blue = np.moveaxis(np.asarray(taken, np.int32), -1, 0)
        assert ((red > green + 30) & (red > blue + 30)).mean() > 0.03
        assert len(photo.encode(taken, random.Random(seed))) < 60_000


def test_a_model_is_read_with_its_colours() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("box/box.obj", _OBJ)
        archive.writestr("box/box.mtl", _MTL)
    with zipfile.ZipFile(packed) as archive:
        mesh = read_mesh(archive, "box/box.obj")
    assert mesh.corners.shape == (2, 3, 3)
    assert mesh.materials[mesh.material[0]].colour == (1.0, 0.0, 0.0)


def test_what_is_nearer_hides_what_is_behind() -> None:
    parts = [*block((2, 2, 0.2), matter((0, 0, 255)), at=(0, 0, -1)), ball((0.5, 0.5, 0.5), matter((255, 0, 0)))]
    for order in (parts, parts[::-1]):
        picture = np.asarray(render(mesh_of(order), yaw=0, pitch=0, light=(0, 0, 1)), np.int32)
        height, width = picture.shape[:2]
        assert picture[height // 2, width // 2, 0] > 150
        assert picture[height // 12, width // 12, 2] > 150
