"""In and out: reading sources, landing them, turning rows into records, loading the CRM."""
