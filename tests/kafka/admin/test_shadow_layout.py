"""A shadow reads what the application reads and shares nothing else with it, however its processes are started."""

from __future__ import annotations

import pytest

from streamprocessor.cli.shadow.shadow_application import shadow_application, shadow_settings
from streamprocessor.contract.topics.shadow import shadow_of
from streamprocessor.contract.topics.topics import IN
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.settings import Settings

LIVE = Settings(bootstrap="localhost:1", topic_prefix="st-", app_id="app")


def test_it_shares_the_inputs_and_no_topic_that_anybody_writes_what_was_scored_to() -> None:
    live, own = layout_of(LIVE).names(), layout_of(shadow_settings(LIVE)).names()

    shared = live.keys() & own.keys()
    assert {topic.direction for name, topic in own.items() if name in shared} == {IN}
    assert shared == {name for name, topic in live.items() if topic.direction == IN}
    assert "st-app.shadow-became-hot-lead" in own
    assert "st-became-hot-lead" in live


def test_a_worker_that_somebody_starts_by_hand_is_a_shadows_by_its_id_alone() -> None:
    by_hand = LIVE.model_copy(update={"app_id": shadow_of("app")})

    assert layout_of(by_hand).names() == layout_of(shadow_settings(LIVE)).names()
    assert layout_of(by_hand).group == "st-app.shadow"


def test_what_is_deleted_with_it_is_none_of_the_live_ones() -> None:
    application = shadow_application(LIVE)

    own = application.own_topics()
    assert not set(own) & layout_of(LIVE).names().keys()
    assert len(own) == 7


def test_topics_that_are_the_live_ones_are_not_deleted() -> None:
    application = shadow_application(LIVE)._replace(own=shadow_application(LIVE).live)

    with pytest.raises(OperatorError, match="wanted them to be the shadow's alone"):
        application.own_topics()


def test_a_shadow_has_no_shadow() -> None:
    with pytest.raises(OperatorError, match=r"got app\.shadow, which is a shadow itself"):
        shadow_settings(LIVE.model_copy(update={"app_id": "app.shadow"}))
