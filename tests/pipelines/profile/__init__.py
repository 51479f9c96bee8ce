"""Tests of pipelines.profile."""
