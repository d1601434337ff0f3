"""What other people's software reads of us, in the words of its own standards."""
