"""What the engine's process does outside llama.cpp."""
