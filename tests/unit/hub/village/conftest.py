"""People in front of the site; see tests/unit/hub/village/visitors.py."""

from tests.unit.hub.village.visitors import visitors as visitors
