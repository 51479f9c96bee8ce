"""What is in tables nobody has looked at: figures over every row, before any rule is written."""

from __future__ import annotations
