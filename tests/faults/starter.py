"""A process that starts the embedded database of a folder and holds it until its standard input closes."""

import sys
from pathlib import Path

from lab.core import embedded

if __name__ == "__main__":
    with embedded.start(Path(sys.argv[1])) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
