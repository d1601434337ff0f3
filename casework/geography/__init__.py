"""Where things are: the tree of areas, the grid that a point lies in, the place that an address means."""
