"""Who is who: features, blocking, comparison, training, clustering, survivorship; no files, no clock."""
