"""The pages, one module each: `router`, view functions, and `PLACE` where the navigation names it."""
