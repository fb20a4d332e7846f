"""`python -m datasets.synthetic --out datasets/sample --seed 7 --rows 18000 --photos 1750 --unlabelled 160`."""

import argparse
import sys
from pathlib import Path

from datasets.error import FolderError
from datasets.synthetic.sample import make_sample


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m datasets.synthetic", description="Makes the bundled sample.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rows", type=int, default=18000, help="labelled listings")
    parser.add_argument("--photos", type=int, default=1750, help="labelled listings with a photo")
    parser.add_argument("--unlabelled", type=int, default=160, help="listings without label, each with a photo")
    given = parser.parse_args()
    try:
        make_sample(
            given.out,
            seed=given.seed,
            rows=given.rows,
            photos=given.photos,
            unlabelled=given.unlabelled,
            progress=_progress,
        )
    except FolderError as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code
    return 0


def _progress(stage: str, done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        sys.stderr.write(f"\r{stage} {done}/{total}{chr(10) if done == total else ''}")


if __name__ == "__main__":
    sys.exit(main())
