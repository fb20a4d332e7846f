"""Serves a bundle with Ray Serve: text model, image model, fusion router and HTTP API."""
