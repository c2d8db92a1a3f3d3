"""People and memory: intake, cases, decisions, the command line."""
