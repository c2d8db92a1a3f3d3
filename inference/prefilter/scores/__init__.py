"""Learned scores: what a text reads like, by all that is known of a policy."""
