"""``python -m bfe_py``."""

import sys

from bfe_py.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
