"""What is sold on each shelf and how sellers put it: text files of one thing a line, and the little grammar they use.

A file `<prdtypecode>.txt` has sections. `[things]` is the lexicon proper, `[titles]` and `[sentences]` say how a title
and a description are put together, any other section is a list that `<its name>` picks from. In every line
`{a|b|}` picks one (the last one is nothing), `<name>` picks from a section of the file or of `shared.txt`, and
`#` starts a comment line. A file with a `[salad]`, the words that importers string around a thing, may also pick from
`imported.txt`.
"""

import random
import re
from dataclasses import dataclass
from pathlib import Path

from datasets.error import FolderError

LEXICON = Path(__file__).parent / "lexicon"
_CHOICE = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"<([a-z_]+)>")
_RANGE = re.compile(r"<(\d+)-(\d+)>")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One category's words.

    Attributes:
        sections: lines by section; the shared ones come with every category.
    """

    prdtypecode: int
    sections: dict[str, tuple[str, ...]]

    @property
    def things(self) -> tuple[str, ...]:
        return self.sections["things"]

    def say(self, line: str, rng: random.Random, *, thing: str = "") -> str:
        """A line with its choices made; `<thing>` becomes `thing`, `<other>` another thing of the category."""
        for _ in range(40):
            before = line
            line = _RANGE.sub(lambda m: str(rng.randint(int(m[1]), int(m[2]))), line)
            line = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), line)
            line = _NAME.sub(lambda m: self._named(m[1], rng, thing), line)
            if line == before:
                return re.sub(r"\s+", " ", line).strip()
        raise FolderError(str(LEXICON / f"{self.prdtypecode}.txt"), f"a line never ends: {line[:80]!r}")

    def _named(self, name: str, rng: random.Random, thing: str) -> str:
        if name == "thing":
            return thing
        lines = self.things if name == "other" else self.sections.get(name)
        if lines is None:
            raise FolderError(str(LEXICON / f"{self.prdtypecode}.txt"), f"no section [{name}]")
        return rng.choice(lines)


def read_lexicons(folder: Path = LEXICON) -> dict[int, Lexicon]:
    """Every category's words, by code.

    Raises:
        FolderError: a file lacks `[things]`, `[titles]` or `[sentences]`, or says a thing twice.
    """
    shared, imported = read_sections(folder / "shared.txt"), read_sections(folder / "imported.txt")
    lexicons = {}
    for path in sorted(folder.glob("[0-9]*.txt"), key=lambda p: int(p.stem)):
        own = read_sections(path)
        for name in ("things", "titles", "sentences"):
            if not own.get(name):
                raise FolderError(str(path), f"section [{name}] is missing or empty")
        twice = {line for line in own["things"] if own["things"].count(line) > 1}
        if twice:
            raise FolderError(str(path), f"[things] says twice: {', '.join(sorted(twice))}")
        lexicons[int(path.stem)] = Lexicon(int(path.stem), {**shared, **(imported if "salad" in own else {}), **own})
    return lexicons


def read_sections(path: Path) -> dict[str, tuple[str, ...]]:
    """Lines of a file by their `[section]`, without comments and empty lines; a section may be split up."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if re.fullmatch(r"\[[a-z_]+\]", line.strip()):
            current = sections.setdefault(line.strip()[1:-1], [])
        else:
            current.append(line.strip())
    return {name: tuple(lines) for name, lines in sections.items()}
