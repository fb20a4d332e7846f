"""Every text of the page, in French and in English."""

from dataclasses import dataclass
from typing import Literal

from ui.error import ApiBusy, ApiDown, ApiError, ApiSlow, ListingRefused, SignInNeeded
from ui.record import Category, Modality

Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's words in one language; `{…}` are filled in where the text is used."""

    language: Language
    tagline: str
    switch_language: str
    switch_to: Language
    synthetic: str

    ready: str
    not_ready: str
    partly_down: dict[Modality, str]
    both_modalities: str
    text_only: str
    photo_only: str

    form: str
    designation: str
    designation_hint: str
    description: str
    description_hint: str
    photo: str
    photo_hint: str
    find: str
    clear: str
    examples: str

    empty_heading: str
    empty_advice: str

    answer: str
    best: str
    probability: str
    ranking: str
    more: str
    promise: str
    promise_one: str
    promise_measured: str
    promise_synthetic: str

    why: str
    votes: dict[Modality, str]
    weight: str
    absent: dict[Modality, str]
    degraded: dict[Modality, str]
    silent: dict[Modality, str]
    meta: str

    nothing_given: str
    down: str
    slow: str
    busy: str
    sign_in: str
    fault: str
    refused: dict[str, str]
    refused_otherwise: str
    unreadable_photo: str

    decimal_comma: bool

    def name(self, category: Category) -> str:
        return category.name_fr if self.language == "fr" else category.name_en

    def percent(self, share: float) -> str:
        """A share as people read it: never 0 % nor 100 % for something that is neither."""
        space = "\N{NARROW NO-BREAK SPACE}" if self.decimal_comma else ""
        if 0 < share < 0.01:
            return f"<\N{NARROW NO-BREAK SPACE}1{space}%"
        if 0.99 < share < 1:
            return f">\N{NARROW NO-BREAK SPACE}99{space}%"
        return f"{round(share * 100)}{space}%"

    def milliseconds(self, elapsed_ms: float) -> str:
        shown = f"{elapsed_ms:.1f}" if elapsed_ms < 10 else f"{elapsed_ms:.0f}"
        return shown.replace(".", ",") if self.decimal_comma else shown

    def sentence(self, error: ApiError) -> str:
        """What the seller reads instead of an error."""
        if isinstance(error, ListingRefused):
            return self.refused.get(error.field or "", self.refused_otherwise)
        for kind, text in (
            (ApiDown, self.down),
            (ApiSlow, self.slow),
            (ApiBusy, self.busy),
            (SignInNeeded, self.sign_in),
        ):
            if isinstance(error, kind):
                return text
        return self.fault


FRENCH = Texts(
    language="fr",
    tagline="Donnez un titre, une description ou une photo : Rayonnage trouve le rayon où ranger votre produit.",
    switch_language="English",
    switch_to="en",
    synthetic="Modèle de démonstration, entraîné sur des annonces synthétiques : "
    "sur de vraies annonces, il se trompe plus souvent.",
    ready="Modèle prêt · {categories} rayons · {modalities}",
    not_ready="Le modèle redémarre…",
    partly_down={
        "text": "Le modèle du texte redémarre… La photo décide seule en attendant.",
        "image": "Le modèle des photos redémarre… Le texte décide seul en attendant.",
    },
    both_modalities="texte et photo",
    text_only="texte seul",
    photo_only="photo seule",
    form="Votre annonce",
    designation="Titre",
    designation_hint="Bâche à bulles pour piscine ronde",
    description="Description (facultative)",
    description_hint="Ce que l'acheteur doit savoir : matière, taille, état…",
    photo="Photo (facultative)",
    photo_hint="Déposez, collez ou choisissez une photo",
    find="Trouver le rayon",
    clear="Effacer",
    examples="Ou essayez un exemple",
    empty_heading="Où va ce produit ?",
    empty_advice="Décrivez-le à votre façon, ou choisissez un exemple : le rayon proposé s'affiche ici.",
    answer="Réponse",
    best="Rayon proposé",
    probability="de probabilité",
    ranking="Les rayons les plus probables",
    more="Voir les {count} rayons suivants",
    promise="L'un de ces {count} rayons, {coverage} du temps",
    promise_one="Celui-ci, {coverage} du temps",
    promise_measured="mesuré : {measured} sur des annonces jamais vues par le modèle",
    promise_synthetic="mesuré : {measured} sur des annonces synthétiques jamais vues par le modèle",
    why="D'où vient cette réponse",
    votes={"text": "Le texte", "image": "La photo"},
    weight="compte pour {percent}",
    absent={
        "text": "Pas de texte : la photo décide seule. Un titre aiderait.",
        "image": "Pas de photo : le texte décide seul.",
    },
    degraded={
        "text": "Le texte n'a pas pu être pris en compte cette fois : la photo décide seule.",
        "image": "La photo n'a pas pu être prise en compte cette fois : le texte décide seul.",
    },
    silent={
        "text": "Ce modèle ne tient pas compte du texte.",
        "image": "Ce modèle ne tient pas compte de la photo.",
    },
    meta="Modèle {version} · réponse en {elapsed} ms",
    nothing_given="Donnez un titre ou une photo : il faut au moins l'un des deux.",
    down="Le modèle redémarre… Votre annonce est gardée : réessayez dans quelques secondes.",
    slow="La réponse tarde trop. Votre annonce est gardée : réessayez dans un instant.",
    busy="Trop de demandes à la fois. Attendez quelques secondes, puis réessayez.",
    sign_in="Ce serveur demande de se connecter avant de chercher un rayon.",
    fault="Le serveur n'a pas su répondre. Votre annonce est gardée : réessayez dans un instant.",
    refused={
        "designation": "Ce titre n'a pas été accepté.",
        "description": "Cette description n'a pas été acceptée.",
        "image": "Cette photo n'a pas été acceptée : essayez une photo JPEG, PNG ou WebP de moins de 10 Mo.",
    },
    refused_otherwise="Cette annonce n'a pas été acceptée.",
    unreadable_photo="Cette photo n'est plus là : choisissez-la de nouveau.",
    decimal_comma=True,
)

