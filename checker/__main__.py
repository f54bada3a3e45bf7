"""``python -m checker`` is the same as the ``checker`` command."""

from checker.cli import main

raise SystemExit(main())
