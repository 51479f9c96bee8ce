"""Tests: in and out."""
