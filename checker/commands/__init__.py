"""One module a command: ``configure`` adds its arguments, ``run`` does it."""
