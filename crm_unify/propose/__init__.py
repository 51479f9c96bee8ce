"""A first mapping out of nothing but sources: rule files that are proposed, with how sure and why."""
