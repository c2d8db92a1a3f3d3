"""How good a policy is, and what a change to it would do: tried on what people have decided."""
