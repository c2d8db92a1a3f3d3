"""Makes the shipped list of phishing domains from the project's text file.

    python training/phishing/make_domains.py DOMAINS.txt inference/prefilter/data/phishing_domains.txt.gz

Source: github.com/nikolaischunk/discord-phishing-links (MIT). Each line is read, checked and brought to one
spelling by the code that reads operators' own lists; what it leaves out is printed. The same input gives the same
bytes.
"""

import argparse
import gzip
import sys
from pathlib import Path

from inference.prefilter.signals.domains import DomainList


def main() -> None:
    """Read the source, write the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    source = arguments.source.read_text("utf-8")
    domains = DomainList.parse(source)
    lines = source.splitlines()
    said = [f"left out: line {each.line}, {lines[each.line - 1]}: {each.reason}" for each in domains.skipped]
    text = "\n".join(sorted(domains.entries)) + "\n"
    arguments.out.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    said.append(f"{len(domains.entries)} entries, {arguments.out.stat().st_size} bytes")
    sys.stdout.write("\n".join([*said, ""]))


if __name__ == "__main__":
    main()
