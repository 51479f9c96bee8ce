"""Data the business argues about: rule files, code tables, header synonyms; no code lives here."""
