"""Raw listing texts become what experts read."""

from bundle.text import CleanText, has_text, prepare_text
from datasets.listing import Listing


def test_markup_and_entities_are_gone() -> None:
    text = prepare_text(Listing("L&#39;&eacute;t&eacute;", "<p>Piscine<br/>ronde</p>"))
    assert text.designation == "L'été"
    assert "<" not in text.description
    assert text.description.split() == ["Piscine", "ronde"]


def test_only_spaces_or_markup_is_nothing_to_read() -> None:
    assert not has_text(prepare_text(Listing(" \t\u00a0", "<br/>")))
    assert has_text(prepare_text(Listing("", "NA")))
    assert has_text(CleanText("1984", ""))
