"""Requests of Kafka's protocol that aiokafka lacks: topics with ids and rights; some settings; static members.

Fields and their order: Kafka's protocol guide, Metadata version 12, IncrementalAlterConfigs version 0, LeaveGroup
version 3 and DescribeGroups version 4.
"""

from io import BytesIO

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Array,
    Boolean,
    Bytes,
    CompactArray,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

NO_ID = bytes(16)

_TAGS = ("tags", TaggedFields)


class Uuid(AbstractType):  # type: ignore[misc]
    """Sixteen bytes."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """The bytes as they are."""
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        """The bytes as they are."""
        return data.read(16)


_PARTITION = (
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", CompactArray(Int32)),
    ("isr", CompactArray(Int32)),
    ("offline_replicas", CompactArray(Int32)),
    _TAGS,
)
_TOPIC = (
    ("error_code", Int16),
    ("name", CompactString()),
    ("topic_id", Uuid),
    ("is_internal", Boolean),
    ("partitions", CompactArray(*_PARTITION)),
    ("authorized_operations", Int32),
    _TAGS,
)
_BROKER = (("node_id", Int32), ("host", CompactString()), ("port", Int32), ("rack", CompactString()), _TAGS)


class MetadataResponseV12(Response):  # type: ignore[misc]
    """The brokers, and of each topic asked for: id, partitions, what we may do with it."""

    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(*_BROKER)),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        ("topics", CompactArray(*_TOPIC)),
        _TAGS,
    )


class MetadataRequestV12(RequestStruct):  # type: ignore[misc]
    """Asks for topics by name, and creates none."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = MetadataResponseV12
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", Uuid), ("name", CompactString()), _TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        _TAGS,
    )


class TopicMetadataRequest(Request[MetadataRequestV12]):  # type: ignore[misc]
    """Asks for the topics of these names; needs Kafka 2.8 or later."""

    API_KEY = 3

    def __init__(self, names: list[str]) -> None:
        """Nothing is sent yet."""
        self._names = names

    def build(self, request_struct_class: type[MetadataRequestV12]) -> MetadataRequestV12:
        """The request as it goes over the wire."""
        return request_struct_class([(NO_ID, name, {}) for name in self._names], False, True, {})


class IncrementalAlterConfigsResponseV0(Response):  # type: ignore[misc]
    """Of each topic: 0, or an error's code and message."""

    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", Array(("error_code", Int16), ("message", String()), ("kind", Int8), ("name", String()))),
    )


class IncrementalAlterConfigsRequestV0(RequestStruct):  # type: ignore[misc]
    """Sets some settings of topics; the others stay as they are."""

    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = IncrementalAlterConfigsResponseV0
    SCHEMA = Schema(
        (
            "topics",
            Array(
                ("kind", Int8),
                ("name", String()),
                ("settings", Array(("name", String()), ("operation", Int8), ("value", String()))),
            ),
        ),
        ("validate_only", Boolean),
    )


class SetTopicConfigsRequest(Request[IncrementalAlterConfigsRequestV0]):  # type: ignore[misc]
    """Sets these settings of these topics."""

    API_KEY = 44

    def __init__(self, configs: dict[str, dict[str, str]]) -> None:
        """Nothing is sent yet; `configs`: topic → setting → value."""
        self._configs = configs

    def build(self, request_struct_class: type[IncrementalAlterConfigsRequestV0]) -> IncrementalAlterConfigsRequestV0:
        """The request as it goes over the wire."""
        topic_kind, set_operation = 2, 0
        topics = [
            (topic_kind, name, [(setting, set_operation, value) for setting, value in config.items()])
            for name, config in self._configs.items()
        ]
        return request_struct_class(topics, False)


class LeaveGroupResponseV3(Response):  # type: ignore[misc]
    """Whether the request was taken, and of each member whether it has left."""

    API_KEY = 13
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("members", Array(("member_id", String()), ("instance_id", String()), ("error_code", Int16))),
    )


class LeaveGroupRequestV3(RequestStruct):  # type: ignore[misc]
    """Takes members out of a group; the first version that knows static ones."""

    API_KEY = 13
    API_VERSION = 3
    RESPONSE_TYPE = LeaveGroupResponseV3
    SCHEMA = Schema(("group", String()), ("members", Array(("member_id", String()), ("instance_id", String()))))


class LeaveGroupRequest(Request[LeaveGroupRequestV3]):  # type: ignore[misc]
    """Takes a static member out of its group; needs Kafka 2.4 or later."""

    API_KEY = 13

    def __init__(self, group: str, member_id: str, instance_id: str) -> None:
        """Ask that the member leaves, and no successor under its name; an empty member_id: whoever has the name."""
        self._group = group
        self._member = (member_id, instance_id)

    def build(self, request_struct_class: type[LeaveGroupRequestV3]) -> LeaveGroupRequestV3:
        """The request as it goes over the wire."""
        return request_struct_class(self._group, [self._member])


class DescribeGroupsResponseV4(Response):  # type: ignore[misc]
    """The state of each group, and its members with the partitions that they own."""

    API_KEY = 15
    API_VERSION = 4
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            Array(
                ("error_code", Int16),
                ("group", String()),
                ("state", String()),
                ("protocol_type", String()),
                ("protocol", String()),
                (
                    "members",
                    Array(
                        ("member_id", String()),
                        ("instance_id", String()),
                        ("client_id", String()),
                        ("host", String()),
                        ("metadata", Bytes),
                        ("assignment", Bytes),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
    )


class DescribeGroupsRequestV4(RequestStruct):  # type: ignore[misc]
    """Asks for groups by name; the first version that tells the names of static members."""

    API_KEY = 15
    API_VERSION = 4
    RESPONSE_TYPE = DescribeGroupsResponseV4
    SCHEMA = Schema(("groups", Array(String())), ("include_authorized_operations", Boolean))


class DescribeGroupRequest(Request[DescribeGroupsRequestV4]):  # type: ignore[misc]
    """Asks for one group; needs Kafka 2.4 or later."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        """Ask for the group of that name."""
        self._group = group

    def build(self, request_struct_class: type[DescribeGroupsRequestV4]) -> DescribeGroupsRequestV4:
        """The request as it goes over the wire."""
        return request_struct_class([self._group], False)
