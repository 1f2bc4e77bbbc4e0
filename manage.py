#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if sys.argv[1:2] == ["demo"]:
        from queueing.demo.environment import prepare

        prepare(sys.argv[2:])
    execute_from_command_line(sys.argv)
