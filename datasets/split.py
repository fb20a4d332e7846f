"""Which rows belong together, and folds that keep them on one side.

Rows belong together when they have the same product, group, text (also nearly the same) or photo. Texts are nearly the
same when their titles have the same words, or differ by one: one more (of five or more), another one (of nine or
more), or one written differently (of four or more: a typing error). Titles of one or two words, such as "livre", say
too little to tie rows whose descriptions differ.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from datasets.clean import clean
from datasets.listing import Product
from datasets.photo import photo_key

_WORD = re.compile(r"[^\W_]+")
_MIN_TITLE_WORDS = 3  # fewer are generic: the description has to be the same as well
_MIN_WORDS_ONE_MORE = 5
_MIN_WORDS_ONE_OTHER = 9
_MIN_WORDS_TYPO = 4
_TYPO_LIKENESS = 0.8
_DESCRIPTION_CHARACTERS = 600


def group_ids(products: Sequence[Product]) -> np.ndarray:
    """Group of each row, so that no two rows of different groups show the same thing.

    Returns:
        (n,) int64, 0 for the first row's group and on in order of appearance.
    """
    edges: list[tuple[int, int]] = []
    edges += _chain((product.productid, row) for row, product in enumerate(products) if product.productid > 0)
    edges += _chain((product.group, row) for row, product in enumerate(products) if product.group)
    edges += text_edges(products)
    edges += photo_edges(products)
    return components(edges, len(products))


def group_folds(labels: np.ndarray, groups: np.ndarray, *, folds: int, seed: int) -> np.ndarray:
    """Fold of each row: no group in two folds, each category spread as evenly as its groups allow.

    Unlike scikit-learn's StratifiedGroupKFold, whose aim it shares, a category with fewer rows than folds is fine, and
    50,000 groups take a second.

    Args:
        labels: (n,) categories, any values.
        groups: (n,) group of each row.
        folds: at least 2.
    Returns:
        (n,) int64 in 0..folds-1, 0 the fold of most groups.
    """
    if folds < 2:
        raise ValueError(f"folds must be at least 2, not {folds}")
    random = np.random.default_rng(seed)
    categories, class_index = np.unique(labels, return_inverse=True)
    _, group_index = np.unique(groups, return_inverse=True)
    rows_of_group = np.split(np.argsort(group_index, kind="stable"), np.cumsum(np.bincount(group_index))[:-1])
    in_category = np.bincount(class_index, minlength=len(categories))
    filled = np.zeros((folds, len(categories)))
    sizes = np.zeros(folds)
    fold_of_row = np.zeros(len(labels), dtype=np.int64)
    # Large groups first, while every fold still has room; the shuffle decides among equals.
    order = random.permutation(len(rows_of_group))
    for group in order[np.argsort([-len(rows_of_group[g]) for g in order], kind="stable")]:
        rows = rows_of_group[group]
        present, counts = np.unique(class_index[rows], return_counts=True) if len(rows) > 1 else (class_index[rows], 1)
        share = filled[:, present] / in_category[present]
        crowding = share @ (counts / in_category[present]) if len(rows) > 1 else share[:, 0]
        emptiest = np.flatnonzero(crowding <= crowding.min() + 1e-12)
        fold = emptiest[np.argmin(sizes[emptiest])]
        filled[fold, present] += counts
        sizes[fold] += len(rows)
        fold_of_row[rows] = fold
    # Large groups are all dealt to the first folds, which are thus the least like the whole; they are named last.
    groups_of_fold = [len(np.unique(group_index[fold_of_row == fold])) for fold in range(folds)]
    rank = np.empty(folds, dtype=np.int64)
    rank[np.argsort([-count for count in groups_of_fold], kind="stable")] = np.arange(folds)
    return rank[fold_of_row]


def text_edges(products: Sequence[Product]) -> list[tuple[int, int]]:
    """Rows that say the same or nearly the same."""
    keyed: list[tuple[str, int]] = []
    words_of: dict[int, list[str]] = {}
    for row, product in enumerate(products):
        title, title_words = _words(product.designation)
        description, description_words = _words(product.description[:_DESCRIPTION_CHARACTERS])
        if title or description:
            keyed.append((f"{title}\n{description}", row))
        words = title_words or description_words
        if len(words) >= _MIN_TITLE_WORDS:
            keyed.append((title or description, row))
            words_of[row] = sorted(words)
    return _chain(keyed) + _near_edges(words_of)


def _near_edges(words_of: dict[int, list[str]]) -> list[tuple[int, int]]:
    """Rows whose sets of words are equal or differ by one word.

    A set is the sum of its words' 64-bit hashes, so that a set less one word costs one subtraction: two sets that
    differ by one word meet there. No pair is ever compared that doesn't meet.
    """
    hashes: dict[str, int] = {}
    whole: dict[int, list[int]] = defaultdict(list)  # hash of a set -> its rows
    less_one: dict[int, list[tuple[str, int, int]]] = defaultdict(list)  # hash of a set less a word -> word, size, row
    for row, words in words_of.items():
        for word in words:
            if word not in hashes:
                hashes[word] = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
        total = sum(hashes[word] for word in words) & 0xFFFFFFFFFFFFFFFF
        first_of_its_kind = total not in whole
        whole[total].append(row)
        if first_of_its_kind and len(words) >= _MIN_WORDS_TYPO:
            for word in words:
                less_one[(total - hashes[word]) & 0xFFFFFFFFFFFFFFFF].append((word, len(words), row))
    edges = [(rows[0], row) for rows in whole.values() for row in rows[1:]]
    for rest, others in less_one.items():
        if rest in whole and others[0][1] >= _MIN_WORDS_ONE_MORE:
            edges += [(whole[rest][0], row) for _, _, row in others]
        if len(others) > 1:
            edges += _one_other(others)
    return edges


def _one_other(others: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Rows that share all words but one: with many words they are one text, with fewer where the one is misspelt."""
    if others[0][1] >= _MIN_WORDS_ONE_OTHER:
        yield from ((others[0][2], row) for _, _, row in others[1:])
        return
    for spell in (lambda word: word, lambda word: word[::-1]):  # neighbours by their beginning, then by their end
        ordered = sorted(others, key=lambda other: spell(other[0]))
        for (word, _, row), (next_word, _, next_row) in pairwise(ordered):
            if _misspelt(word, next_word):
                yield row, next_row


