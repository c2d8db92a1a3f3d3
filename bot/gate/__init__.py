"""The gate that every new message passes: counts, thresholds, repeats and random checks."""
