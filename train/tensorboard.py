"""Writes what TensorBoard shows, without TensorFlow, whose import takes seconds.

Every event is on its way to the disk when its method returns: the writers of other packages hand events to a thread,
which waits for ever once the disk is full.
"""

import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

from train.error import RunError

FILE_VERSION = "brain.Event:2"


class EventFile:
    """A new event file in a folder; TensorBoard shows all files of a folder as one run.

    Args:
        directory: made if missing.
    Raises:
        RunError: the file cannot be written; so do all methods.
    """

    def __init__(self, directory: Path) -> None:
        # Readers take the files in the order of their names, so those of a resumed training come later.
        self.path = directory / f"events.out.tfevents.{time.time():017.6f}.{socket.gethostname()}.{os.getpid()}"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._writer = RecordWriter(self.path.open("xb"))
        except OSError as error:
            raise RunError(str(self.path), f"cannot be written ({error.strerror})") from error
        self._write(Event(file_version=FILE_VERSION))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def scalar(self, tag: str, value: float, *, step: int) -> None:
        """A point of a curve; tags with the same word before the slash are shown together."""
        self._summary(Summary.Value(tag=tag, simple_value=value), step)

    def image(self, tag: str, path: Path, *, step: int = 0) -> None:
        """A picture, as its file holds it.

        Args:
            path: of a PNG.
        """
        with Image.open(path) as picture:
            width, height = picture.size
        encoded = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=path.read_bytes())
        self._summary(Summary.Value(tag=tag, image=encoded), step)

    def text(self, tag: str, markdown: str, *, step: int = 0) -> None:
        """A text, in Markdown."""
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        tensor = TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=[markdown.encode()])
        metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        self._summary(Summary.Value(tag=tag, tensor=tensor, metadata=metadata), step)

    def graph(self, graph_def: bytes) -> None:
        """The graph of a model, as a serialised `GraphDef`."""
        self._write(Event(graph_def=graph_def))

    def close(self) -> None:
        self._writer.close()

    def _summary(self, value: Summary.Value, step: int) -> None:
        self._write(Event(step=step, summary=Summary(value=[value])))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        try:
            self._writer.write(event.SerializeToString())
            self._writer.flush()
        except OSError as error:
            raise RunError(str(self.path), f"cannot be written ({error.strerror})") from error


def markdown_table(rows: dict[str, str]) -> str:
    """Names and values as a table in Markdown."""
    lines = [f"| {name} | {value.replace('|', '&#124;')} |" for name, value in rows.items()]
    return "\n".join(["| option | value |", "| --- | --- |", *lines])
