"""Secrets are found by what is shown, and by nothing else."""

from streamprocessor.process.secret_lookup import SecretLookup


def test_a_secret_is_its_names_and_any_other_text_is_nobodys() -> None:
    known = SecretLookup({"web": "k-1", "crm": "k-2"})

    offered = ("k-1", "k-2", "k-3", "K-1", "k-1 ", "", "\ud800")
    assert [known.name_of(secret) for secret in offered] == ["web", "crm", None, None, None, None, None]


def test_no_two_lookups_hash_alike() -> None:
    secrets = {"web": "k-1"}
    assert SecretLookup(secrets)._names.keys() != SecretLookup(secrets)._names.keys()
