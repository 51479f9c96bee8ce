"""Tests, laid out as the packages are: a test belongs to the module whose result it asserts."""
