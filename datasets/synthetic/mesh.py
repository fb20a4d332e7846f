"""Reads a three-dimensional model (OBJ with its materials) out of a furniture library."""

import io
import posixpath
import zipfile
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

_TEXTURE_PX = 256
_GREY = (0.8, 0.8, 0.8)


@dataclass(slots=True)
class Material:
    """How a surface looks.

    Attributes:
        colour: red, green, blue, 0 to 1.
        opacity: 1 hides what lies behind.
        shine: strength of the highlight, 0 to 1.
        texture: (height, width, 3) float32, 0 to 1, or None.
    """

    colour: tuple[float, float, float] = _GREY
    opacity: float = 1.0
    shine: float = 0.0
    texture: np.ndarray | None = None


@dataclass(slots=True)
class Mesh:
    """Triangles in space, y upwards.

    Attributes:
        corners: (triangles, 3, 3) float32.
        normals: (triangles, 3, 3) float32, one for each corner.
        uv: (triangles, 3, 2) float32, places in the texture.
        material: (triangles,) int, row of `materials`.
    """

    corners: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    material: np.ndarray
    materials: list[Material]


def read_mesh(archive: zipfile.ZipFile, path: str, rotation: str = "") -> Mesh:
    """The model at `path` of a library.

    Args:
        rotation: nine numbers, rows of the matrix that sets the model upright, or "".
    """
    numbers: dict[str, list[list[float]]] = {"v": [], "vt": [], "vn": []}
    faces: list[list[str]] = []
    material: list[int] = []
    materials, names = [Material()], {"": 0}
    current = 0
    for line in archive.read(path).decode("latin-1").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word in numbers:
            numbers[word].append([float(n) for n in rest.split()[:3]])
        elif word == "f":
            corners = rest.split()
            faces += [[corners[0], corners[i], corners[i + 1]] for i in range(1, len(corners) - 1)]
            material += [current] * (len(corners) - 2)
        elif word == "usemtl":
            current = names.get(rest.strip(), 0)
        elif word == "mtllib":
            _read_materials(archive, posixpath.join(posixpath.dirname(path), rest.strip()), materials, names)
    turn = np.array([float(n) for n in rotation.split()] or np.eye(3).ravel(), np.float32).reshape(3, 3)
    place = _picked(faces, 0, numbers["v"], 3) @ turn.T
    flat = np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0])[:, None].repeat(3, 1)
    normals = _picked(faces, 2, numbers["vn"], 3) @ turn.T if numbers["vn"] else flat
    normals = np.where(np.abs(normals).sum(-1, keepdims=True) > 0, normals, flat)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    uv = _picked(faces, 1, [n[:2] for n in numbers["vt"]], 2)
    return Mesh(place, normals.astype(np.float32), uv, np.array(material), materials)


def _picked(faces: list[list[str]], part: int, values: list[list[float]], width: int) -> np.ndarray:
    """The values that the corners of the faces name: (triangles, 3, width), zeros where they name none."""
    table = np.array([*values, [0.0] * width], np.float32)
    rows = np.full((len(faces), 3), len(values))
    for place, face in enumerate(faces):
        for corner, word in enumerate(face):
            named = word.split("/")
            if len(named) > part and named[part]:
                row = int(named[part])
                rows[place, corner] = row - 1 if row > 0 else len(values) + row
    return table[rows]


def _read_materials(archive: zipfile.ZipFile, path: str, materials: list[Material], names: dict[str, int]) -> None:
    try:
        text = archive.read(path).decode("latin-1")
    except KeyError:
        return
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        values = rest.split()
        if word == "newmtl":
            names[rest.strip()] = len(materials)
            materials.append(Material())
        elif word == "Kd":
            red, green, blue = (float(n) for n in values[:3])
            materials[-1].colour = (red, green, blue)
        elif word == "Ks":
            materials[-1].shine = float(values[0])
        elif word == "d":
            materials[-1].opacity = float(values[-1])
        elif word == "map_Kd":
            materials[-1].texture = _texture(archive, posixpath.join(posixpath.dirname(path), rest.strip()))


def _texture(archive: zipfile.ZipFile, path: str) -> np.ndarray | None:
    try:
        picture = Image.open(io.BytesIO(archive.read(path))).convert("RGB")
    except (KeyError, UnidentifiedImageError):
        return None
    picture.thumbnail((_TEXTURE_PX, _TEXTURE_PX))
    return np.asarray(picture, np.float32) / 255
