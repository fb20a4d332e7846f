"""What a Keras training holds out is enough to choose an epoch by, and tells how to weigh text against photo."""

import numpy as np

from train.crossfit import ENOUGH, held_out_rows


def test_of_much_data_enough_is_held_out_and_the_rare_pairs_first() -> None:
    generator = np.random.default_rng(0)
    rows = 5 * 4000
    class_index, folds, groups = generator.integers(0, 27, rows), np.arange(rows) // 2 % 5, np.arange(rows) // 2
    paired = generator.uniform(size=rows) < 0.02

    is_held_out = held_out_rows(class_index, folds, groups, paired, seed=7)

    assert ENOUGH <= is_held_out.sum() <= ENOUGH + 2
    assert not is_held_out[folds != 0].any()
    assert is_held_out[paired & (folds == 0)].all()
    assert (is_held_out & ~paired).sum() > 1000
    assert np.array_equal(is_held_out[::2], is_held_out[1::2])  # no group on both sides


def test_a_category_of_one_fold_is_learned_from() -> None:
    folds = np.arange(500) % 5
    class_index = np.where(np.arange(500) == 5, 1, 0)

    is_held_out = held_out_rows(class_index, folds, np.arange(500), np.ones(500, bool), seed=7)

    assert not is_held_out[5]
    assert is_held_out.sum() == 99
