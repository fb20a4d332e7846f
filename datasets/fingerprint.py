"""A data set as one number: the same wherever it lies and however it is ordered, another after any change."""

import hashlib
import json

from datasets.dataset import Dataset
from datasets.listing import Product
from datasets.photo import photo_key


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over texts, labels, groups and photo bytes of the products used, as 64 hexadecimal digits."""
    digests = sorted(_digest(product) for product in dataset.products)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _digest(product: Product) -> bytes:
    photo = photo_key(product.image) if product.image is not None else None
    content = (product.designation, product.description, product.prdtypecode, product.group, photo)
    return hashlib.sha256(json.dumps(content).encode()).digest()
