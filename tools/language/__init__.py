"""Keeps the catalogues of languages in step with the code."""
