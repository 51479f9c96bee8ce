"""Tests: What must hold before anything is written."""
