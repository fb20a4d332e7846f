"""Takes a picture of a three-dimensional model, from any side, on nothing."""

import numpy as np
from PIL import Image

from datasets.synthetic.mesh import Mesh

PICTURE_PX = 300
_RASTER_PX = 450
_AT_ONCE = 3_000_000


def render(mesh: Mesh, *, yaw: float, pitch: float, light: tuple[float, float, float]) -> Image.Image:
    """The model as RGBA.

    Args:
        yaw: turn about the upright axis in degrees; 0 shows the front.
        pitch: how far from above, in degrees.
        light: where the light comes from, in the camera's axes (right, up, towards the camera).
    """
    view = _tilt(pitch) @ _turn(yaw)
    centre = (mesh.corners.reshape(-1, 3).max(0) + mesh.corners.reshape(-1, 3).min(0)) / 2
    seen = (mesh.corners - centre) @ view.T
    radius = np.linalg.norm(seen.reshape(-1, 3), axis=1).max() + 1e-6
    depth = 4.0 * radius - seen[..., 2]
    flat = np.stack([seen[..., 0] / depth, -seen[..., 1] / depth], -1)
    low, high = flat.reshape(-1, 2).min(0), flat.reshape(-1, 2).max(0)
    flat = (flat - low) * ((_RASTER_PX - 6) / max(high - low)) + 3
    size = np.ceil((high - low) * ((_RASTER_PX - 6) / max(high - low))).astype(int) + 6
    picture = _raster(mesh, flat, 1 / depth, mesh.normals @ view.T, np.array(light) / np.linalg.norm(light), size)
    image = Image.fromarray(picture, "RGBA")
    image.thumbnail((PICTURE_PX, PICTURE_PX), Image.Resampling.BOX)
    return image


def _turn(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _tilt(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _raster(
    mesh: Mesh, flat: np.ndarray, near: np.ndarray, normals: np.ndarray, light: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """(height, width, 4) uint8; `near` grows towards the camera and is linear on the screen."""
    width, height = int(size[0]), int(size[1])
    picture = np.zeros((height * width, 4), np.uint8)
    nearest = np.zeros(height * width, np.float32)
    first = np.floor(flat.min(1)).astype(int)
    span = np.floor(flat.max(1)).astype(int) - first + 1
    pixels = np.cumsum(span.prod(1))
    start = 0
    while start < len(flat):
        done = pixels[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(pixels, done + _AT_ONCE)))
        part = slice(start, stop)
        face, weights, spot = _covered(flat[part], first[part], span[part], width)
        closeness = (near[part][face] * weights).sum(1)
        ahead = closeness > nearest[spot]
        face, weights, spot, closeness = face[ahead], weights[ahead], spot[ahead], closeness[ahead]
        order = np.argsort(closeness, kind="stable")
        face, weights, spot, closeness = face[order] + start, weights[order], spot[order], closeness[order]
        # Of several faces over one pixel the last written stays: the nearest.
        last = np.full(height * width, -1)
        last[spot] = np.arange(len(spot))
        kept = last[last >= 0]
        opaque = _see_through(mesh, face[kept], spot[kept], width)
        kept = kept[opaque]
        picture[spot[kept]] = _shade(mesh, face[kept], weights[kept], normals, light)
        nearest[spot[kept]] = closeness[kept]
        start = stop
    return picture.reshape(height, width, 4)


def _covered(
    flat: np.ndarray, first: np.ndarray, span: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every pixel of every triangle: row of the triangle, (pixels, 3) weights of its corners, place in the picture."""
    counts = span.prod(1)
    face = np.repeat(np.arange(len(flat)), counts)
    step = np.arange(len(face)) - np.repeat(np.cumsum(counts) - counts, counts)
    x = first[face, 0] + step % span[face, 0]
    y = first[face, 1] + step // span[face, 0]
    a, b, c = flat[:, 0], flat[:, 1], flat[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    area = np.where(np.abs(area) < 1e-6, 1e-6, area)[face]
    px, py = x + 0.5, y + 0.5
    second = ((px - a[face, 0]) * (c - a)[face, 1] - (py - a[face, 1]) * (c - a)[face, 0]) / area
    third = ((b - a)[face, 0] * (py - a[face, 1]) - (b - a)[face, 1] * (px - a[face, 0])) / area
    weights = np.stack([1 - second - third, second, third], 1)
    inside = (weights >= -1e-4).all(1)
    return face[inside], weights[inside].astype(np.float32), (y * width + x)[inside]


def _see_through(mesh: Mesh, face: np.ndarray, spot: np.ndarray, width: int) -> np.ndarray:
    """Which pixels stay: glass keeps some of them, in a fine screen."""
    opacity = np.array([m.opacity for m in mesh.materials])[mesh.material[face]]
    x, y = spot % width, spot // width
    return opacity > (((x * 3 + y * 5) % 8) + 0.5) / 8


def _shade(mesh: Mesh, face: np.ndarray, weights: np.ndarray, normals: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(pixels, 4) uint8 colours."""
    normal = (normals[face] * weights[..., None]).sum(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    normal *= np.where(normal[:, 2:] < 0, -1, 1)
    kinds = mesh.material[face]
    colour = np.array([m.colour for m in mesh.materials], np.float32)[kinds]
    uv = (mesh.uv[face] * weights[..., None]).sum(1)
    for kind, material in enumerate(mesh.materials):
        rows = np.flatnonzero(kinds == kind)
        if material.texture is not None and len(rows):
            high, wide = material.texture.shape[:2]
            across = (uv[rows, 0] % 1 * wide).astype(int) % wide
            down = ((1 - uv[rows, 1]) % 1 * high).astype(int) % high
            colour[rows] = material.texture[down, across]
    towards = np.clip(normal @ light, 0, 1)
    sky = 0.5 + 0.5 * normal[:, 1]
    halfway = light + np.array((0, 0, 1))
    halfway /= np.linalg.norm(halfway)
    shine = np.array([m.shine for m in mesh.materials])[kinds] * np.clip(normal @ halfway, 0, 1) ** 24
    lit = (colour + 0.03) * (0.42 + 0.5 * towards + 0.22 * sky)[:, None] + 0.5 * shine[:, None]
    out = np.full((len(face), 4), 255, np.uint8)
    out[:, :3] = np.clip(lit * 255, 0, 255)
    return out
