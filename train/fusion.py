"""Searches the weights of the answer on probabilities that no expert trained on."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.metrics import f1_score

from bundle.fusion import pool
from bundle.manifest import Modality

LEAST_MODALITY_WEIGHT = 0.05
"""A modality keeps a little weight, so that it can answer alone when the other is missing."""

WEIGHT_STEPS = 40

LOGIT_RANGE = 3.0
"""Of the weights searched inside a modality: no expert outweighs another by more than e ** 6."""


@dataclass(frozen=True, slots=True)
class HeldOutExpert:
    """What one expert said about rows it never saw.

    Attributes:
        probabilities: (n, categories) float32, calibrated; rows of NaN where the expert has no say.
    """

    name: str
    modality: Modality
    probabilities: np.ndarray

    @property
    def has_say(self) -> np.ndarray:
        """(n,) bool."""
        return ~np.isnan(self.probabilities[:, 0])


def search_weights(experts: list[HeldOutExpert], class_index: np.ndarray, *, wary: bool = False) -> dict[str, float]:
    """Weights of the experts, adding up to 1.

    Inside a modality they are searched on all its rows, between the modalities on the rows that have both, each time
    by `modality_objective`.

    Args:
        experts: at least one, all over the same n rows.
        class_index: (n,) int, column of the true category.
        wary: as `modality_share` has it.
    """
    votes: dict[Modality, np.ndarray] = {}
    inside: dict[str, float] = {}
    for modality in ("text", "image"):
        members = [expert for expert in experts if expert.modality == modality]
        if not members:
            continue
        shares = pool_weights([expert.probabilities for expert in members], class_index)
        inside |= {expert.name: share for expert, share in zip(members, shares, strict=True)}
        votes[modality] = pool(np.stack([expert.probabilities for expert in members], axis=1), shares)
    share_of_text = modality_share(votes["text"], votes["image"], class_index, wary=wary) if len(votes) == 2 else None
    outside = (
        {"text": 1.0, "image": 1.0} if share_of_text is None else {"text": share_of_text, "image": 1 - share_of_text}
    )
    return {expert.name: inside[expert.name] * outside[expert.modality] for expert in experts}


def pool_weights(probabilities: list[np.ndarray], class_index: np.ndarray) -> np.ndarray:
    """Weights of a modality's experts that answer best together, by `modality_objective`.

    Args:
        probabilities: per member (n, categories); rows where any member is NaN are left out.
    Returns:
        (members,) float64, adding up to 1; equal shares where no row is left.
    """
    members = len(probabilities)
    votes = np.stack(probabilities, axis=1)
    rows = ~np.isnan(votes).any(axis=(1, 2))
    if members == 1 or not rows.any():
        return np.full(members, 1 / members)

    def loss(logits: np.ndarray) -> float:
        return -modality_objective(pool(votes[rows], softmax(logits)), class_index[rows])

    found = minimize(loss, np.zeros(members), method="Powell", bounds=[(-LOGIT_RANGE, LOGIT_RANGE)] * members)
    weights: np.ndarray = softmax(found.x)
    return weights


def modality_share(text: np.ndarray, image: np.ndarray, class_index: np.ndarray, *, wary: bool = False) -> float:
    """Share of the text's vote that answers best over the rows with both votes, by `modality_objective`.

    Args:
        text, image: (n, categories) calibrated votes, NaN where missing.
        wary: of the shares whose likelihood is within one standard error of the best, take the one nearest to the
            modality that is better alone. For rows unlike those to answer, where the weaker one may be weaker still.
    Returns:
        In [LEAST_MODALITY_WEIGHT, 1 - LEAST_MODALITY_WEIGHT]. Without a row that has both: each modality's share of
        the sum of their own weighted F1.
    Source: Breiman et al. 1984 (the one-standard-error rule).
    """
    both = ~np.isnan(text[:, 0]) & ~np.isnan(image[:, 0])
    low, high = LEAST_MODALITY_WEIGHT, 1 - LEAST_MODALITY_WEIGHT
    if not both.any():
        scores = [_weighted_f1(vote, class_index) for vote in (text, image)]
        return float(np.clip(scores[0] / max(sum(scores), 1e-9), low, high))
    shares = np.linspace(low, high, WEIGHT_STEPS + 1)
    votes = np.stack([text[both], image[both]], axis=1)
    likelihoods = np.stack(
        [log_likelihoods(pool(votes, np.array([share, 1 - share])), class_index[both]) for share in shares]
    )
    means = likelihoods.mean(axis=1)
    best = int(np.argmax(means))
    if not wary:
        return float(shares[best])
    lost = likelihoods[best] - likelihoods
    near = shares[lost.mean(axis=1) <= lost.std(axis=1) / np.sqrt(both.sum())]
    return float(near[0] if means[0] > means[-1] else near[-1])


def modality_objective(probabilities: np.ndarray, class_index: np.ndarray) -> float:
    """What a fusion is judged by: the mean of `log_likelihoods`."""
    return float(log_likelihoods(probabilities, class_index).mean())


def log_likelihoods(probabilities: np.ndarray, class_index: np.ndarray, *, rounds: int = 6) -> np.ndarray:
    """Log-probability of each row's true category, after the temperature that suits all rows best.

    Smooth, so a few hundred rows are enough; the weighted F1 of so few rows jumps by more than what is searched for.
    A sum of votes that disagree is less sure than either, and serving mends that with the situation's temperature:
    judged before it, the likeliest share is nearly always one modality alone, also where the sum has the better F1.

    Args:
        probabilities: (n, categories) fused, before the situation's temperature.
        rounds: Newton steps for 1 / temperature, in which the likelihood is concave.
    Returns:
        (n,) float64.
    """
    logs = np.log(np.maximum(probabilities, 1e-9)).astype(np.float64)
    of_truth = logs[np.arange(len(class_index)), class_index]
    sharpness = 1.0
    for _ in range(rounds):
        tempered = softmax(sharpness * logs, axis=1)
        mean = (tempered * logs).sum(axis=1)
        variance = (tempered * logs**2).sum(axis=1) - mean**2
        step = (of_truth - mean).mean() / max(variance.mean(), 1e-9)
        sharpness = float(np.clip(sharpness + step, sharpness / 2, sharpness * 2))
    likelihoods: np.ndarray = sharpness * of_truth - np.log(np.exp(sharpness * logs).sum(axis=1))
    return likelihoods


def _weighted_f1(vote: np.ndarray, class_index: np.ndarray) -> float:
    rows = ~np.isnan(vote[:, 0])
    if not rows.any():
        return 0.0
    return float(f1_score(class_index[rows], vote[rows].argmax(axis=1), average="weighted", zero_division=0))
