"""The graph of a Keras model for TensorBoard: drawn in a worker, which has TensorFlow loaded, and kept in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from train.run_record import write_whole

if TYPE_CHECKING:
    import keras

GRAPH = "graph.pb"
"""Name of the file in an expert's work folder; `train.tracker` looks for it there."""


def write_graph(model: "keras.Model", file: Path) -> None:
    """Trace how a model answers and write its graph, without the weights, as a serialised `GraphDef`.

    Args:
        model: with one input or several.
        file: `WORK/EXPERT/graph.pb`.
    Raises:
        RunError: the file cannot be written.
    """
    import tensorflow as tf

    specifications = [tf.TensorSpec(each.shape, each.dtype, name=each.name) for each in model.inputs]
    answer = tf.function(lambda *inputs: model(inputs[0] if len(inputs) == 1 else list(inputs), training=False))
    graph = answer.get_concrete_function(*specifications).graph
    write_whole(file, graph.as_graph_def(add_shapes=True).SerializeToString())
