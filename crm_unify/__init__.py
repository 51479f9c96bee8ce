"""crm-unify: customer data out of spreadsheets and legacy databases, into one CRM."""

__version__ = "0.1.0"
