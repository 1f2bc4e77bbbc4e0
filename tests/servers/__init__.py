"""The real things that tests talk to: RabbitMQ, Redis, Chromium.

Each is looked for in this order: an address in the environment, localhost's standard port, an installed program
started privately, a Docker container, Debian's package (as root). ``python -m tests.servers`` prints what it found;
``python -m tests.servers -- pytest …`` runs a command with all three in its environment.
"""
