"""Trains experts, calibrates and fuses them, and publishes the result as a bundle."""
