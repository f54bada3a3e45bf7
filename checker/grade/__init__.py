"""Grade other people's work: submissions that nobody has to trust, judged by pristine suites."""
