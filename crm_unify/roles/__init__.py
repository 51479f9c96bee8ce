"""What each column of a bare file is, inferred from its header and its values: plain data in, roles out."""
