"""Tests: for the people who know the customers."""
