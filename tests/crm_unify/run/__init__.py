"""Tests: a whole run."""
