"""Tests: Vocabulary and people."""
