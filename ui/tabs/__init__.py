"""The tabs of the page: each builds its components and answers their events."""
