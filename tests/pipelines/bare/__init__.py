"""Tests of reading bare files and making claims of them."""
