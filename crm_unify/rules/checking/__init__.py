"""What a rule file says, held against itself: names that exist, options that fit, SQL that is allowed."""
