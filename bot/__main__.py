"""The command `safeguild`."""

import sys

from bot.cli.ending import run_command
from bot.cli.root import app


def main() -> None:
    """Run the command and end the process with its documented code."""
    sys.exit(run_command(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
