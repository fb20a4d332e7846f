"""Finds the files of a data folder by their names, or by names that people give them."""

from pathlib import Path

from datasets.error import FolderError


def find_file(folder: Path, name: str) -> Path:
    """A file that the folder must have, also under a name that only starts like it (`X_train.csv`)."""
    if not folder.is_dir():
        reason = "is a file, name the folder that holds it" if folder.exists() else "no such folder"
        raise FolderError(str(folder), reason)
    path = existing_file(folder, name)
    if path is not None:
        return path
    start = "_".join(name.split("_")[:2]).removesuffix(".csv").casefold()
    csv_files = [path for path in folder.iterdir() if path.name.casefold().endswith((".csv", ".csv.gz"))]
    similar = sorted(path for path in csv_files if path.name.casefold().startswith(start))
    if len(similar) == 1:
        return similar[0]
    if len(similar) > 1:
        names = ", ".join(path.name for path in similar)
        raise FolderError(str(folder), f"has no {name}, and several that could be it: {names}")
    raise FolderError(str(folder), f"has no {name}{_hint(folder, name, csv_files)}")


def existing_file(folder: Path, name: str) -> Path | None:
    """The file of that name, also gzipped or in other case."""
    wanted = (name.casefold(), f"{name}.gz".casefold())
    found = sorted((path for path in folder.iterdir() if path.name.casefold() in wanted), key=lambda path: path.suffix)
    return found[0] if found else None


def _hint(folder: Path, name: str, csv_files: list[Path]) -> str:
    inside = next((child for child in sorted(folder.iterdir()) if child.is_dir() and existing_file(child, name)), None)
    if inside:
        return f"; there is one in {inside}: name that folder"
    if csv_files:
        return f" (found {', '.join(sorted(path.name for path in csv_files)[:4])})"
    return "" if any(folder.iterdir()) else " (the folder is empty)"
