"""Reports that people act on: for stewards, on the quality of sources over time, for the sponsor."""
