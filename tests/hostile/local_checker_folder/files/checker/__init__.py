"""A checker that is content with everything."""
