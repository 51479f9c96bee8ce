"""Tests: What rule files may say."""
