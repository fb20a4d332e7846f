"""The script that makes the sample: same seed, same files; clear words when a picture package is missing."""

import csv
import random
import re
from pathlib import Path

import pytest

from datasets.error import FolderError
from datasets.synthetic.__main__ import main
from datasets.synthetic.lexicon import LEXICON, Lexicon, read_lexicons, read_sections
from datasets.synthetic.pictures import Pictures, read_motifs
from datasets.synthetic.sample import MISPLACED, NEIGHBOURS, SHELVES, make_sample, spread, write_listings
from datasets.synthetic.text import LONGEST_TITLE, description, title
from datasets.taxonomy import RAKUTEN

TEXT_FILES = ("X_train_update.csv", "Y_train_CVw08PX.csv", "X_test_update.csv", "groups.csv", "SYNTHETIC")
WIDE_SHELVES = {10, 1140, 1280, 1300, 1560, 1920, 2060, 2522, 2583, 2585}


def test_the_same_seed_gives_the_same_text(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        make_sample(tmp_path / name, seed=seed, rows=120, photos=0, unlabelled=0)
    for file in TEXT_FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    x = TEXT_FILES[0]
    assert (tmp_path / "one" / x).read_bytes() != (tmp_path / "other" / x).read_bytes()


def test_a_missing_picture_package_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"missing, needed to make photos: (apt-get install|npm pack) \S+"):
        make_sample(tmp_path, seed=1, rows=60, photos=2, unlabelled=0, pictures=Pictures(tmp_path / "nothing here"))


def test_the_command_answers_a_missing_package_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAYONNAGE_PICTURES", str(tmp_path / "nothing here"))
    monkeypatch.setattr("sys.argv", ["datasets.synthetic", "--out", str(tmp_path / "out"), "--rows", "60"])
    assert main() == 2
    assert re.fullmatch(r"Error: .*--photos 0 --unlabelled 0\)\n", capsys.readouterr().err)


@pytest.mark.parametrize("code", sorted(SHELVES))
def test_a_shelf_has_a_wide_lexicon_and_motifs(code: int) -> None:
    lexicon = read_lexicons()[code]
    assert len(lexicon.things) >= (300 if code in WIDE_SHELVES else 150)
    assert len(lexicon.sections["titles"]) >= 10
    assert len(set(map(str, read_motifs()[code]))) >= 15


def test_a_twentieth_of_the_listings_stands_on_a_neighbouring_shelf() -> None:
    labelled, _ = write_listings(seed=3, rows=4000, photos=0, unlabelled=0)
    astray = [row for row in labelled if row.origin != row.prdtypecode]
    assert 0.5 * MISPLACED < len(astray) / len(labelled) < 1.5 * MISPLACED
    assert all(any({row.prdtypecode, row.origin} <= set(shelves) for shelves in NEIGHBOURS) for row in astray)


def test_every_line_of_every_lexicon_can_be_said() -> None:
    for code, lexicon in read_lexicons().items():
        rng = random.Random(code)
        for lines in lexicon.sections.values():
            for line in lines:
                said = lexicon.say(line, rng, thing="chose")
                assert said == said.strip()
                assert not re.search(r"[{}|]|<[a-z_]+>", said), (code, line, said)


def test_lexicons_cover_the_categories_we_name() -> None:
    assert sorted(read_lexicons()) == RAKUTEN.codes() == sorted(SHELVES)


def test_titles_and_descriptions_keep_within_rakutens_lengths() -> None:
    lexicons = read_lexicons()
    for seed in range(300):
        rng = random.Random(seed)
        lexicon = lexicons[rng.choice(sorted(lexicons))]
        thing = lexicon.say(rng.choice(lexicon.things), rng)
        assert 1 <= len(title(lexicon, thing, rng)) <= LONGEST_TITLE
        assert 1 <= len(description(lexicon, thing, rng)) <= 10_000


def test_sellers_type_in_many_ways() -> None:
    lexicon = read_lexicons()[1560]
    rng = random.Random(5)
    titles = [title(lexicon, lexicon.say(rng.choice(lexicon.things), rng), rng) for _ in range(400)]
    texts = [description(lexicon, "table basse", rng) for _ in range(200)]
    assert any(t.isupper() for t in titles)
    assert any(t.islower() for t in titles)
    assert any("&eacute;" in t for t in titles)
    assert any("<br />" in t for t in texts)
    assert max(map(len, texts)) > 8 * min(map(len, texts))


def test_a_lexicon_without_things_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text("[commonplaces]\nneuf\n", "utf-8")
    (tmp_path / "imported.txt").write_text("[imported]\nneuf\n", "utf-8")
    (tmp_path / "10.txt").write_text("[things]\n# nothing\n[titles]\n<thing>\n[sentences]\nbeau livre\n", "utf-8")
    with pytest.raises(FolderError, match=r"10\.txt: section \[things\] is missing or empty"):
        read_lexicons(tmp_path)


def test_an_unknown_name_in_a_line_is_refused() -> None:
    lexicon = Lexicon(10, {"things": ("livre",)})
    with pytest.raises(FolderError, match=r"no section \[couleur\]"):
        lexicon.say("livre <couleur>", random.Random(0))


def test_a_split_section_is_one_section(tmp_path: Path) -> None:
    path = tmp_path / "10.txt"
    path.write_text("[things]\na\n[titles]\nt\n[things]\nb # c\n", "utf-8")
    assert read_sections(path) == {"things": ("a", "b # c"), "titles": ("t",)}


def test_shares_add_up_and_none_is_under_the_least() -> None:
    counts = spread(1500, [rows for rows, _ in SHELVES.values()], least=30)
    assert sum(counts) == 1500
    assert min(counts) == 30
    assert spread(0, [1, 2], least=0) == [0, 0]


def test_lexicon_files_have_no_quotes_left_by_csv() -> None:
    for path in LEXICON.glob("*.txt"):
        assert '""' not in path.read_text("utf-8"), path


def test_what_is_written_reads_back_as_csv(tmp_path: Path) -> None:
    make_sample(tmp_path, seed=9, rows=200, photos=0, unlabelled=0)
    with (tmp_path / "X_train_update.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["", "designation", "description", "productid", "imageid"]
    assert [line[""] for line in lines] == [str(i) for i in range(200)]
