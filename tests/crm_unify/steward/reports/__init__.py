"""Tests of the reports people act on."""
