"""Tests of what changed since a run, and of the way back."""
