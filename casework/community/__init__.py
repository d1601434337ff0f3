"""What citizens do besides reporting."""
