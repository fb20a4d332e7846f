"""Prediction ids: what was predicted, signed; `/predict` stores nothing, and any replica knows its answer again."""

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bundle.fusion import Prediction
from bundle.manifest import Manifest
from serve_app.accounts.signing_key import derived_key
from serve_app.error import RequestError
from serve_app.listing_fields import ListingFields

LIFE_S = 24 * 3600
MOST_CATEGORIES = 64
CONTENT_BYTES = 16
SIGNATURE_BYTES = 16
FORM = 1
HEAD = struct.Struct(f"<BQ{CONTENT_BYTES}sB")
"""Form, microseconds since 1970, content, length of the version's name, which follows; then the categories."""

CATEGORY = np.dtype([("prdtypecode", "<i8"), ("probability", "<f4")])


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a version said about a listing, as a product keeps it.

    Attributes:
        probabilities: prdtypecode -> probability, most probable first, the first 64.
    """

    version: str
    probabilities: dict[int, float]

    @classmethod
    def of(cls, prediction: Prediction, manifest: Manifest) -> "Predicted":
        codes = manifest.codes
        ranking = prediction.ranking[:MOST_CATEGORIES].tolist()
        return cls(manifest.version, {codes[column]: float(prediction.probabilities[column]) for column in ranking})

    @property
    def prdtypecode(self) -> int:
        return next(iter(self.probabilities))

    @property
    def probability(self) -> float:
        return next(iter(self.probabilities.values()))


@dataclass(frozen=True, slots=True)
class SeenPrediction:
    """What an id says: an answer that a seller saw.

    Attributes:
        content: `content_of` the listing that it answers.
        made_s: seconds since 1970.
    """

    predicted: Predicted
    content: bytes
    made_s: float

    def check_fresh(self) -> None:
        """Raises:
        RequestError: it is older than a day.
        """
        if time.time() - self.made_s > LIFE_S:
            raise RequestError("prediction_id", "is older than 24 hours: leave it out, and the server predicts")


class PredictionIds:
    """Makes and reads the ids.

    Args:
        key: of `signing_key`; servers that share it know each other's ids.
    """

    def __init__(self, key: bytes) -> None:
        self._key = derived_key(key, "predictions")

    def sign(self, predicted: Predicted, content: bytes) -> str:
        """An id, some 500 characters long with 27 categories."""
        version = predicted.version.encode()
        rows = np.fromiter(islice(predicted.probabilities.items(), MOST_CATEGORIES), CATEGORY)
        head = HEAD.pack(FORM, time.time_ns() // 1000, content, len(version))
        body = head + version + rows.tobytes()
        return base64.urlsafe_b64encode(body + self._signature(body)).rstrip(b"=").decode()

    def read(self, prediction_id: str) -> SeenPrediction:
        """What an id says, however old it is.

        Raises:
            RequestError: it is not one of ours.
        """
        try:
            signed = base64.b64decode(prediction_id + "=" * (-len(prediction_id) % 4), altchars=b"-_", validate=True)
        except ValueError:
            signed = b""
        body, signature = signed[:-SIGNATURE_BYTES], signed[-SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)) or body[:1] != bytes([FORM]):
            raise RequestError("prediction_id", "is not known here: leave it out, and the server predicts")
        _, made_us, content, length = HEAD.unpack_from(body)
        rows = np.frombuffer(body, CATEGORY, offset=HEAD.size + length)
        predicted = Predicted(
            version=body[HEAD.size : HEAD.size + length].decode(),
            probabilities=dict(zip(rows["prdtypecode"].tolist(), rows["probability"].tolist(), strict=True)),
        )
        return SeenPrediction(predicted, content, made_us / 1e6)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNATURE_BYTES]


def content_of(fields: ListingFields, photo: bytes | None) -> bytes:
    """What makes two listings one: the same words, however they are spaced, and the same photo."""
    digest = hashlib.sha256()
    for text in (fields.designation, fields.description):
        words = " ".join((text or "").split()).encode()
        digest.update(len(words).to_bytes(8, "little"))
        digest.update(words)
    if photo is not None:
        digest.update(photo)
    return digest.digest()[:CONTENT_BYTES]
