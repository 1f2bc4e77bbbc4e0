from tests.acceptance.conftest import project

__all__ = ["project"]
