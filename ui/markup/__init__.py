"""What the page shows, as HTML: everything that comes from outside is escaped here."""
