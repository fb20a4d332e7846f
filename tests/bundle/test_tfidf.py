"""The served vectors are those that scikit-learn fitted."""

import numpy as np
import pytest

from bundle.tfidf import Tfidf
from train.linear import fitted_tfidf, new_vectorizers

TEXTS = [
    "Cafetière à piston 1 L . Cafetière à piston 1 L . Neuve, dans sa boîte",
    "LOT de 3 tomes ONE PIECE n°12-14",
    "a b c d'été",
    "",
    "   \t\n ",
    "Straße œuvre ﬁn İstanbul ½ ²",
    "日本語 テキスト 🎮🎮 ps4",
    "x",
    "piscine piscine piscine hors-sol hors_sol 4x8m",
    "e\u0301te\u0301 été ETE",
]


@pytest.mark.parametrize("analyzer", ["word", "char"])
def test_every_text_gets_the_same_numbers(analyzer: str) -> None:
    vectorizer = new_vectorizers(len(TEXTS))[analyzer]  # type: ignore[index]
    expected = vectorizer.fit_transform(TEXTS).toarray()
    tfidf = fitted_tfidf({analyzer: vectorizer})[analyzer]  # type: ignore[dict-item, index]
    unseen = ["cafetière inconnue", "Tome 12 été", *TEXTS]
    for text, row in zip(unseen, np.vstack([vectorizer.transform(unseen[:2]).toarray(), expected]), strict=True):
        columns, values = tfidf.row(text)
        got = np.zeros_like(row)
        got[columns] = values
        np.testing.assert_allclose(got, row, atol=1e-6, err_msg=text)


def test_terms_without_their_idf_are_refused() -> None:
    with pytest.raises(ValueError, match="2 word terms have 1 idf values"):
        Tfidf("word", ["a", "b"], np.ones(1))
