"""A real bundle, small: `linear` and `lite0` fitted on a few drawn listings of three categories."""

import shutil
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.sparse import hstack
from sklearn.linear_model import LogisticRegression

from bundle.expert_linear import LinearExpert, linear_text
from bundle.expert_lite0 import Lite0Expert
from bundle.image import prepare_image
from bundle.lite0 import Lite0Features
from bundle.manifest import CategoryEntry, ConformalEntry, DataEntry, ExpertEntry, Manifest, SituationEntry
from bundle.store import ModelStore
from bundle.text import prepare_text
from datasets.listing import Listing
from train.linear import fitted_tfidf, new_vectorizers

CODES = (10, 1280, 2583)
WORDS = {
    10: ("roman policier", "livre de poche", "tome relié", "essai broché", "bande dessinée"),
    1280: ("peluche ours", "puzzle en bois", "voiture miniature", "poupée qui parle", "train électrique"),
    2583: ("piscine gonflable", "pompe de filtration", "bâche de piscine", "échelle inox", "chlore en galets"),
}


def draw_photo(code: int, seed: int) -> bytes:
    """A photo of its category: colour and shape tell it."""
    size = (300, 240)
    rng = np.random.default_rng(seed)
    photo = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(photo)
    left, top = (int(value) for value in rng.integers(10, 60, 2))
    box = (left, top, size[0] - left, size[1] - top)
    if code == 10:
        pen.rectangle(box, fill="saddlebrown")
    elif code == 1280:
        pen.ellipse(box, fill="crimson")
    else:
        pen.chord(box, 0, 180, fill="deepskyblue")
    buffer = BytesIO()
    photo.save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def listings() -> list[tuple[Listing, int]]:
    """Thirty listings with text and photo, each with its code."""
    return [
        (Listing(f"{words} n° {copy}", f"<p>{words} en bon état</p>", draw_photo(code, copy * 10 + place)), code)
        for code in CODES
        for place, words in enumerate(WORDS[code])
        for copy in range(2)
    ]


@pytest.fixture(scope="session")
def manifest_draft() -> Manifest:
    """What a training says; publish fills in version, time and files."""
    conformal = ConformalEntry(coverage=0.9, threshold=0.9)
    return Manifest(
        version="",
        created=datetime.now(UTC),
        categories=[CategoryEntry(prdtypecode=c, name_fr=f"nom {c}", name_en=f"name {c}") for c in CODES],
        data=DataEntry(fingerprint="0" * 64, rows=30, synthetic=True),
        experts=[
            ExpertEntry(name="linear", modality="text", directory="text/linear", temperature=0.8, weight=0.6),
            ExpertEntry(name="lite0", modality="image", directory="image/lite0", temperature=1.2, weight=0.4),
        ],
        fusion="geometric",
        situations={
            "text": SituationEntry(temperature=1.1, rows=30, conformal=conformal),
            "image": SituationEntry(temperature=0.9, rows=30, conformal=None),
            "both": SituationEntry(temperature=0.7, rows=30, conformal=conformal),
        },
        metrics={},
        training={},
        parent=None,
        libraries={},
        files={},
    )


def write_experts(directory: Path, listings: list[tuple[Listing, int]]) -> None:
    class_index = np.array([CODES.index(code) for _, code in listings])
    texts = [prepare_text(listing) for listing, _ in listings]
    vectorizers = new_vectorizers(len(texts))
    features = hstack([v.fit_transform([linear_text(text) for text in texts]) for v in vectorizers.values()])
    head = LogisticRegression().fit(features, class_index)
    LinearExpert(fitted_tfidf(vectorizers), head.coef_.T, head.intercept_).save(directory / "text" / "linear")

    pixels = np.stack([prepare_image(listing.image) for listing, _ in listings if listing.image is not None])
    head = LogisticRegression().fit(Lite0Features(2).features(pixels), class_index)
    Lite0Expert.save(directory / "image" / "lite0", coef=head.coef_.T, bias=head.intercept_)


@pytest.fixture(scope="session")
def tiny_store(
    tmp_path_factory: pytest.TempPathFactory, listings: list[tuple[Listing, int]], manifest_draft: Manifest
) -> ModelStore:
    """A store with one version, its champion. Read only."""
    store = ModelStore(tmp_path_factory.mktemp("models"))
    with store.staging() as staging:
        write_experts(staging, listings)
        store.publish(staging, manifest_draft, promote=True)
    return store


@pytest.fixture(scope="session")
def tiny_bundle(tiny_store: ModelStore) -> Path:
    """The directory of that version. Read only."""
    return tiny_store.open_path()


@pytest.fixture
def tiny_copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / tiny_bundle.name))
