"""Who somebody is, what they may do, and what of other people they may see."""
