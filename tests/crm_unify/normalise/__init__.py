"""Tests of the normalisers: tables in words, laws, and the libraries as oracles."""
