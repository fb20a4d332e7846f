"""Small parts of the training loop."""

import numpy as np

from train.batches import class_weights


def test_rare_categories_weigh_more_and_rows_weigh_one_on_average() -> None:
    class_index = np.array([0] * 16 + [1] * 4 + [2])
    weights = class_weights(class_index, 4)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights[class_index].mean(), 1, rtol=1e-6)
    np.testing.assert_allclose(weights[:3] / weights[0], [1, 2, 4], rtol=1e-6)
