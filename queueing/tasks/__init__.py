"""Django's own tasks, run by Leveret.

>>> TASKS = {"default": {"BACKEND": "queueing.tasks.LeveretBackend", "QUEUES": ["default", "email_jobs"]}}

Django 6.0 and newer have ``django.tasks``; on 5.2 the backport does the same: ``pip install leveret[tasks]``.
"""

from queueing.tasks.backend import LeveretBackend
from queueing.tasks.task import LeveretTask

__all__ = ["LeveretBackend", "LeveretTask"]
