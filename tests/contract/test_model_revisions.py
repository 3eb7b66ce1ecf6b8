import pytest

from streamprocessor.contract.model_revisions import ModelRevision, decode_revision, encode_revision, key_of
from streamprocessor.errors import OperatorError

REVISION = ModelRevision(3, "default", "5f1c", "scores: {} # für alle\n", 1_795_334_400_000)


def test_a_revision_written_is_the_revision_read():
    assert decode_revision(encode_revision(REVISION)) == REVISION


def test_a_revision_is_json_with_the_text_of_the_file():
    assert encode_revision(REVISION).startswith(b'{"revision":3,"name":"default","version":"5f1c","text":"scores: ')
    assert b'"applied_at":1795334400000' in encode_revision(REVISION)


def test_the_revisions_of_a_model_stand_under_its_name():
    assert key_of("default") == b"default"


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"revision":3}', b'{"revision":"3"}', b"\xff"])
def test_a_value_that_is_no_revision_is_refused(value):
    with pytest.raises(OperatorError, match="models"):
        decode_revision(value)
