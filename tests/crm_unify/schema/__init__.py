"""Tests of the CRM database: its tables, views and upgrades."""
