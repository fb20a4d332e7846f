"""Makes the bundled sample: `python -m datasets.synthetic --out datasets/sample`. Nothing here runs in the product."""
