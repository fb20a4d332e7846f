"""What happens to every request of the API before a route is found: one file each."""
