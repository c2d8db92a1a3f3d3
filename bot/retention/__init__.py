"""How long words of people are kept, and what erases them when their time is over or their author asks."""
