"""Listings to try with one click: written and drawn for this page."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """A listing to try.

    Attributes:
        label_fr, label_en: what the button says.
        photo: a drawing in `FOLDER`, or None.
    """

    label_fr: str
    label_en: str
    designation: str = ""
    description: str = ""
    photo: Path | None = None

    @property
    def picture(self) -> Path:
        """What the button shows: the photo, or lines of writing where there is none."""
        return self.photo or FOLDER / "words.jpg"


EXAMPLES = (
    Example(
        "Piscine ronde",
        "Round pool",
        "Piscine hors-sol ronde 3,60 m avec échelle et filtre à cartouche",
        "Parois en acier, liner bleu de 0,4 mm, montage en une après-midi. Bouée non fournie.",
        FOLDER / "pool.jpg",
    ),
    Example(
        "Train en bois",
        "Wooden train",
        "Petit train en bois avec locomotive, wagon et 12 rails",
        "Pour les enfants dès 3 ans, aimants cachés, peinture à l'eau.",
        FOLDER / "train.jpg",
    ),
    Example(
        "Roman d'occasion",
        "Used novel",
        "Roman policier broché, édition de 1987, bon état",
        "Couverture un peu frottée, pages propres, quelques annotations au crayon.",
        FOLDER / "novel.jpg",
    ),
    Example(
        "Jeu de plateau",
        "Board game",
        "Jeu de société familial pour 2 à 6 joueurs, pions et dé en bois",
        "",
        FOLDER / "board_game.jpg",
    ),
    Example(
        "Manette sans fil",
        "Wireless gamepad",
        "Manette sans fil avec vibration pour console et PC",
        "<p>Autonomie de 12&nbsp;h, câble de charge USB-C fourni.</p>",
        FOLDER / "gamepad.jpg",
    ),
    Example(
        "Body de bébé",
        "Baby bodysuit",
        "Body manches courtes bébé 6 mois coton bio ourson vert",
        "",
        FOLDER / "bodysuit.jpg",
    ),
    Example("Arbre à chat : la photo seule", "Cat tree: photo only", photo=FOLDER / "cat_tree.jpg"),
    Example(
        "Perceuse : le titre seul",
        "Drill: title only",
        "Perceuse visseuse à percussion 18 V, deux batteries et coffret de 40 embouts",
    ),
)
