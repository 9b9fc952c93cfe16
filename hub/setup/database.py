"""The database as a process finds it that may write: up to date, and with what every village has in it.

A command that needs no more than that does not load the whole site.
"""

import contextlib
from collections.abc import AsyncIterator

from hub.actors.peers import use_config
from hub.agenda.methods import establish_methods
from hub.config import Config
from hub.db import close_database, open_database
from hub.db.migrations import is_behind, migrate, one_at_a_time
from hub.errors import ConfigError
from hub.exchange.templates import establish_templates
from hub.organisations.actions import establish_organisations
from hub.village.actions import establish_actors
from hub.village.actors import known_at


@contextlib.asynccontextmanager
async def database(config: Config) -> AsyncIterator[None]:
    """The database, up to date and open."""
    use_config(config)
    await bring_up_to_date(config)
    await open_database(config)
    try:
        await _require_own_village(config)
        async with _line_to_others(config):
            async with one_at_a_time(config):
                await establish_actors()
                await establish_organisations()
                await establish_templates()
                await establish_methods()
            yield
    finally:
        await close_database()


async def bring_up_to_date(config: Config, *, backup: bool = True) -> list[str]:
    """As migrate(), and never the data of another village: its own program may be older than this one."""
    if await is_behind(config):
        await open_database(config)
        try:
            await _require_own_village(config)
        finally:
            await close_database()
    return await migrate(config, backup=backup)


async def _require_own_village(config: Config) -> None:
    """Another address is another village: its settings lead here by mistake, or its domain was changed.

    It would sign people in where they are not, and write to them and to other servers by an address that
    these do not know. Raises ConfigError.
    """
    known = await known_at()
    if known not in (None, config.origin):
        raise ConfigError(
            [
                f"LAVOIR_ORIGIN: this database is that of the village at {known}, not of {config.origin};"
                " set that address back, or give this village a LAVOIR_DATA or LAVOIR_DATABASE_URL of its own"
            ]
        )


def _line_to_others(config: Config) -> contextlib.AbstractAsyncContextManager[None]:
    """To the other processes that share the database."""
    if config.database_url is None:
        return contextlib.nullcontext()
    from hub.db.listening import listening  # its driver is not for everybody

    return listening(config)
