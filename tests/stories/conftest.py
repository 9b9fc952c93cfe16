"""The servers of the stories are those of tests/interop."""

from tests.interop.conftest import authority as authority
from tests.interop.conftest import folder as folder
