"""The public data set: packages by section, and no source package in train and test."""

from pathlib import Path

from bench.debian_sections import Package, choose, parse, without_names, write_data_set
from datasets.folder import load_folders

INDEX = """Package: libfoo1
Source: foo (1.2-3)
Section: libs
Description: shared library of foo, for libfoo1 users

Package: bar
Section: contrib/games
Description-en: bar - a game with "quotes", and commas
Tag: game::arcade,
 interface::x11

Package: bar
Section: games
Description: again

Package: only
Section: misc
Description: only
"""


def test_packages_are_read_once_with_their_section_and_without_their_names() -> None:
    assert list(parse(INDEX)) == [
        Package("libfoo1", "foo", "libs", "shared library of , for users"),
        Package("bar", "bar", "games", 'a game with "quotes", and commas'),
    ]


def test_a_name_is_a_whole_word() -> None:
    assert without_names("Perl module: perl-base, libperl and PERL", ("perl",)) == "module: perl-base, libperl and"


def test_the_largest_sections_are_kept_and_whole_sources_drawn() -> None:
    packages = [Package(f"p{row}", f"s{row // 3}", "ab"[row % 2], f"title {row}") for row in range(60)]
    packages += [Package("rare", "rare", "c", "title"), Package("dbg", "s0", "debug", "symbols")]
    chosen = choose(packages, sections=2, most=30)
    assert {package.section for package in chosen} == {"a", "b"}
    assert len(chosen) == 30
    sources = {package.source for package in chosen}
    assert [package for package in packages[:60] if package.source in sources] == chosen


def test_a_title_that_is_a_form_is_left_out() -> None:
    packages = [Package(f"p{row}", f"s{row}", "doc", "Documentation for") for row in range(3)]
    packages += [Package(f"q{row}", f"t{row}", "doc", "chess board") for row in range(2)]
    assert [package.name for package in choose(packages)] == ["q0", "q1"]


def test_no_source_is_in_train_and_test(tmp_path: Path) -> None:
    words = ("arcade game", "text editor", "web server", "mail reader", "chess board")
    packages = [
        Package(f"p{row}", f"s{row // 2}", ("games", "admin")[row % 4 // 2], f"{words[row % 5]} number{row * row}")
        for row in range(80)
    ]
    rows = write_data_set(packages, tmp_path)
    assert sum(rows.values()) == 80
    train, test = (load_folders([tmp_path / part]) for part in ("train", "test"))
    assert train.codes == test.codes == [1, 2]
    assert train.taxonomy[2].name_en == "games"
    groups = [{product.group for product in part.products} for part in (train, test)]
    assert groups[0] and groups[1] and not groups[0] & groups[1]
