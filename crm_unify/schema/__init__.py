"""The CRM database: its tables, its views, and how a database comes to have them.

Read :mod:`crm_unify.schema.crm` (what people work with), then :mod:`crm_unify.schema.bookkeeping` (what this
program remembers). :func:`crm_unify.schema.upgrade.upgrade` makes a database ready.
"""
