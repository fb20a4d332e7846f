"""Every text of the page, in French and in English."""
