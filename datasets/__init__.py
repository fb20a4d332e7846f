"""Listings and their labels: reading, checking, cleaning and splitting Rakuten-format folders."""
