"""Run the command line as `python -m recognizance`."""

from recognizance.app import main

main()
