"""Bare files, without project or rules: read as text, and by the roles of their columns made into claims."""
