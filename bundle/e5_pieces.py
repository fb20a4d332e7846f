"""How a text becomes the pieces that multilingual-e5-small reads: XLM-R's Unigram model, Latin script only."""

import itertools
from collections.abc import Sequence

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

START_ID, PAD_ID, END_ID, UNKNOWN_ID = 0, 1, 2, 3
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MARK = "▁"
"""Stands for the space before a word."""

PROMPT = "query: "
"""What the network was taught to expect before a text that is compared with its like (Wang et al. 2024)."""


class E5Pieces:
    """Cuts texts into pieces, the likeliest way by the pieces' scores.

    Args:
        pieces: by piece id, `SPECIAL` first.
        scores: (pieces,) float, log-probabilities.
    Source: Kudo 2018 (Unigram); the normalisation is XLM-R's (nmt_nfkc, one space at most).
    """

    def __init__(self, pieces: Sequence[str], scores: np.ndarray) -> None:
        if tuple(pieces[: len(SPECIAL)]) != SPECIAL or len(pieces) != len(scores):
            raise ValueError("the pieces are not those of multilingual-e5-small")
        engine = Tokenizer(models.Unigram(list(zip(pieces, scores.tolist(), strict=True)), UNKNOWN_ID, False))
        engine.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        engine.pre_tokenizer = pre_tokenizers.Metaspace(MARK, "always")
        self._engine = engine

    def encode(self, texts: Sequence[str], *, max_pieces: int) -> list[list[int]]:
        """Ids of each text behind the prompt, between `START_ID` and `END_ID`.

        Args:
            max_pieces: start, prompt and end included; what is beyond is not read.
        """
        # Characters cost time before the cut: no piece of a title is longer than this on average.
        prompted = [PROMPT + text[: max_pieces * 16] for text in texts]
        encodings = self._engine.encode_batch_fast(prompted)
        return [[START_ID, *itertools.islice(encoding.ids, max_pieces - 2), END_ID] for encoding in encodings]
