"""Photos in a store that speaks S3: the same as in a folder, and from the one to the other by a backup."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import backups
from hub.config import Config, read_config
from hub.db import close_database, open_database
from hub.db.backup import restore_backup, save_backup, try_backup
from hub.db.migrations import migrate
from hub.errors import Unavailable
from hub.health.doctor import examine
from hub.observations import Observation, Seen
from hub.stores import Bucket, Folder, Store, media_store
from hub.village.models import Village
from tests import factories
from tests.several.store import running_store

FACE, PHOTO = "3f/3f00.webp", "photos/ab/ab00.webp"


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    """A village whose settings name a store that runs."""
    with running_store(tmp_path / "store") as store:
        yield read_config({"LAVOIR_DATA": str(tmp_path / "data"), **store.settings})


def names(store: Store, folder: str = "", **options: datetime) -> list[str]:
    return sorted(name for portion in store.names(folder, **options) for name in portion)


@pytest.mark.parametrize("kind", [Folder, Bucket])
def test_what_is_written_is_there_until_it_is_removed(config: Config, kind: type[Store]) -> None:
    store = media_store(config if kind is Bucket else replace(config, media_url=None))
    assert isinstance(store, kind)
    assert names(store) == []
    store.write(FACE, b"face")
    store.write(PHOTO, b"photo")
    assert (store.read(FACE), store.read(PHOTO)) == (b"face", b"photo")
    assert names(store) == [FACE, PHOTO]
    assert names(store, "photos") == [PHOTO]
    now = datetime.now(UTC)
    assert names(store, before=now + timedelta(hours=1)) == [FACE, PHOTO]
    assert names(store, before=now - timedelta(hours=1)) == []
    store.remove([FACE, "ff/nothing.webp"])
    assert names(store) == [PHOTO]
    with pytest.raises(FileNotFoundError):
        store.read(FACE)


async def test_a_bucket_that_is_not_there_is_said_and_nothing_is_taken_for_written(config: Config) -> None:
    wrong = replace(config, media_url=str(config.media_url).replace("//village/", "//nobody/"))
    with pytest.raises(Unavailable):
        media_store(wrong).write(FACE, b"face")
    for settings, well in ((config, True), (wrong, False)):
        [finding] = [each for each in await examine(settings, []) if each.about == "media"]
        assert finding.well is well, finding
    assert names(media_store(config)) == []


async def test_a_backup_takes_photos_from_the_folder_to_the_store_and_back(
    config: Config, tmp_path: Path
) -> None:
    near, there = replace(config, media_url=None), media_store(config)
    await migrate(near)
    here = media_store(near)
    here.write(FACE, b"face")
    here.write(PHOTO, b"photo")
    await save_backup(near, tmp_path / "one.tar")
    there.write("photos/cd/cd00.webp", b"hung up later")

    await restore_backup(config, tmp_path / "one.tar")
    assert there.read(PHOTO) == b"photo"
    assert names(there) == [FACE, PHOTO, "photos/cd/cd00.webp"], "a restore takes nothing away"
    there.remove(["photos/cd/cd00.webp"])
    about = await save_backup(config, tmp_path / "two.tar")
    assert [name for name in about.files if name.startswith("media/")] == [f"media/{FACE}", f"media/{PHOTO}"]

    there.remove([FACE, PHOTO])
    assert (await try_backup(config, tmp_path / "two.tar")).restored
    assert names(there) == [], "a trial touches no bucket"
    here.remove([FACE, PHOTO])
    await restore_backup(near, tmp_path / "two.tar")
    assert names(media_store(near)) == [FACE, PHOTO]


async def test_a_night_while_the_store_is_away_keeps_the_rows_and_says_why_the_photos_are_missing(
    config: Config,
) -> None:
    media_store(config).write(PHOTO, b"photo")
    away = replace(config, media_url=str(config.media_url).replace("//village/", "//nobody/"))
    backups.use_config(away)
    await migrate(away)
    await open_database(away)
    village = await factories.village()
    await Village.filter(id=village.id).update(opened_at=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises(Unavailable):
        await backups.back_up_each_night()
    told = await Observation.of(Seen.BACKUP)
    await close_database()
    assert told is not None
    assert (told.well_at, bool(told.said["reason"])) == (None, True)

    [file] = (config.data / "backups").glob("*.tar")
    about = await restore_backup(config, file)
    assert (about.media, about.rows["village"]) == (False, 1)
    assert names(media_store(config)) == [PHOTO], "what is not in it stays as it is"
