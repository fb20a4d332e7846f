"""A listing of every shelf to try with one click: written for this page, with drawn photos."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """A listing to try.

    Attributes:
        prdtypecode: the shelf that it was written for.
        label_fr, label_en: what the button says.
        photo: name of a file in `FOLDER`; "" without one.
    """

    prdtypecode: int
    label_fr: str
    label_en: str
    designation: str = ""
    description: str = ""
    photo: str = ""

    @property
    def file(self) -> Path | None:
        return FOLDER / self.photo if self.photo else None

    @property
    def picture(self) -> str:
        """What the button shows: the photo, or lines of writing where there is none."""
        return self.photo or "words.jpg"


EXAMPLES = (
    Example(
        2583,
        "Piscine ronde",
        "Round pool",
        "Piscine hors-sol ronde 3,60 m avec échelle et filtre à cartouche",
        "Parois en acier, liner bleu de 0,4 mm, montage en une après-midi. Bouée non fournie.",
        "pool.jpg",
    ),
    Example(
        1280,
        "Train en bois",
        "Wooden train",
        "Petit train en bois pour enfants, locomotive, wagons et 12 rails",
        "Pour les enfants dès 3 ans, aimants cachés, peinture à l'eau.",
        "train.jpg",
    ),
    Example(
        10,
        "Roman d'occasion",
        "Used novel",
        "Roman policier broché, édition de 1987, bon état",
        "Couverture un peu frottée, pages propres, quelques annotations au crayon.",
        "novel.jpg",
    ),
    Example(
        1281,
        "Jeu de plateau",
        "Board game",
        "Jeu de société familial pour 2 à 6 joueurs, pions et dé en bois",
        photo="board_game.jpg",
    ),
    Example(
        50,
        "Manette sans fil",
        "Wireless gamepad",
        "Manette sans fil avec vibration pour console et PC",
        "Autonomie de 12 h, câble de charge USB-C fourni.",
        "gamepad.jpg",
    ),
    Example(
        1301,
        "Chaussettes de bébé",
        "Baby socks",
        "Chaussettes antidérapantes pour bébé 12 mois, lot de 3 paires",
        photo="socks.jpg",
    ),
    Example(2220, "Manteau de chien : la photo seule", "Dog coat: photo only", photo="dog_coat.jpg"),
    Example(
        2585,
        "Perceuse : le titre seul",
        "Drill: title only",
        "Perceuse à percussion 18 V avec deux batteries et coffret de forets",
    ),
    Example(
        1560,
        "Canapé d'angle",
        "Corner sofa",
        "Canapé d'angle panoramique en tissu beige, 5 places",
        "Assise en mousse haute densité, pieds en bois, housses lavables.",
        "sofa.jpg",
    ),
    Example(
        2060,
        "Lampe de chevet",
        "Bedside lamp",
        "Lampe de chevet, pied en bois tourné et abat-jour écru",
        "Hauteur 38 cm, douille E14, décoration chaleureuse pour la chambre.",
        "lamp.jpg",
    ),
    Example(
        1920,
        "Serviettes de bain",
        "Bath towels",
        "Lot de 6 serviettes de bain en coton éponge, couleurs pastel",
        "500 g/m², lavables à 60 °C.",
        "towels.jpg",
    ),
    Example(
        2582,
        "Salon de jardin",
        "Garden table",
        "Salon de jardin : table et 4 chaises en aluminium gris",
        "Résiste à la pluie, chaises empilables.",
        "garden_table.jpg",
    ),
    Example(
        1302,
        "Trampoline",
        "Trampoline",
        "Trampoline de jardin 3 m pour enfants et adultes",
        "Toile renforcée, protection des ressorts bleue.",
        "trampoline.jpg",
    ),
    Example(
        1300,
        "Drone",
        "Drone",
        "Drone quadricoptère radiocommandé avec caméra HD, rouge",
        "Deux batteries, hélices de rechange, télécommande 2,4 GHz.",
        "drone.jpg",
    ),
    Example(
        1320,
        "Pot de bébé",
        "Potty",
        "Pot d'apprentissage de la propreté pour bébé, rose",
        "Forme stable, se rince facilement.",
        "potty.jpg",
    ),
    Example(
        1140,
        "Figurine",
        "Figurine",
        "Figurine de collection super-héros en résine, 18 cm",
        "Peinte à la main, vendue avec sa boîte.",
        "figurine.jpg",
    ),
    Example(
        1160,
        "Carte rare",
        "Rare card",
        "Carte à collectionner rare holographique, édition française, proche du neuf",
        photo="trading_card.jpg",
    ),
    Example(
        1180,
        "Masque",
        "Mask",
        "Masque de démon noir pour déguisement d'Halloween, taille adulte",
        photo="mask.jpg",
    ),
    Example(
        60,
        "Console",
        "Console",
        "Console de jeux portable bleue avec manette, état neuf",
        "Câble HDMI et chargeur fournis.",
        "console.jpg",
    ),
    Example(
        2462,
        "Lot de jeux",
        "Lot of games",
        "Lot de 8 jeux PS2 d'occasion, testés, complets avec notice",
        photo="used_games.jpg",
    ),
    Example(
        40,
        "Jeu importé",
        "Imported game",
        "Jeu de rôle PlayStation, version japonaise NTSC-J, disque sans rayure",
        photo="import_game.jpg",
    ),
    Example(
        2905,
        "Jeu à télécharger",
        "Download",
        "Jeu PC en téléchargement : aventure et objets cachés",
        photo="download.jpg",
    ),
    Example(
        2280,
        "Journal ancien",
        "Old newspaper",
        "Journal ancien illustré, numéro 214 du 12 mai 1923",
        "Papier jauni, pliures d'époque.",
        "newspaper.jpg",
    ),
    Example(
        2403,
        "Lot de livres",
        "Lot of books",
        "Lot de 10 livres de poche : romans et nouvelles",
        photo="books.jpg",
    ),
    Example(
        2705,
        "Livre de cuisine",
        "Cookbook",
        "Livre de cuisine : guide pratique pour débutants, broché, neuf",
        "200 recettes expliquées pas à pas, parution cette année.",
        "cookbook.jpg",
    ),
    Example(
        2522,
        "Agrafeuse",
        "Stapler",
        "Agrafeuse de bureau en métal rouge, 25 feuilles, agrafes 24/6 comprises",
        photo="stapler.jpg",
    ),
    Example(
        1940,
        "Tapenade",
        "Tapenade",
        "Tapenade d'olives noires artisanale, pot de 180 g",
        "Olives de Nyons, huile d'olive vierge, câpres.",
        "tapenade.jpg",
    ),
)
