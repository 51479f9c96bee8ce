"""What a rule file may say, read from YAML and checked before any source is read."""
