"""The database as a process finds it that may write: up to date, and with what every village has in it.

A command that needs no more than that does not load the whole site.
"""

import contextlib
from collections.abc import AsyncIterator

from hub.actors.peers import use_config
from hub.agenda.methods import establish_methods
from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import migrate, one_at_a_time
from hub.exchange.templates import establish_templates
from hub.organisations.actions import establish_organisations
from hub.village.actions import establish_actors


@contextlib.asynccontextmanager
async def database(config: Config) -> AsyncIterator[None]:
    """The database, up to date and open."""
    use_config(config)
    await migrate(config)
    await open_database(config)
    try:
        async with _line_to_others(config):
            async with one_at_a_time(config):
                await establish_actors()
                await establish_organisations()
                await establish_templates()
                await establish_methods()
            yield
    finally:
        await close_database()


def _line_to_others(config: Config) -> contextlib.AbstractAsyncContextManager[None]:
    """To the other processes that share the database."""
    if config.database_url is None:
        return contextlib.nullcontext()
    from hub.db.listening import listening  # its driver is not for everybody

    return listening(config)
