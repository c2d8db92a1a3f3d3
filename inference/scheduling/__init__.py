"""Who is next, what fits and what a step holds: pure, no clock, no thread, no model."""
