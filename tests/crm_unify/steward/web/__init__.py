"""Tests of the review application, by its routes and in a real browser."""
