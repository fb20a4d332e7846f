"""What became of predictions: which category sellers chose in the end."""
