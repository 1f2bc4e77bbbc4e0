"""What can go wrong, as one tree.

LeveretError
├── ConfigurationError            a setting is missing or contradicts another
├── InvalidJob                    refused at ``add``: nothing was stored, nothing was sent
│   ├── InvalidName               a queue or type name that cannot be used
│   ├── InvalidOptions            an option out of range, or two that contradict
│   ├── InvalidSchedule           not a cron expression, a zone nobody knows, a policy that there is not
│   ├── OptionNotSupported        this broker or store cannot honour the option
│   ├── InvalidPayload            it is not JSON, or not what the handler takes
│   └── PayloadTooLarge           over ``max_payload`` bytes
├── JobNotFound                   no record under that id
├── ScheduleNotFound              no schedule of that name
├── TransitionRefused             the job is in a state that does not allow it
├── MalformedMessage              bytes from a queue that are not a job
├── BrokerError
│   ├── BrokerUnavailable         not connected, or blocked by an alarm
│   ├── PublishFailed             unroutable, refused, or not confirmed in time
│   └── QueueArgumentsMismatch    the queue exists with other arguments (AMQP 406)
├── StoreError
│   ├── StoreUnavailable          not connected, or not answering in time
│   └── StoreFull                 out of memory: writes are refused
└── NotificationsUnavailable      the store sends no keyspace notifications; poll instead

Drivers' own exceptions never leave an adapter: they are wrapped, ``from`` the cause.
"""

from __future__ import annotations


class LeveretError(Exception):
    """Root of all errors raised on purpose."""


class ConfigurationError(LeveretError):
    pass


class InvalidJob(LeveretError, ValueError):
    pass


class InvalidName(InvalidJob):
    pass


class InvalidOptions(InvalidJob):
    pass


class InvalidSchedule(InvalidJob):
    pass


class OptionNotSupported(InvalidJob):
    pass


class InvalidPayload(InvalidJob):
    pass


class PayloadTooLarge(InvalidJob):
    pass


class JobNotFound(LeveretError, LookupError):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id}: the id is wrong, or its retention has ended.")
        self.job_id = job_id


class ScheduleNotFound(LeveretError, LookupError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no schedule {name}: it was removed, or no worker that has it was ever started.")
        self.name = name


class TransitionRefused(LeveretError):
    """The job changed under the caller, or was never in a state that allows this."""


class MalformedMessage(LeveretError):
    pass


class BrokerError(LeveretError):
    pass


class BrokerUnavailable(BrokerError):
    pass


class PublishFailed(BrokerError):
    pass


class QueueArgumentsMismatch(BrokerError):
    pass


class StoreError(LeveretError):
    pass


class StoreUnavailable(StoreError):
    pass


class StoreFull(StoreError):
    pass


class NotificationsUnavailable(LeveretError):
    pass
