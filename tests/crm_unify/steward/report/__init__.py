"""The run report: what it counts, what it draws, and that nothing in the data can harm its reader."""
