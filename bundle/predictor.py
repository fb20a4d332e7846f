"""Answers listings with a bundle: the same code in replicas, `predict`, `evaluate` and the benchmarks."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np

from bundle.error import BundleError, DamagedBundleError, UnusableListingError
from bundle.expert import Device, Expert, open_expert
from bundle.fusion import Fusion, Prediction, softmax
from bundle.image import IMAGE_PX, prepare_image
from bundle.manifest import ExpertEntry, Manifest, Modality
from bundle.text import CleanText, has_text, prepare_text
from bundle.verify import verify
from datasets.error import PhotoError
from datasets.listing import Listing

Photo = np.ndarray | PhotoError | None


class Predictor:
    """An open bundle; safe to call from several threads.

    Args:
        manifest: what the bundle says about itself.
        experts: by modality, in the manifest's order; a modality that was not opened is missing.
        threads: for decoding photos; None means all.
    """

    def __init__(
        self,
        manifest: Manifest,
        experts: dict[Modality, list[tuple[ExpertEntry, Expert]]],
        *,
        threads: int | None = None,
    ) -> None:
        self.manifest = manifest
        self._experts = experts
        self._fusion = Fusion(manifest)
        self._decoders = threads or os.cpu_count() or 1

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        modalities: Sequence[Modality] = ("text", "image"),
        threads: int | None = None,
        device: Device = "cpu",
    ) -> Self:
        """Check every file of a bundle and load its experts.

        Args:
            path: the bundle's directory.
            modalities: the ones to load; a replica of one model does not carry the other's experts.
            threads: CPU threads of the experts; None means all.
        Raises:
            DamagedBundleError: names the file and the reason.
        """
        manifest = verify(path)
        experts: dict[Modality, list[tuple[ExpertEntry, Expert]]] = {}
        for modality in modalities:
            entries = manifest.experts_of(modality)
            if entries:
                experts[modality] = [(e, open_expert(path, e, threads=threads, device=device)) for e in entries]
        predictor = cls(manifest, experts, threads=threads)
        predictor._try_out()
        return predictor

    def text_votes(self, texts: Sequence[CleanText]) -> np.ndarray:
        """Calibrated probabilities of each text expert.

        Args:
            texts: from `prepare_text`, each with something to read.
        Returns:
            (n, experts, categories) float32.
        Raises:
            BundleError: the bundle has no text expert, or none was opened.
        """
        return self._votes("text", texts)

    def image_votes(self, pixels: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of each image expert.

        Args:
            pixels: (n, IMAGE_PX, IMAGE_PX, 3) uint8, from `prepare_image`.
        Returns:
            (n, experts, categories) float32.
        Raises:
            BundleError: the bundle has no image expert, or none was opened.
        """
        if pixels.shape[1:] != (IMAGE_PX, IMAGE_PX, 3) or pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 (n, {IMAGE_PX}, {IMAGE_PX}, 3)")
        return self._votes("image", pixels)

    def predict(self, listings: Sequence[Listing], *, batch: int = 32) -> list[Prediction]:
        """Answer listings, in order.

        Args:
            batch: listings whose photos are in memory at one time; it changes no answer.
        Raises:
            UnusableListingError: a listing has neither text nor photo, or what it has cannot be used.
        """
        return [prediction for predictions in self.predict_batches(listings, batch=batch) for prediction in predictions]

    def predict_batches(self, listings: Sequence[Listing], *, batch: int = 32) -> Iterator[list[Prediction]]:
        """As `predict`, handing over the answers of `batch` listings at a time."""
        with ThreadPoolExecutor(self._decoders) as pool:
            for start in range(0, len(listings), batch):
                part = listings[start : start + batch]
                yield self._predict(part, list(pool.map(self._decode, part)), start)

    def _predict(self, listings: Sequence[Listing], photos: Sequence[Photo], start: int) -> list[Prediction]:
        texts = [prepare_text(listing) for listing in listings]
        reads = [row for row, text in enumerate(texts) if has_text(text) and "text" in self._experts]
        sees = [row for row, photo in enumerate(photos) if isinstance(photo, np.ndarray)]
        for row in set(range(len(listings))) - set(reads) - set(sees):
            raise UnusableListingError(start + row, self._why_not(listings[row], texts[row], photos[row]))

        text: list[np.ndarray | None] = [None] * len(listings)
        image: list[np.ndarray | None] = [None] * len(listings)
        if reads:
            _scatter(text, reads, self.text_votes([texts[row] for row in reads]))
        if sees:
            pixels = np.stack([photo for photo in photos if isinstance(photo, np.ndarray)])
            _scatter(image, sees, self.image_votes(pixels))
        degraded = [self._unused(listing, text) for listing, text in zip(listings, texts, strict=True)]
        predictions = self._fusion.answer(text, image, degraded=degraded)
        for prediction, photo in zip(predictions, photos, strict=True):
            if isinstance(photo, PhotoError):
                prediction.photo_error = str(photo)
        return predictions

    def _votes(self, modality: Modality, batch: Any) -> np.ndarray:
        if modality not in self._experts:
            raise BundleError(f"bundle {self.manifest.version}: no {modality} expert is open")
        opened = self._experts[modality]
        votes = [softmax(expert.logits(batch) / entry.temperature) for entry, expert in opened]
        return np.stack(votes, axis=1).astype(np.float32)

    def _try_out(self) -> None:
        """Ask every expert once: what is compiled at the first call is compiled now, and a wrong answer shows now."""
        trials: dict[Modality, Any] = {
            "text": [CleanText("1984", "")],
            "image": np.full((1, IMAGE_PX, IMAGE_PX, 3), 255, np.uint8),
        }
        for modality, opened in self._experts.items():
            for entry, expert in opened:
                logits = expert.logits(trials[modality])
                if logits.shape != (1, len(self.manifest.categories)) or not np.isfinite(logits).all():
                    wrong = f"answers {logits.shape[1:]} numbers, not {len(self.manifest.categories)} finite ones"
                    raise DamagedBundleError(entry.directory, wrong)

    def _decode(self, listing: Listing) -> Photo:
        if listing.image is None or "image" not in self._experts:
            return None
        try:
            return prepare_image(listing.image)
        except PhotoError as error:
            return error

    def _unused(self, listing: Listing, text: CleanText) -> list[Modality]:
        """What the listing brings and no open expert reads."""
        brings: dict[Modality, bool] = {"text": has_text(text), "image": listing.image is not None}
        return [modality for modality, given in brings.items() if given and modality not in self._experts]

    def _why_not(self, listing: Listing, text: CleanText, photo: Photo) -> str:
        if isinstance(photo, PhotoError):
            return f"its photo cannot be used ({photo}), and it has no text that could be"
        if not has_text(text) and listing.image is None:
            return "it has neither text nor photo"
        brings = "only a photo" if listing.image is not None else "only text"
        return f"it has {brings}, and bundle {self.manifest.version} has no model for that"


def _scatter(target: list[np.ndarray | None], rows: Sequence[int], votes: np.ndarray) -> None:
    for row, vote in zip(rows, votes, strict=True):
        target[row] = vote
