"""From texts to token ids."""

from pathlib import Path

import numpy as np
import pytest

from bundle.error import DamagedBundleError
from bundle.tokenizer import MAX_TOKENS, PAD_ID, UNKNOWN_ID, Tokenizer

TEXTS = ["Piscine gonflable pour enfant", "piscine ronde", "Épée en bois, pour enfant", "épée ronde"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(TEXTS)


def test_case_accents_and_punctuation_do_not_matter(tokenizer: Tokenizer) -> None:
    token_ids, lengths = tokenizer.encode(["Épée, ronde!", "EPEE ronde", "e\u0301pe\u0301e - ronde", "épée\u00a0ronde"])
    assert lengths.tolist() == [2, 2, 2, 2]
    assert (token_ids == token_ids[0]).all() and (token_ids > UNKNOWN_ID).all()


def test_a_batch_is_padded_to_its_longest_text(tokenizer: Tokenizer) -> None:
    token_ids, lengths = tokenizer.encode(["piscine", "piscine pour enfant"])
    assert token_ids.dtype == lengths.dtype == np.int32
    assert token_ids.shape == (2, 3) and lengths.tolist() == [1, 3]
    assert token_ids[0, 1:].tolist() == [PAD_ID, PAD_ID]


def test_a_long_text_is_cut_at_fifty_words(tokenizer: Tokenizer) -> None:
    token_ids, lengths = tokenizer.encode(["piscine " * 20_000])
    assert token_ids.shape == (1, MAX_TOKENS) and lengths.tolist() == [MAX_TOKENS]


@pytest.mark.parametrize("text", ["", "   ", "!!! ***", "xylophone", "\x00\ufffd", "日本語"])
def test_a_text_without_a_known_word_is_unknown_and_never_empty(tokenizer: Tokenizer, text: str) -> None:
    token_ids, lengths = tokenizer.encode([text])
    assert set(token_ids.ravel().tolist()) == {UNKNOWN_ID} and lengths[0] >= 1


def test_the_vocabulary_keeps_the_most_frequent_words_up_to_its_cap() -> None:
    tokenizer = Tokenizer.train(["a a a b b b b c c"], max_vocabulary=4)
    assert tokenizer.vocabulary_size == 4
    assert tokenizer.encode(["b a c"])[0].tolist() == [[2, 3, UNKNOWN_ID]]


def test_saved_and_opened_it_gives_the_same_ids(tokenizer: Tokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.open(tmp_path / "tokenizer.json")
    for ours, theirs in zip(tokenizer.encode(TEXTS), again.encode(TEXTS), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("content", [None, "", "{}", '{"version": "1.0", "model": {"type": "WordLevel"}}'])
def test_a_missing_or_foreign_file_is_refused_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(DamagedBundleError, match=r"tokenizer\.json"):
        Tokenizer.open(path)


def test_no_text_at_all_gives_no_rows(tokenizer: Tokenizer) -> None:
    token_ids, lengths = tokenizer.encode([])
    assert len(token_ids) == len(lengths) == 0
