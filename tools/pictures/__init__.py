"""`python -m tools.pictures`: pictures of everything that people see of Safeguild, for docs/.

A scripted play runs on the tests' loopback Discord with the real bot process and the stand-in model. Whenever the
script says so, what somebody sees is taken as JSON, just as Discord would hand it to a client; only that is drawn.
"""
