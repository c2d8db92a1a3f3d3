"""The command `safeguild`."""

import os
import sys

from bot.cli.ending import run_command
from bot.cli.root import app


def main() -> None:
    """Run the command and end the process with its documented code."""
    # Our matrices are small: numpy's threads only wait for each other, seconds long on shared cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run_command(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
