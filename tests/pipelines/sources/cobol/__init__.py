"""COBOL copybooks and records."""
