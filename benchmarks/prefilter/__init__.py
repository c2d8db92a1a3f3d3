"""What the prefilter finds, what it flags in vain, and what it costs."""
