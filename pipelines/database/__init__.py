"""Arrow tables out of the CRM database and into it, whatever the driver."""
