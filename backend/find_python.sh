#!/bin/sh
# Prints the Python to make `.venv` from: the one that it has, else the newest here that can make an environment.
# Without any, prints one that lacks only the venv module, or nothing.
check='
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 14):
    sys.exit(1)
if sys.argv[1] == "complete":
    import ensurepip, venv
print(getattr(sys, "_base_executable", sys.executable))
'
for wanted in complete any; do
    for python in .venv/bin/python python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c "$check" "$wanted" 2>/dev/null && exit
    done
done
