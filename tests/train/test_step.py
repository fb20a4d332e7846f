"""The optimizer of the training loop."""

import os

import numpy as np


def test_adam_moves_the_words_of_a_batch_as_kerass_does_and_leaves_all_others() -> None:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf

    from train.step import adam

    start = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    ours, theirs = keras.Variable(start), keras.Variable(start)
    words, values = [1, 4, 1], np.random.default_rng(1).normal(0, 0.1, (3, 3)).astype(np.float32)
    whole = np.zeros_like(start)
    np.add.at(whole, words, values)

    sparse, dense = adam(0.01), keras.optimizers.Adam(0.01)
    sparse.apply([tf.IndexedSlices(values, words, start.shape)], [ours])
    dense.apply([tf.constant(whole)], [theirs])

    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-6)
    assert (ours.numpy()[[1, 4]] != start[[1, 4]]).all()

    once = ours.numpy().copy()
    sparse.apply([tf.IndexedSlices(values[:1], [2], start.shape)], [ours])
    np.testing.assert_array_equal(np.delete(ours.numpy(), 2, axis=0), np.delete(once, 2, axis=0))
    assert (ours.numpy()[2] != once[2]).all()
