"""The Gradio page, a client of the HTTP API."""