def _misspelt(word: str, other: str) -> bool:
    if word.isalpha() and other.isalpha() and min(len(word), len(other)) >= 4:
        return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _TYPO_LIKENESS
    return False


def photo_edges(products: Sequence[Product]) -> list[tuple[int, int]]:
    """Rows whose photos have the same bytes; only photos of equal size are read."""
    by_size: dict[int, list[tuple[Path, int]]] = defaultdict(list)
    for row, product in enumerate(products):
        if product.image is not None:
            by_size[product.image.stat().st_size].append((product.image, row))
    keyed = [(photo_key(path), row) for same in by_size.values() if len(same) > 1 for path, row in same]
    return _chain(keyed)


def _chain(keyed: "Sequence[tuple[object, int]] | Iterator[tuple[object, int]]") -> list[tuple[int, int]]:
    """An edge from each row to the first one of the same key."""
    first: dict[object, int] = {}
    return [(first[key], row) for key, row in keyed if first.setdefault(key, row) != row]


def components(edges: list[tuple[int, int]], count: int) -> np.ndarray:
    if not count:
        return np.zeros(0, dtype=np.int64)
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    _, first, inverse = np.unique(component, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _words(raw: str) -> tuple[str, set[str]]:
    """A text as one row of letters, without the spaces, case, accents and marks that sellers set or not; its words."""
    text = clean(raw).casefold()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = _WORD.findall(text)
    return "".join(words) or text, set(words)
