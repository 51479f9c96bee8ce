"""A run: the stages in order (`stages`), what is known from before (`known`), what a run says (`figures`)."""
