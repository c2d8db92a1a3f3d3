"""A judge on servers that complete tokens over HTTP: llama-server or vLLM, one or several of them."""
