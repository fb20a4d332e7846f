"""A listing as the browser sends it: its texts, and the file of its photo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

TEXT_MOST = 1_000_000
"""Characters taken of a field; the API refuses far fewer in its own words."""


@dataclass(frozen=True, slots=True)
class GivenListing:
    """What stands in the form.

    Attributes:
        photo: the uploaded file; `photo_url`: where the browser finds it.
    """

    designation: str
    description: str
    photo: Path | None
    photo_url: str = ""

    @classmethod
    def read(cls, designation: object, description: object, photo: object) -> "GivenListing":
        """From what the browser sent, which may be anything."""
        path, url = _photo(photo)
        return cls(_text(designation), _text(description), path, url)

    @property
    def form(self) -> tuple[str, str, str | None]:
        """What to put into the form to have this listing in it."""
        return self.designation, self.description, str(self.photo) if self.photo else None

    @property
    def is_empty(self) -> bool:
        return not self.designation.strip() and not self.description.strip() and self.photo is None


def _text(given: object) -> str:
    return given[:TEXT_MOST] if isinstance(given, str) else ""


def _photo(given: Any) -> tuple[Path | None, str]:
    """Gradio has checked that the file is an upload: it refuses any other path."""
    if not isinstance(given, dict) or not isinstance(given.get("path"), str):
        return None, ""
    url = given.get("url")
    return Path(given["path"]), url if isinstance(url, str) else ""


def keep_photo(content: bytes) -> Path:
    """A photo that came from the API, as a file that the form can show; it goes with Gradio's other files."""
    return Path(save_bytes_to_cache(content, "photo.jpg", get_upload_folder()))
