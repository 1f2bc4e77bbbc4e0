"""What every engine promises, as tests that a broker or a store of your own runs against itself::

    # test_my_broker.py
    import pytest
    from queueing.testing.contracts.broker import *

    @pytest.fixture
    async def broker():
        broker = MyBroker(…)  # connected, and with no queue of the names "post" and "parcels"
        await broker.connect()
        yield broker
        await broker.close()

So for a store: ``from queueing.testing.contracts.store import *``, and a fixture ``store`` that answers with a
connected store in which there is no job; ``others.py`` tells of two more that some tests take. They are the tests that
our own engines run. They need pytest, and pytest-asyncio in auto mode.
"""
