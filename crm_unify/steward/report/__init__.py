"""The report of a run: one page for whoever answers for the data, to read on a screen or on paper.

Read :mod:`crm_unify.steward.report.values` and :mod:`crm_unify.steward.report.who` (what the page says), then
:func:`crm_unify.steward.report.gather.gather` (where it comes from);
:mod:`crm_unify.steward.report.page` draws it.
"""
