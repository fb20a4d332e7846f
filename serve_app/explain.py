"""Asks the models of a version why they voted as they did: the same listing again, each time with a part taken away."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

import numpy as np

from bundle.explain import Grid, Words, covered, text_read, weights, without, words_of
from bundle.fusion import Prediction, Vote
from bundle.image import SquaredPhoto
from bundle.manifest import Modality
from bundle.text import CleanText
from serve_app.answer import Explanation, ImageExplanation, TextExplanation, WordWeight
from serve_app.serving import Serving

AT_A_TIME = 8
"""Variants of one modality that are under way at once: the listings of others go in between."""

ROOM = 2 * AT_A_TIME
"""Listings that an explanation has under way, beside the one it explains: texts and photos."""

AT_ONCE = 2
"""Explanations that ask the models; more take turns, or else a plain listing would wait for a call of each."""

DIGITS = 4

Part = TypeVar("Part")


async def explain(
    serving: Serving,
    prediction: Prediction,
    *,
    text: CleanText | None,
    photo: SquaredPhoto | None,
    threads: Executor,
) -> Explanation:
    """The parts of a listing that each vote rests on.

    Args:
        serving: what answered `prediction`.
        text, photo: what the listing brought.
        threads: where variants are made.
    Returns:
        Without a modality that had no say, or whose model is lost meanwhile.
    """
    asking = _Asking(serving, threads)
    of_text, of_image = await asyncio.gather(
        _of_text(asking, text, prediction.votes["text"]), _of_image(asking, photo, prediction.votes["image"])
    )
    return Explanation.model_construct(text=of_text, image=of_image)


class _Asking:
    """One explanation's way to the models."""

    def __init__(self, serving: Serving, threads: Executor) -> None:
        self.codes = serving.manifest.codes
        self._serving = serving
        self._threads = threads

    async def without_each(
        self, modality: Modality, parts: Sequence[Part], make: Callable[[Sequence[Part]], Sequence[Any]]
    ) -> np.ndarray | None:
        """(parts, categories) votes, one for each part taken away; None when the model does not answer.

        Args:
            make: the variants without some of the parts.
        """
        votes: list[np.ndarray] = []
        for start in range(0, len(parts), AT_A_TIME):
            variants = await self.in_thread(make, parts[start : start + AT_A_TIME])
            said = await asyncio.gather(*map(self._serving.clients[modality].votes, variants))
            experts = [vote for vote in said if vote is not None]
            if len(experts) < len(said):
                return None
            votes.append(self._serving.fusion.vote(modality, np.stack(experts)))
        return np.concatenate(votes)

    async def in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


async def _of_text(asking: _Asking, text: CleanText | None, vote: Vote | None) -> TextExplanation | None:
    if text is None or vote is None:
        return None
    read = text_read(text)
    words = await asking.in_thread(words_of, read)
    if len(words) > 1:
        votes = await asking.without_each("text", words, lambda some: [without(read, one) for one in some])
        if votes is None:
            return None
    else:
        # Nothing to read is left without its only word, and then every category is as likely as another.
        votes = np.full((1, len(asking.codes)), 1 / len(asking.codes))
    first = int(vote.probabilities.argmax())
    return TextExplanation.model_construct(
        prdtypecode=asking.codes[first],
        probability=float(vote.probabilities[first]),
        designation=read.designation,
        description=read.description,
        words=[
            WordWeight.model_construct(
                field=one.field,
                start=one.start,
                end=one.end,
                word=_written(read, one),
                weight=round(float(weight), DIGITS),
            )
            for one, weight in zip(words, weights(vote.probabilities[first], votes[:, first]), strict=True)
        ],
    )


def _written(read: CleanText, words: Words) -> str:
    return (read.designation if words.field == "designation" else read.description)[words.start : words.end]


async def _of_image(asking: _Asking, photo: SquaredPhoto | None, vote: Vote | None) -> ImageExplanation | None:
    if photo is None or vote is None:
        return None
    grid = Grid.over(photo.area)
    votes = await asking.without_each("image", grid.patches, lambda some: list(covered(photo, some)))
    if votes is None:
        return None
    first = int(vote.probabilities.argmax())
    heat = weights(vote.probabilities[first], votes[:, first]).reshape(grid.rows, grid.columns)
    return ImageExplanation.model_construct(
        prdtypecode=asking.codes[first],
        probability=float(vote.probabilities[first]),
        heat=heat.round(DIGITS).tolist(),
    )