ENGLISH = Texts(
    language="en",
    tagline="Give a title, a description or a photo: Rayonnage finds the shelf where your product belongs.",
    switch_language="Français",
    switch_to="fr",
    synthetic="Demonstration model, trained on synthetic listings: on real ones it is wrong more often.",
    ready="Model ready · {categories} shelves · {modalities}",
    not_ready="The model is restarting…",
    partly_down={
        "text": "The text model is restarting… The photo decides alone meanwhile.",
        "image": "The photo model is restarting… The text decides alone meanwhile.",
    },
    both_modalities="text and photo",
    text_only="text only",
    photo_only="photo only",
    form="Your listing",
    designation="Title",
    designation_hint="Bâche à bulles pour piscine ronde",
    description="Description (optional)",
    description_hint="What a buyer should know: material, size, condition…",
    photo="Photo (optional)",
    photo_hint="Drop, paste or choose a photo",
    find="Find the shelf",
    clear="Clear",
    examples="Or try an example",
    empty_heading="Where does it belong?",
    empty_advice="Describe it in your own words, or pick an example: the proposed shelf appears here.",
    answer="Answer",
    best="Proposed shelf",
    probability="probability",
    ranking="The most likely shelves",
    more="Show the next {count} shelves",
    promise="One of these {count} shelves, {coverage} of the time",
    promise_one="This one, {coverage} of the time",
    promise_measured="measured: {measured} on listings that the model had not seen",
    promise_synthetic="measured: {measured} on synthetic listings that the model had not seen",
    why="Where this answer comes from",
    votes={"text": "The text", "image": "The photo"},
    weight="counts for {percent}",
    absent={
        "text": "No text: the photo decides alone. A title would help.",
        "image": "No photo: the text decides alone.",
    },
    degraded={
        "text": "The text could not be used this time: the photo decides alone.",
        "image": "The photo could not be used this time: the text decides alone.",
    },
    silent={
        "text": "This model does not use the text.",
        "image": "This model does not use the photo.",
    },
    meta="Model {version} · answered in {elapsed} ms",
    nothing_given="Give a title or a photo: at least one of the two is needed.",
    down="The model is restarting… Your listing is kept: try again in a few seconds.",
    slow="The answer takes too long. Your listing is kept: try again in a moment.",
    busy="Too many requests at once. Wait a few seconds, then try again.",
    sign_in="This server asks you to sign in before it looks for a shelf.",
    fault="The server could not answer. Your listing is kept: try again in a moment.",
    refused={
        "designation": "This title was not accepted.",
        "description": "This description was not accepted.",
        "image": "This photo was not accepted: try a JPEG, PNG or WebP photo under 10 MB.",
    },
    refused_otherwise="This listing was not accepted.",
    unreadable_photo="This photo is no longer there: choose it again.",
    decimal_comma=False,
)


def texts_in(language: object) -> Texts:
    """The texts in a language as the browser remembers it; French for anything else."""
    return ENGLISH if language == "en" else FRENCH
