"""The rule book: what the rules of a project say, in words, for the people who own them; and the way back."""
