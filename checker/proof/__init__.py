"""The maintainers' proof: each kata's suite judged by its stub, reference, variants and traps."""
