"""Searches hyper-parameters and fusion weights with Ray Tune."""
