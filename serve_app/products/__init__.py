"""The shelf: products with their photos, what was predicted for them, and where their sellers put them."""
