"""A bundle answers: alone or in company, with text, photo or both, and says what it could not use."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bundle.error import BundleError, DamagedBundleError, UnusableListingError
from bundle.image import IMAGE_PX
from bundle.predictor import Predictor
from bundle.text import prepare_text
from bundle.verify import file_entry, file_names, read_manifest
from datasets.listing import Listing

Labelled = list[tuple[Listing, int]]

MEMORY = """
import sys
from pathlib import Path
import numpy as np
from bundle.predictor import Predictor
predictor = Predictor.open(Path(sys.argv[1]), modalities=[sys.argv[2]], threads=1)
if sys.argv[2] == "image":
    predictor.image_votes(np.zeros((16, 288, 288, 3), np.uint8))
else:
    from bundle.text import CleanText
    predictor.text_votes([CleanText("livre", "")] * 16)
foreign = [name for name in ("tensorflow", "keras", "torch", "ray") if name in sys.modules]
# Not ru_maxrss: a child starts with the peak of the process that forked it.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024, *foreign)
"""


@pytest.fixture(scope="module")
def predictor(tiny_bundle: Path) -> Iterator[Predictor]:
    yield Predictor.open(tiny_bundle, threads=2)


def codes(predictor: Predictor, listings: list[Listing]) -> list[int]:
    return [predictor.manifest.codes[p.ranking[0]] for p in predictor.predict(listings)]


def test_listings_go_on_their_shelves(predictor: Predictor, listings: Labelled) -> None:
    expected = [code for _, code in listings]
    assert codes(predictor, [listing for listing, _ in listings]) == expected
    assert codes(predictor, [replace(listing, image=None) for listing, _ in listings]) == expected
    assert codes(predictor, [Listing(image=listing.image) for listing, _ in listings]) == expected


def test_a_listing_answers_the_same_alone_and_in_any_company(predictor: Predictor, listings: Labelled) -> None:
    mixed = [
        replace(listing, image=None) if row % 3 == 0 else Listing(image=listing.image) if row % 3 == 1 else listing
        for row, (listing, _) in enumerate(listings)
    ]
    together = predictor.predict(mixed)
    for batch in (1, 7):
        for one, other in zip(together, predictor.predict(mixed, batch=batch), strict=True):
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-3)
            assert one.ranking.tolist() == other.ranking.tolist()
            assert one.category_set == other.category_set


def test_predict_is_the_votes_fused(predictor: Predictor, listings: Labelled) -> None:
    listing, _ = listings[0]
    (prediction,) = predictor.predict([listing])
    text = predictor.text_votes([prepare_text(listing)])
    assert text.shape == (1, 1, 3)
    assert text.dtype == np.float32
    assert text.sum() == pytest.approx(1, abs=1e-5)
    vote = prediction.votes["text"]
    assert vote is not None
    assert vote.weight == pytest.approx(0.6)
    (alone,) = predictor.predict([replace(listing, image=None)])
    np.testing.assert_allclose(vote.probabilities, alone.probabilities, atol=1e-6)
    assert prediction.coverage == 0.9
    assert prediction.absent == []


def test_a_listing_without_photo_is_answered_by_text_alone(predictor: Predictor) -> None:
    (prediction,) = predictor.predict([Listing("piscine gonflable")])
    assert prediction.votes["image"] is None
    assert (prediction.absent, prediction.degraded, prediction.photo_error) == (["image"], [], None)


def test_a_broken_photo_costs_the_photo_and_not_the_listing(predictor: Predictor) -> None:
    whole, broken = predictor.predict([Listing("peluche"), Listing("peluche", image=b"\xff\xd8\xff broken")])
    np.testing.assert_allclose(whole.probabilities, broken.probabilities, atol=1e-6)
    assert broken.absent == ["image"]
    assert broken.photo_error


@pytest.mark.parametrize(
    ("listing", "reason"),
    [
        (Listing(), "neither text nor photo"),
        (Listing(" ", "<br>"), "neither text nor photo"),
        (Listing(image=b"GIF8 but no more"), "photo cannot be used"),
        (Listing(image=Path("nowhere.jpg")), "photo cannot be used"),
    ],
)
def test_a_listing_with_nothing_to_go_by_is_named(predictor: Predictor, listing: Listing, reason: str) -> None:
    good = Listing("peluche")
    with pytest.raises(UnusableListingError, match=reason) as caught:
        predictor.predict([good, good, good, listing], batch=2)
    assert caught.value.index == 3
    assert isinstance(caught.value, ValueError)


def test_a_modality_that_is_not_open_is_told(tiny_bundle: Path, listings: Labelled) -> None:
    text_only = Predictor.open(tiny_bundle, modalities=["text"], threads=1)
    (prediction,) = text_only.predict([listings[0][0]])
    assert (prediction.absent, prediction.degraded) == ([], ["image"])
    with pytest.raises(BundleError, match="no image expert"):
        text_only.image_votes(np.zeros((1, IMAGE_PX, IMAGE_PX, 3), np.uint8))
    with pytest.raises(UnusableListingError, match="only a photo"):
        text_only.predict([Listing(image=listings[0][0].image)])


def test_pixels_of_another_kind_are_refused(predictor: Predictor) -> None:
    with pytest.raises(ValueError, match="uint8"):
        predictor.image_votes(np.zeros((1, IMAGE_PX, IMAGE_PX, 3), np.float32))


def test_a_damaged_bundle_is_not_opened(tiny_copy: Path) -> None:
    (tiny_copy / "image/lite0/model.bin").write_bytes(b"")
    with pytest.raises(DamagedBundleError, match=r"model\.bin"):
        Predictor.open(tiny_copy)


def test_an_expert_of_a_later_program_is_named(tiny_copy: Path) -> None:
    manifest = tiny_copy / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"lite0"', '"lite9"'), "utf-8")
    with pytest.raises(DamagedBundleError, match="lite9"):
        Predictor.open(tiny_copy)


def republished(bundle: Path, **fields: Any) -> None:
    """Write the manifest anew, so that only what is wrong inside the files is left to find."""
    manifest = read_manifest(bundle).model_copy(update=fields)
    files = {name: file_entry(bundle / name) for name in sorted(file_names(bundle))}
    (bundle / "manifest.json").write_text(manifest.model_copy(update={"files": files}).model_dump_json(), "utf-8")


@pytest.mark.parametrize("name", ["text/linear/terms.json", "text/linear/linear.safetensors", "image/lite0/model.xml"])
def test_files_that_are_no_expert_are_named_although_their_sums_are_right(tiny_copy: Path, name: str) -> None:
    (tiny_copy / name).write_bytes(b"nothing of the kind")
    republished(tiny_copy)
    with pytest.raises(DamagedBundleError, match=name.rpartition("/")[0]):
        Predictor.open(tiny_copy)


def test_an_expert_of_other_categories_is_refused(tiny_copy: Path) -> None:
    republished(tiny_copy, categories=read_manifest(tiny_copy).categories[:2])
    with pytest.raises(DamagedBundleError, match="not 2 finite ones"):
        Predictor.open(tiny_copy)


def test_a_gpu_replica_without_a_keras_form_answers_by_the_openvino_form(tiny_bundle: Path) -> None:
    pixels = np.zeros((1, IMAGE_PX, IMAGE_PX, 3), np.uint8)
    votes = [Predictor.open(tiny_bundle, modalities=["image"], device=d).image_votes(pixels) for d in ("cpu", "gpu")]
    np.testing.assert_allclose(*votes, atol=1e-5)


def test_several_threads_get_their_own_answers(predictor: Predictor, listings: Labelled) -> None:
    single = [predictor.predict([listing])[0] for listing, _ in listings]
    with ThreadPoolExecutor(4) as pool:
        parallel = list(pool.map(lambda labelled: predictor.predict([labelled[0]])[0], listings))
    for one, other in zip(single, parallel, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


@pytest.mark.parametrize("modality", ["text", "image"])
def test_a_replica_is_small_and_free_of_training_code(tiny_bundle: Path, modality: str) -> None:
    command = [sys.executable, "-c", MEMORY, str(tiny_bundle), modality]
    megabytes, *foreign = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert foreign == []
    assert int(megabytes) < 500
