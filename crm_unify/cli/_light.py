"""What keeps a command light: imports that it can do without."""

from __future__ import annotations

import sys


class _NoPandas:
    """An import finder that answers that there is no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse pandas, leave all else to the other finders."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def spare_pandas() -> None:
    """Keep Arrow from importing pandas (half a second, 50 MB), for which it looks once, at its first array.

    Only in a process that has not used Arrow for anything else yet.
    """
    if "pyarrow" not in sys.modules and "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas)
        try:
            import pyarrow as pa

            pa.array([0])
        finally:
            sys.meta_path.remove(_NoPandas)
