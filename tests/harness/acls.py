"""Users and what they may do on a Kafka, as its administrator says."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streamprocessor.contract.topics.rights import Right

PASSWORD = "the-password-of-the-tests"
_ANSWER_SECONDS = 10.0
_ITERATIONS = 4096


class Acls:
    """Speaks to the broker as its super user."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": bootstrap})

    def add_users(self, names: Iterable[str]) -> None:
        """Let users of these names log in by SCRAM-SHA-512 with PASSWORD."""
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, _ITERATIONS)
        added = [UserScramCredentialUpsertion(name, info, PASSWORD.encode()) for name in names]
        for done in self._admin.alter_user_scram_credentials(added).values():
            done.result(_ANSWER_SECONDS)

    def grant(self, principal: str, rights: Iterable[Right]) -> None:
        """Allow the principal this."""
        for done in self._admin.create_acls([AclBinding(*_words(principal, right)) for right in rights]).values():
            done.result(_ANSWER_SECONDS)

    def take_away(self, principal: str, right: Right) -> None:
        """Allow it no longer."""
        exactly = AclBindingFilter(*_words(principal, right))
        [done] = self._admin.delete_acls([exactly]).values()
        assert len(done.result(_ANSWER_SECONDS)) == 1, right


def _words(principal: str, right: Right) -> tuple[object, ...]:
    kind, operation = ResourceType[right.resource.upper()], AclOperation[right.operation]
    return kind, right.name, ResourcePatternType.LITERAL, principal, "*", operation, AclPermissionType.ALLOW
