"""Ours next to its peers: same model file, same token ids, same length of answer, same threads."""
