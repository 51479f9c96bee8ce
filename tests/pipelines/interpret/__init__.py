"""Tests of interpreting: rules applied to landed rows."""
