"""The models topic: applied by several at one moment, taken over from before, kept at the next start."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from streamprocessor.cli.kafka.revisions import active_model, apply_model, model_history, promote, roll_back
from streamprocessor.cli.local.local_system import LocalKafka, set_up
from streamprocessor.cli.terminal.options import command_line
from streamprocessor.contract.model_file.next_revision import UNSIGNED, Publication, RevisionConflictError
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision, encode_revision
from streamprocessor.contract.topics.topics import topic_named
from streamprocessor.errors import ModelError, OperatorError
from streamprocessor.kafka.admin.layout import full_name_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.settings import Settings
from tests.harness.system import System

pytestmark = pytest.mark.kafka

OPENS = "scores: {{s: {{rules: [{{id: open, on: email_open, points: {points}}}]}}}}\n"


def model(folder: Path, points: int) -> Path:
    file = folder / f"opens-{points}.yaml"
    file.write_text(OPENS.format(points=points))
    return file


@pytest.fixture
def system(bootstrap: str, topic_prefix: str) -> System:
    """The names and clients of an application; nothing is created yet."""
    return System(Settings(bootstrap=bootstrap, topic_prefix=topic_prefix, app_id="app", partitions=1))


async def with_model(system: System, file: Path) -> None:
    """The models topic, without the others, and the model as revision 1."""
    await apply(system.clients, replace(system.layout, topics=(topic_named(system.layout.topics, "models"),)))
    await apply_model(system.settings, file)


async def start(settings: Settings, file: Path, *, model_given: bool = False) -> str:
    """What a start of `up` with the file says of the model."""
    sentences: list[str] = []
    kafka = LocalKafka(settings.model_copy(update={"model": str(file)}), None)
    await set_up(kafka, "up", sentences.append, model_given=model_given)
    return sentences[-1]


async def test_a_start_puts_the_file_in_force_where_none_is_and_leaves_what_is_unless_the_file_was_given(
    system: System, tmp_path: Path
) -> None:
    five, six, gone = model(tmp_path, 5), model(tmp_path, 6), tmp_path / "gone.yaml"
    settings = system.settings

    first = await start(settings, five)
    assert "is now in force as revision 1; it is the first" in first
    again = await start(settings, five)
    assert "stays in force, as revision 1 since " in again
    assert f"{five} says the same; to change it: {command_line(settings, 'model', 'apply', 'FILE')}" in again
    other = await start(settings, six)
    version = parse_model(five.read_text(), "m").version
    assert f"model default, version {version}, stays in force, as revision 1 since " in other
    assert f"to put that in force: {command_line(settings, 'model', 'apply', str(six))}" in other
    without = await start(settings, gone)
    assert f"{gone} can't be used: streamprocessor model check {gone} says why" in without
    assert len(await model_history(settings)) == 1

    given = await start(settings, six, model_given=True)
    assert "is now in force as revision 2" in given
    assert f"to go back: {command_line(settings, 'model', 'rollback', '1')}" in given
    assert "was in force already, as revision 2" in await start(settings, six, model_given=True)
    with pytest.raises(ModelError, match="gone"):
        await start(settings, gone, model_given=True)
    assert [entry.revision.origin for entry in await model_history(settings)] == [f"up {five}", f"up {six}"]


async def test_all_who_apply_at_one_moment_get_a_revision_each(system: System, tmp_path: Path) -> None:
    await with_model(system, model(tmp_path, 1))
    files = [model(tmp_path, points) for points in (2, 3, 4)]

    applied = await asyncio.gather(*(apply_model(system.settings, file) for file in files))

    assert all(each.is_new for each in applied)
    history = await model_history(system.settings)
    assert [entry.label for entry in history] == ["1", "2", "3", "4"]
    texts = {entry.label: entry.revision.text for entry in history}
    assert [texts[each.entry.label] for each in applied] == [file.read_text() for file in files]
    assert {each.before.label for each in applied if each.before} == {"1", "2", "3"}


async def test_a_topic_of_before_goes_on_with_what_it_has(system: System, tmp_path: Path) -> None:
    await with_model(system, model(tmp_path, 1))
    old = model(tmp_path, 5)
    name, version = "default", parse_model(old.read_text(), "m").version
    async with system.producer() as producer:
        value = encode_revision(ModelRevision(7, name, version, old.read_text(), 0))
        await producer.send_and_wait(full_name_of(system.settings, "models"), key=name.encode(), value=value)

    assert not (await apply_model(system.settings, old)).is_new
    applied = await apply_model(system.settings, model(tmp_path, 6))
    back = await roll_back(system.settings, "7", UNSIGNED)

    assert [each.entry.label for each in (applied, back)] == ["8", "9"]
    assert (await active_model(system.settings)).text == old.read_text()
    with pytest.raises(OperatorError, match="revision 3: wanted one of those that `streamprocessor model history`"):
        await roll_back(system.settings, "3", UNSIGNED)


async def test_other_segments_and_names_come_to_the_same_revision_and_can_be_gone_back_from(
    system: System, tmp_path: Path
) -> None:
    file = model(tmp_path, 5)
    plain = file.read_text()
    await with_model(system, file)
    file.write_text(f"{plain}segments: {{s: {{suppressed: false}}}}\n")

    segments = await apply_model(system.settings, file)
    file.write_text(f"{plain}display: {{name: [nick]}}\n")
    names = await apply_model(system.settings, file)
    assert not (await apply_model(system.settings, file)).is_new
    back = await roll_back(system.settings, "1", UNSIGNED)

    assert [each.entry.label for each in (segments, names, back)] == ["1.1", "1.2", "1.3"]
    assert {each.revision.revision for each in (segments, names, back)} == {1}
    assert (await active_model(system.settings)).text == plain


async def test_of_all_who_apply_at_one_moment_on_one_base_one_comes_first_and_the_others_are_told_what_it_changed(
    system: System, tmp_path: Path
) -> None:
    await with_model(system, model(tmp_path, 1))
    files = {points: model(tmp_path, points) for points in (2, 3, 4)}

    told = await asyncio.gather(
        *(
            apply_model(system.settings, file, Publication(f"author-{points}", based_on="1"))
            for points, file in files.items()
        ),
        return_exceptions=True,
    )

    history = await model_history(system.settings)
    assert [entry.label for entry in history] == ["1", "2"]
    winner = history[-1].revision
    lost = [each for each in told if isinstance(each, RevisionConflictError)]
    assert len(lost) == 2
    for each in lost:
        assert each.in_force == history[-1]
        assert [(found.word, found.old) for found in each.differences] == [("points", "1")]
        assert f"revision 2, applied by {winner.author} at " in str(each)
    late = files[2] if winner.author != "author-2" else files[3]
    assert (await apply_model(system.settings, late, Publication(based_on="2"))).entry.label == "3"


async def test_a_candidate_is_promoted_by_its_text_and_where_approvals_are_wanted_only_explicitly(
    system: System, tmp_path: Path
) -> None:
    await with_model(system, model(tmp_path, 1))
    with pytest.raises(OperatorError, match="models: holds no candidate; wanted a shadow"):
        await promote(system.settings, "app.shadow", UNSIGNED)
    await with_model(System(system.settings.model_copy(update={"app_id": "app.shadow"})), model(tmp_path, 7))
    strict = system.settings.model_copy(update={"model_approvals": 1})

    for refused in (promote(strict, "app.shadow", UNSIGNED), apply_model(strict, model(tmp_path, 7))):
        with pytest.raises(OperatorError, match="MODEL_APPROVALS: 1, so a model needs another's approval"):
            await refused
    promoted = await promote(strict, "app.shadow", Publication("ops", "tried", without_approval=True))

    revision = promoted.revision
    assert (promoted.entry.label, revision.text, revision.author) == ("2", model(tmp_path, 7).read_text(), "ops")
    assert revision.origin == "model promote --from app.shadow --without-approval"
    assert not (await apply_model(strict, model(tmp_path, 7))).is_new
    assert (await roll_back(strict, "1", Publication(without_approval=True))).entry.label == "3"
