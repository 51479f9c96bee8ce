"""Erasing a person from everything a project keeps, and keeping the person out of later runs."""
