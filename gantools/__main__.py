"""``python -m gantools`` is the command ``gantools``."""

import sys

from gantools.cli import main

sys.exit(main())
