"""Experts and modalities are pooled by weight, answers tempered, sets large enough for their promise."""

import numpy as np
import pytest

from bundle.error import UnusableListingError
from bundle.fusion import Fusion, conformal_sets, pool, softmax, temper
from bundle.manifest import ExpertEntry, Manifest, SituationEntry


def expert(name: str, modality: str, weight: float) -> ExpertEntry:
    entry = {"name": name, "modality": modality, "directory": f"{modality}/{name}", "temperature": 1, "weight": weight}
    return ExpertEntry.model_validate(entry)


@pytest.fixture
def plain(manifest_draft: Manifest) -> Manifest:
    """Two text experts (0.4, 0.2) and one image expert (0.4), no temperature."""
    experts = [expert("linear", "text", 0.4), expert("bigru", "text", 0.2), expert("lite0", "image", 0.4)]
    situations = {
        name: entry.model_copy(update={"temperature": 1.0}) for name, entry in manifest_draft.situations.items()
    }
    return manifest_draft.model_copy(update={"experts": experts, "situations": situations})


TEXT = np.array([[0.6, 0.3, 0.1], [0.3, 0.3, 0.4]], np.float32)
IMAGE = np.array([[0.1, 0.1, 0.8]], np.float32)


POOLED = TEXT[0] ** (2 / 3) * TEXT[1] ** (1 / 3) / (TEXT[0] ** (2 / 3) * TEXT[1] ** (1 / 3)).sum()


def test_experts_of_one_modality_are_pooled_and_none_has_a_veto() -> None:
    np.testing.assert_allclose(pool(TEXT, np.array([2 / 3, 1 / 3])), POOLED, atol=1e-6)
    sure, unsure = [1.0, 0.0, 0.0], [0.1, 0.8, 0.1]
    assert pool(np.array([sure, unsure]), np.array([0.1, 0.9])).argmax() == 1


def test_a_modality_is_asked_for_its_vote_alone(plain: Manifest) -> None:
    np.testing.assert_allclose(Fusion(plain).vote("text", np.stack([TEXT, TEXT])), [POOLED, POOLED], atol=1e-6)
    np.testing.assert_allclose(Fusion(plain).vote("image", IMAGE[None]), IMAGE, atol=1e-6)


def test_both_votes_are_pooled_by_their_experts_weights(plain: Manifest) -> None:
    (prediction,) = Fusion(plain).answer([TEXT], [IMAGE])
    expected = POOLED**0.6 * IMAGE[0] ** 0.4
    np.testing.assert_allclose(prediction.probabilities, expected / expected.sum(), atol=1e-6)
    text, image = prediction.votes["text"], prediction.votes["image"]
    assert text is not None
    assert image is not None
    assert (text.weight, image.weight) == pytest.approx((0.6, 0.4))
    np.testing.assert_allclose(text.probabilities, POOLED, atol=1e-6)
    assert (prediction.absent, prediction.degraded) == ([], [])


def test_a_bundle_of_before_adds_its_votes(plain: Manifest) -> None:
    before = {name: value for name, value in plain.model_dump().items() if name != "fusion"}
    (prediction,) = Fusion(Manifest.model_validate(before)).answer([TEXT], [IMAGE])
    np.testing.assert_allclose(prediction.probabilities, 0.6 * POOLED + 0.4 * IMAGE[0], atol=1e-6)


def test_one_modality_answers_alone_with_the_whole_weight(plain: Manifest) -> None:
    fusion = Fusion(plain)
    (by_text,) = fusion.answer([TEXT], None)
    np.testing.assert_allclose(by_text.probabilities, POOLED, atol=1e-6)
    assert by_text.votes["text"] is not None
    assert by_text.votes["text"].weight == 1
    assert by_text.votes["image"] is None
    assert by_text.absent == ["image"]
    (by_image,) = fusion.answer(None, [IMAGE])
    np.testing.assert_allclose(by_image.probabilities, IMAGE[0], atol=1e-6)
    assert by_image.absent == ["text"]


def test_what_was_sent_and_not_used_is_degraded_and_not_absent(plain: Manifest) -> None:
    (prediction,) = Fusion(plain).answer([TEXT], [None], degraded=[["image"]])
    assert (prediction.absent, prediction.degraded) == ([], ["image"])


