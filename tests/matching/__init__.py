"""Tests: Who is who."""
