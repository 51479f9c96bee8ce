"""The review application: what people see and do in a browser, one file a page.

Nothing in here is needed by the command line, but for `crm-unify serve` and `crm-unify user`.
"""
