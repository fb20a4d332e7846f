"""Builds three-dimensional things out of turned, drawn and flat parts, and takes their picture."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from datasets.synthetic import brush
from datasets.synthetic.mesh import Material, Mesh
from datasets.synthetic.render import render

Point = tuple[float, float, float]


@dataclass(slots=True)
class Part:
    """A surface: (rows, columns, 3) points, whose texture runs once over it."""

    points: np.ndarray
    material: Material


def matter(colour: brush.Colour, *, shine: float = 0.1, opacity: float = 1.0) -> Material:
    """A material of one colour."""
    red, green, blue = (c / 255 for c in colour)
    return Material((red, green, blue), opacity=opacity, shine=shine)


def printed(picture: Image.Image) -> Material:
    """A material that bears a picture."""
    return Material(texture=np.asarray(picture.convert("RGB").resize((200, 200)), np.float32) / 255, shine=0.05)


def lathe(profile: Sequence[tuple[float, float]], material: Material, *, sides: int = 36) -> Part:
    """Turned about the upright axis; `profile` gives (radius, height) from below to above."""
    angles = np.linspace(-math.pi, math.pi, sides + 1)
    radius, height = np.array(profile, float).T
    x, z = radius[:, None] * np.sin(angles), radius[:, None] * np.cos(angles)
    return Part(np.stack([x, np.broadcast_to(height[:, None], x.shape), z], -1), material)


def tube(path: Sequence[Point], radius: float | Sequence[float], material: Material, *, flat: float = 1.0) -> Part:
    """A rod, hose or limb along a path; `flat` squashes it sideways."""
    line = np.array(path, float)
    along = np.gradient(line, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    aside = np.cross(along, (0.31, 0.17, 0.94))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True) + 1e-9
    over = np.cross(along, aside)
    angles = np.linspace(0, 2 * math.pi, 13)[None, :, None]
    thick = np.broadcast_to(np.asarray(radius, float), (len(line),))[:, None, None]
    ring = np.cos(angles) * aside[:, None] + np.sin(angles) * over[:, None] * flat
    return Part(line[:, None] + ring * thick, material)


def ring(
    radius: float, thick: float, material: Material, *, y: float = 0.0, turns: float = 1.0, pitch: float = 0.0
) -> Part:
    """A hoop that lies flat, or the coils of a hose."""
    steps = int(40 * turns) + 1
    path = [
        (radius * math.cos(a * math.tau / 40), y + a * pitch / 40, radius * math.sin(a * math.tau / 40))
        for a in range(steps)
    ]
    return tube(path, thick, material)


def rod(start: Point, end: Point, radius: float, material: Material) -> Part:
    """A straight tube with closed ends."""
    a, b = np.array(start), np.array(end)
    path = [a, a, b, b]
    closed = tube([tuple(a), tuple(a + (b - a) * 0.01), tuple(b - (b - a) * 0.01), tuple(b)], radius, material)
    closed.points[0], closed.points[-1] = path[0], path[-1]
    return closed


def ball(size: Point, material: Material, *, at: Point = (0, 0, 0), square: float = 1.0) -> Part:
    """An ellipsoid of those half axes; `square` under 1 makes it boxy."""
    down, round_ = np.meshgrid(
        np.linspace(-math.pi / 2, math.pi / 2, 17), np.linspace(-math.pi, math.pi, 29), indexing="ij"
    )

    def bent(value: np.ndarray) -> np.ndarray:
        return np.sign(value) * np.abs(value) ** square

    x, y, z = bent(np.cos(down)) * bent(np.sin(round_)), bent(np.sin(down)), bent(np.cos(down)) * bent(np.cos(round_))
    return Part(np.stack([x, y, z], -1) * np.array(size) + np.array(at), material)


def sheet(
    width: float, height: float, depth: Callable[[np.ndarray, np.ndarray], np.ndarray], material: Material
) -> Part:
    """A cloth that faces the front; `depth` of (across, up), each -1 to 1, bends it."""
    up, across = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 60), indexing="ij")
    return Part(np.stack([across * width / 2, up * height / 2, depth(across, up)], -1), material)


def block(size: Point, material: Material, *, at: Point = (0, 0, 0), front: Material | None = None) -> list[Part]:
    """A box of that width, height and depth about a centre; its front may differ."""
    w, h, d = (s / 2 for s in size)
    faces = [
        ([[(-w, -h, d), (w, -h, d)], [(-w, h, d), (w, h, d)]], front or material),
        ([[(w, -h, -d), (-w, -h, -d)], [(w, h, -d), (-w, h, -d)]], material),
        ([[(w, -h, d), (w, -h, -d)], [(w, h, d), (w, h, -d)]], material),
        ([[(-w, -h, -d), (-w, -h, d)], [(-w, h, -d), (-w, h, d)]], material),
        ([[(-w, h, d), (w, h, d)], [(-w, h, -d), (w, h, -d)]], material),
        ([[(-w, -h, -d), (w, -h, -d)], [(-w, -h, d), (w, -h, d)]], material),
    ]
    return [Part(np.array(points, float) + np.array(at), kind) for points, kind in faces]


def moved(part: Part, by: Point = (0, 0, 0), *, turn: Point = (0, 0, 0), scale: float = 1.0) -> Part:
    """The part turned about x, y and z (degrees), scaled, then set elsewhere."""
    matrix = np.eye(3)
    for axis, degrees in enumerate(turn):
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        one, other = (axis + 1) % 3, (axis + 2) % 3
        about = np.eye(3)
        about[one, one], about[one, other], about[other, one], about[other, other] = c, -s, s, c
        matrix = about @ matrix
    return Part(part.points @ matrix.T * scale + np.array(by), part.material)


def mesh_of(parts: Sequence[Part]) -> Mesh:
    """All parts as one mesh."""
    corners: list[np.ndarray] = []
    normals: list[np.ndarray] = []
    uv: list[np.ndarray] = []
    material: list[int] = []
    for number, part in enumerate(parts):
        points = part.points
        rows, columns = points.shape[:2]
        slope = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
        slope /= np.linalg.norm(slope, axis=-1, keepdims=True) + 1e-9
        places = np.stack(np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows)), -1)
        for pick in (((0, 0), (0, 1), (1, 0)), ((1, 1), (1, 0), (0, 1))):
            for grid, kept in ((points, corners), (slope, normals), (places, uv)):
                three = [grid[r : rows - 1 + r, c : columns - 1 + c].reshape(-1, grid.shape[-1]) for r, c in pick]
                kept.append(np.stack(three, 1))
        material += [number] * (2 * (rows - 1) * (columns - 1))
    return Mesh(
        np.concatenate(corners),
        np.concatenate(normals),
        np.concatenate(uv),
        np.array(material),
        [p.material for p in parts],
    )


def shot(
    parts: Sequence[Part],
    rng: random.Random,
    *,
    yaw: tuple[float, float] = (-45, 45),
    pitch: tuple[float, float] = (5, 30),
) -> Image.Image:
    """The thing as RGBA, seen from somewhere between those angles."""
    light = (rng.uniform(-1, 1), rng.uniform(0.4, 1), rng.uniform(0.5, 1))
    return render(mesh_of(parts), yaw=rng.uniform(*yaw), pitch=rng.uniform(*pitch), light=light)
