"""Tests of the review queue and its ways out and back."""
