#!/bin/sh
# Sets the workspace up in the container; may be run again at any time.
# What follows its name goes to start.py, as in: setup.sh test --venv DIR
set -eu
cd "$(dirname "$0")/.."
python3 start.py "$@" --setup-only
