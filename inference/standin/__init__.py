"""A tiny model that stands in for the real one where there are no 12 GB of weights: it finds listed terms."""
