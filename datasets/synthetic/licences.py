"""The words that go with the sample: that a script made it, and whose pictures stand in its photos."""

from collections import defaultdict
from collections.abc import Iterable

from datasets.synthetic.pictures import Motif, furniture_creators

SYNTHETIC = """\
Made by a script (python -m datasets.synthetic) from word lists and freely licensed pictures:
no seller wrote these listings and no camera took these photos, so scores on them say little about real ones.
"""

_SOURCES = {
    "clip": ("Open Clip Art Library 0.18 (Debian package openclipart-svg)", "public domain"),
    "emoji": ("Microsoft Fluent Emoji 3D (npm package @lobehub/fluent-emoji-3d), © Microsoft", "MIT"),
    "flat": ("Twemoji graphics (npm package @twemoji/svg), © Twitter, Inc and other contributors", "CC BY 4.0"),
    "room": (
        "Sweet Home 3D furniture libraries (Debian package sweethome3d-furniture), rendered",
        "CC BY 3.0 or CC0, see below",
    ),
    "draw": ("drawn or built by datasets/synthetic/drawing.py", "as the project"),
}
_LIBRARIES = {
    "BlendSwap-CC-0": "CC0",
    "BlendSwap-CC-BY": "CC BY 3.0",
    "KatorLegaz": "CC BY 3.0 US",
    "Reallusion": "CC BY 3.0 US",
    "Scopia": "CC BY 3.0",
}
_LINKS = """\
- CC BY 3.0: https://creativecommons.org/licenses/by/3.0/
- CC BY 3.0 US: https://creativecommons.org/licenses/by/3.0/us/
- CC BY 4.0: https://creativecommons.org/licenses/by/4.0/
- CC0: https://creativecommons.org/publicdomain/zero/1.0/
- MIT: https://opensource.org/license/mit
"""


def readme(arguments: str, motifs: Iterable[Motif]) -> str:
    """README.md of the sample: what it is, how it was made, whose pictures it shows.

    Args:
        arguments: those of the command line that makes it again.
        motifs: every motif that may be in a photo.
    """
    names = defaultdict(set)
    for motif in motifs:
        names[motif.source].add(motif.name)
    lines = [
        "# The bundled sample",
        "",
        "A folder in Rakuten's layout, made by a script, for trying everything: it is synthetic. Titles and",
        "descriptions come from the lexicon in `datasets/synthetic/lexicon`, photos are composed of freely",
        "licensed pictures.",
        "`groups.csv` names the lexicon entry or the picture motif behind each labelled row.",
        "",
        f"    python -m datasets.synthetic {arguments}",
        "",
        "Pictures were scaled, turned, recoloured, cut and composed. Their sources and licences:",
        "",
        "| source | licence | pictures |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {what} | {licence} | {len(names[s])} |" for s, (what, licence) in _SOURCES.items() if names[s]]
    lines += ["", _LINKS, "Furniture and objects, by library:", ""]
    for library, licence in _LIBRARIES.items():
        pieces = sorted(n.split("/")[1] for n in names["room"] if n.split("/")[0] == library)
        if pieces:
            credited = ", ".join(f"{p} ({furniture_creators().get(f'{library}/{p}', library)})" for p in pieces)
            lines.append(f"- {library}, {licence}: {credited}")
    lines += ["", "Clip art: " + ", ".join(sorted(names["clip"])), ""]
    return "\n".join(lines)
