"""Tests of the first mapping."""
