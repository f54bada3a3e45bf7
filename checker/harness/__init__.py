"""What runs a learner's app for a test and speaks HTTP to it; suites see it as ``client``."""
