"""``python -m deploy``: the command without its script, as supervisors start it."""

from deploy.cli import main

if __name__ == "__main__":
    main()