def test_a_list_of_all_situations_is_answered_as_each_alone(manifest_draft: Manifest) -> None:
    rng = np.random.default_rng(0)
    fusion = Fusion(manifest_draft)
    text = [softmax(rng.normal(size=(1, 3))) if row % 3 != 1 else None for row in range(12)]
    image = [softmax(rng.normal(size=(1, 3))) if row % 3 != 0 else None for row in range(12)]
    for row, together in enumerate(fusion.answer(text, image)):
        (alone,) = fusion.answer([text[row]], [image[row]])
        np.testing.assert_allclose(together.probabilities, alone.probabilities, atol=1e-6)
        assert together.category_set == alone.category_set
        assert together.absent == alone.absent
        assert together.probabilities.sum() == pytest.approx(1, abs=1e-6)


def test_an_array_of_votes_serves_as_a_list(plain: Manifest) -> None:
    assert len(Fusion(plain).answer(np.stack([TEXT, TEXT]), np.stack([IMAGE, IMAGE]))) == 2
    assert Fusion(plain).answer([], []) == []


def test_a_listing_without_any_vote_is_named(plain: Manifest) -> None:
    with pytest.raises(UnusableListingError, match="listing 1"):
        Fusion(plain).answer([TEXT, None], [IMAGE, None])


def test_a_modality_without_weight_has_no_say_beside_the_other_and_answers_alone(manifest_draft: Manifest) -> None:
    experts = [expert("linear", "text", 1), expert("lite0", "image", 0)]
    situations = {"text": manifest_draft.situations["text"]}
    fusion = Fusion(manifest_draft.model_copy(update={"experts": experts, "situations": situations}))
    (both,) = fusion.answer([TEXT[:1]], [IMAGE])
    np.testing.assert_allclose(both.probabilities, TEXT[0], atol=1e-6)
    (photo,) = fusion.answer(None, [IMAGE])
    np.testing.assert_allclose(photo.probabilities, IMAGE[0], atol=1e-6)
    assert (photo.coverage, photo.category_set) == (None, [])


def test_each_situation_has_its_own_temperature_and_promise(manifest_draft: Manifest) -> None:
    fusion = Fusion(manifest_draft)
    (photo,) = fusion.answer(None, [IMAGE])
    np.testing.assert_allclose(photo.probabilities, temper(IMAGE.astype(float), 0.9)[0], atol=1e-6)
    assert photo.coverage is None
    (text,) = fusion.answer([TEXT[:1]], None)
    assert text.coverage == 0.9
    assert text.category_set == [0, 1, 2][: len(text.category_set)]


def test_a_temperature_keeps_the_order_and_spares_zero() -> None:
    probabilities = np.array([[0.7, 0.3, 0.0]])
    softer = temper(probabilities, 2)
    assert softer.sum() == pytest.approx(1)
    assert softer[0].argsort().tolist() == probabilities[0].argsort().tolist()
    assert softer[0, 0] < 0.7
    np.testing.assert_allclose(temper(probabilities, 1), probabilities, atol=1e-9)


def test_a_vote_is_the_answer_to_a_listing_that_brings_nothing_else(manifest_draft: Manifest) -> None:
    fusion = Fusion(manifest_draft)
    (alone,) = fusion.answer(None, [IMAGE])
    (together,) = fusion.answer([TEXT[:1]], [IMAGE])
    assert together.votes["image"] is not None
    np.testing.assert_array_equal(together.votes["image"].probabilities, alone.probabilities)
    np.testing.assert_allclose(alone.probabilities, temper(IMAGE, 0.9)[0], atol=1e-6)


def test_a_set_is_the_fewest_categories_that_reach_the_threshold() -> None:
    probabilities = np.array([[0.5, 0.3, 0.2], [0.05, 0.9, 0.05]])
    assert conformal_sets(probabilities, 0.7) == [[0, 1], [1]]
    assert conformal_sets(probabilities, 0.0) == [[0], [1]]
    assert conformal_sets(probabilities, 2.0) == [[0, 1, 2], [1, 0, 2]]


def test_equal_probabilities_rank_in_the_manifests_order(plain: Manifest) -> None:
    (prediction,) = Fusion(plain).answer(None, [np.full((1, 3), 1 / 3)])
    assert prediction.ranking.tolist() == [0, 1, 2]


def test_a_missing_situation_is_answered_without_a_promise(plain: Manifest) -> None:
    situations: dict[str, SituationEntry] = {}
    (prediction,) = Fusion(plain.model_copy(update={"situations": situations})).answer([TEXT], [IMAGE])
    assert prediction.coverage is None
