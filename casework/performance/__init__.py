"""The work in numbers."""
