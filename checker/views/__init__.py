"""How verdicts and progress are shown: terminal, JSON, Markdown."""
