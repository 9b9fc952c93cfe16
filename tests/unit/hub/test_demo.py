"""The story of the demo holds together: nobody and nothing is named that is not there."""

from datetime import date, datetime

import pytest

from hub.demo.acts import Facts, day_typed
from hub.demo.browsing import read_page
from hub.demo.drawing import SCENES, drawn
from hub.demo.telling import story_of

VILLAGES = ("saint-martin", "vaubelle")


@pytest.mark.parametrize("name", VILLAGES)
def test_who_publishes_lives_there_and_speaks_for_what_is_theirs(name: str) -> None:
    story = story_of(name)
    people = {one["name"] for one in story["people"]}
    agents = {one["name"] for one in story["people"] if one.get("role")} | {story["people"][0]["name"]}
    managers = {one["name"]: one.get("manager") for one in story["associations"]}
    for facts in published(story):
        assert facts["by"] in people or facts.get("waits"), facts["title"]
        voice = facts.get("as", "self")
        assert voice == "self" or (
            facts["by"] in agents if voice == "town-hall" else managers[voice] == facts["by"]
        )


@pytest.mark.parametrize("name", VILLAGES)
def test_titles_are_unlike_and_pictures_are_described(name: str) -> None:
    story = story_of(name)
    titles = [facts["title"] for facts in published(story)]
    assert len(set(titles)) == len(titles)
    for facts in published(story):
        assert facts.get("photo") is None or (facts["photo"] in SCENES and facts["alt"])


def published(story: Facts) -> list[Facts]:
    return [facts for part in ("board", "agenda", "projects", "news") for facts in story.get(part, ())]


def test_what_goes_from_one_to_the_other_is_published_there() -> None:
    between = story_of("between")
    titles = {name: {facts["title"] for facts in published(story_of(name))} for name in VILLAGES}
    for help_ in between["help"]:
        assert help_["title"] in titles[help_["needed_in"]]
    for answer in between["answer"]:
        assert answer["title"] in titles["saint-martin"]


@pytest.mark.parametrize("name", sorted(SCENES))
def test_each_picture_is_small(name: str) -> None:
    picture = drawn(name)
    assert picture.startswith(b"\xff\xd8")
    assert len(picture) < 100_000


def test_days_are_counted_from_today_and_wait_for_their_weekday() -> None:
    friday = datetime(2026, 12, 4)  # noqa: DTZ001 (only its day is read)
    assert day_typed(friday, 1) == "05/12/2026"
    assert day_typed(friday, 1, weekday=5) == "11/12/2026"
    assert day_typed(friday, -30) == f"{date(2026, 11, 4):%d/%m/%Y}"


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    page = read_page(
        """<main><form method="post" action="/x"><input name="a" value="1">
        <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
        <textarea name="t">two\nlines</textarea>
        <select name="s"><option value="1"><option value="2" selected></select>
        <button name="do" value="yes">Yes <span>Rosa</span></button></form><a href="/y">There</a></main>"""
    )
    (form,) = page.forms
    assert form.fields == {"a": "1", "r": "2", "t": "two\nlines", "s": "2"}
    assert form.choices == {"r": ["1", "2"]}
    assert form.offers("yes", "Rosa")
    assert page.link("There") == "/y"
