"""The page of `dedupe`: how many customers there are, how sure that is, and what a person should look at."""
