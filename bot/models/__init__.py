"""Model files: which one judges, how it is fetched, what is remembered of it."""
