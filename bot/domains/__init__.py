"""Keeps the list of phishing domains up to date: a file of the operator's, an address on the web."""
