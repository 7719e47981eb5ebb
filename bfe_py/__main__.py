"""``python -m bfe_py``."""

import sys

from bfe_py.cli.main import main

sys.exit(main())
