"""``python -m crm_unify`` is ``crm-unify``."""

import sys

from crm_unify.cli import main

sys.exit(main())
