"""Changing the model while serving: a new version is loaded beside the old one, tried, and then answers."""
