#!/bin/sh
# Sets the workspace up in the container; may be run again at any time.
set -eu
cd "$(dirname "$0")/.."
python3 start.py --setup-only
