"""COBOL records: the copybook that describes them, their layout, numbers by whole columns, the reader."""
