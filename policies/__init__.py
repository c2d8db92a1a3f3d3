"""What is forbidden, and what was said of a text. Pure: no Discord, no model, no database."""
