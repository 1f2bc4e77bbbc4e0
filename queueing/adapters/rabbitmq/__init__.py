"""RabbitMQ 3.10 and later."""

from queueing.adapters.rabbitmq.broker import RabbitBroker

__all__ = ["RabbitBroker"]
