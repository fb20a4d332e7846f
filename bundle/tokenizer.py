"""Turns texts into token ids: the first 50 words of a text, by a vocabulary learned from the training texts."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import tokenizers
from tokenizers import Regex, models, normalizers, pre_tokenizers, trainers

from bundle.error import DamagedBundleError

MAX_TOKENS = 50
"""Words read of a text, as in the reference design."""

MAX_VOCABULARY = 20_000
PAD, UNKNOWN = "[PAD]", "[UNK]"
PAD_ID, UNKNOWN_ID = 0, 1


class Tokenizer:
    """Words, lower-cased and without accents, as ids; a word outside the vocabulary is `UNKNOWN_ID`.

    Stored as `tokenizer.json`, the Hugging Face `tokenizers` format.
    """

    def __init__(self, engine: tokenizers.Tokenizer) -> None:
        self._engine = engine
        self._engine.enable_truncation(MAX_TOKENS)

    @classmethod
    def train(cls, texts: Iterable[str], *, max_vocabulary: int = MAX_VOCABULARY) -> "Tokenizer":
        """Learn the vocabulary: the most frequent words, those that come once left out.

        Args:
            max_vocabulary: the two special tokens included.
        """
        engine = tokenizers.Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        engine.normalizer = normalizers.Sequence(
            [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
        )
        # Everything between letters and digits separates words and goes: 50 places are few.
        engine.pre_tokenizer = pre_tokenizers.Split(Regex(r"[^\p{L}\p{M}\p{N}]+"), behavior="removed")
        trainer = trainers.WordLevelTrainer(
            vocab_size=max_vocabulary, min_frequency=2, special_tokens=[PAD, UNKNOWN], show_progress=False
        )
        engine.train_from_iterator(texts, trainer)
        return cls(engine)

    @classmethod
    def open(cls, path: Path) -> "Tokenizer":
        """Read `tokenizer.json`.

        Raises:
            DamagedBundleError: the file is missing or no tokenizer of ours.
        """
        try:
            engine = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise DamagedBundleError(str(path), f"not a tokenizer ({error})") from error
        if engine.token_to_id(PAD) != PAD_ID or engine.token_to_id(UNKNOWN) != UNKNOWN_ID:
            raise DamagedBundleError(str(path), "not a tokenizer of ours (special tokens differ)")
        return cls(engine)

    def save(self, path: Path) -> None:
        self._engine.save(str(path))

    @property
    def vocabulary_size(self) -> int:
        return self._engine.get_vocab_size()

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Ids of the texts, padded on the right to the longest of them.

        A text without any word is one unknown word, so that no length is 0.

        Returns:
            token_ids (n, longest) int32 and lengths (n,) int32, 1 to `MAX_TOKENS`.
        """
        rows = [encoding.ids or [UNKNOWN_ID] for encoding in self._engine.encode_batch_fast(list(texts))]
        lengths = np.array([len(row) for row in rows], np.int32)
        token_ids = np.full((len(rows), max(lengths, default=1)), PAD_ID, np.int32)
        for place, row in enumerate(rows):
            token_ids[place, : len(row)] = row
        return token_ids, lengths
