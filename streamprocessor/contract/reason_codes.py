"""Why a record can't be used: the codes in dead-letters and in the metrics' labels."""

NOT_JSON = "not-json"  # also: invalid UTF-8, NaN, lone surrogates, a name twice in one object
NOT_AN_OBJECT = "not-an-object"
EMPTY = "empty"  # no value at all: a tombstone means nothing on an input topic
TOO_LARGE = "too-large"  # over 256 KiB
TOO_DEEP = "too-deep"  # more than 254 levels of objects and lists
NO_CONTACT = "no-contact"  # a record without a key
PLACEHOLDER_ID = "placeholder-id"  # a text that stands for no id, such as undefined: contract/placeholder_ids.yaml
BAD_KEY = "bad-key"  # not UTF-8, over 256 bytes, or with control characters
CONTACT_MISMATCH = "contact-mismatch"  # contact_id and the key name two contacts
BAD_TIME = "bad-time"
FROM_THE_FUTURE = "from-the-future"  # more than 5 min ahead of its arrival
UNKNOWN_TYPE = "unknown-type"  # no type where one is needed, or one that is not the topic's
BAD_ID = "bad-id"
BAD_PROPERTIES = "bad-properties"
BAD_CONTEXT = "bad-context"
UNKNOWN_UPDATE = "unknown-update"
BAD_UPDATE = "bad-update"
# Besides: merge-with-itself, already-merged, merge-cycle, too-many-sources (scoring/identity/linking.py); in the
# collector and in imports also not-with-this-key (access_policy.py) and too-many-identities (collector/http/limits.py).
