"""Out of the before-images of ``mig_change``: what changed since a run, and the way back from one."""
