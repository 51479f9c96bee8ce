"""Tests of the page of `dedupe`."""
