"""For the people who know the customers: tracing, one customer with all evidence, reports."""
