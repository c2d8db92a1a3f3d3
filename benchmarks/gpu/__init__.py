"""Our decode rate on a GPU next to llama.cpp's own programs and to what the memory's bandwidth allows."""
