"""The objective of the fusion search prefers what answers better, not what is surer before its temperature."""

import numpy as np
import pytest

from bundle.fusion import pool
from train.calibration import fit_sharpness, fit_temperature
from train.fusion import modality_objective, modality_share, pool_weights
from train.scores import weighted_f1


def calibrated_votes(rows: int, skill: float, truth: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    logits = generator.normal(size=(rows, 12))
    logits[np.arange(rows), truth] += skill
    exponentials = np.exp(logits / fit_temperature(logits, truth))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_two_votes_that_know_different_things_are_both_used() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 12, 1500)
    text, image = (calibrated_votes(1500, skill, truth, generator) for skill in (2.5, 1.6))

    share = modality_share(text, image, truth)

    assert 0.4 < share < 0.8
    fused = pool(np.stack([text, image], axis=1), np.array([share, 1 - share]))
    assert weighted_f1(fused, truth) > weighted_f1(text, truth) + 0.02


def test_where_rows_are_unlike_those_to_answer_doubt_goes_to_the_better_modality() -> None:
    generator = np.random.default_rng(4)
    truth = generator.integers(0, 12, 150)
    text, image = (calibrated_votes(150, skill, truth, generator) for skill in (2.5, 1.6))

    assert modality_share(text, image, truth, wary=True) > modality_share(text, image, truth)


def test_a_vote_that_knows_nothing_gets_hardly_any_share() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 12, 1500)
    text = calibrated_votes(1500, 2.5, truth, generator)
    image = generator.dirichlet(np.ones(12), 1500)

    assert modality_share(text, image, truth) > 0.85


def test_the_objective_is_the_likelihood_after_the_fitted_temperature() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 12, 800)
    mixed = np.mean([calibrated_votes(800, 2.0, truth, generator) for _ in range(2)], axis=0)

    tempered = mixed ** (1 / fit_sharpness(mixed, truth))
    tempered /= tempered.sum(axis=1, keepdims=True)

    expected = np.log(tempered[np.arange(800), truth]).mean()
    assert modality_objective(mixed, truth) == pytest.approx(expected, abs=1e-3)


def test_experts_of_a_modality_are_weighted_by_what_they_add() -> None:
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 12, 1500)
    strong, weak = (calibrated_votes(1500, skill, truth, generator) for skill in (2.5, 2.0))
    nothing = generator.dirichlet(np.ones(12), 1500)

    weights = pool_weights([strong, weak, nothing], truth)

    assert weights.sum() == pytest.approx(1)
    assert min(weights[:2]) > 0.3
    assert weights[2] < 0.1
    pooled = pool(np.stack([strong, weak, nothing], axis=1), weights)
    assert weighted_f1(pooled, truth) > weighted_f1(strong, truth) + 0.02
