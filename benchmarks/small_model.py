"""A random gpt-oss that is as fast as one with the full vocabulary can be: for what no model changes."""

from benchmarks.random_model import Shape

SMALL = Shape(layers=2, width=256, heads=4, groups=2, experts=4, experts_used=2, hidden=256)
