"""Short titles in any number, to measure with: those of the bundled sample, and variations of them."""

from collections import defaultdict

import numpy as np

from datasets.bundled import sample_path
from datasets.folder import load_folders


def titles(count: int, *, seed: int = 7) -> tuple[list[str], np.ndarray]:
    """Titles with their categories, in random order.

    Where the sample has too few, its titles come again with their words in another order and a word of another title
    of the same shelf, so that they are about as long as before.

    Returns:
        Titles, and (count,) int class indices.
    """
    dataset = load_folders([sample_path()], check_photos=False)
    products = [product for product in dataset.products if product.designation]
    words = [product.designation.split() for product in products]
    class_index = np.searchsorted(dataset.codes, [product.prdtypecode or 0 for product in products])
    of_shelf: dict[int, list[int]] = defaultdict(list)
    for place, shelf in enumerate(class_index.tolist()):
        of_shelf[shelf].append(place)
    generator = np.random.default_rng(seed)
    places = np.concatenate([generator.permutation(len(words)) for _ in range(-(-count // len(words)))])[:count]
    chosen = []
    for number, place in enumerate(places.tolist()):
        mixed = words[place]
        if number >= len(words):
            other = words[generator.choice(of_shelf[int(class_index[place])])]
            mixed = [*generator.permutation(words[place]).tolist(), str(generator.choice(other))]
        chosen.append(" ".join(mixed))
    return chosen, class_index[places]
