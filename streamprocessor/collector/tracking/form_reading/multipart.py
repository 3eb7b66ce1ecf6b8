"""Forms posted as multipart/form-data."""

from __future__ import annotations

import logging

from python_multipart.multipart import Field, File, create_form_parser

# It logs, as errors of ours, what anybody may post: they are raised, too, and answered.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


def multipart_fields(content_type: str, body: bytes, max_fields: int) -> list[tuple[str, str]]:
    """Names and values in their order, without files; raises ValueError for no form, or more parts than max_fields."""
    fields: list[tuple[str, str]] = []
    part_count = 0

    def count_part(_part: Field | File) -> None:
        nonlocal part_count
        part_count += 1
        if part_count > max_fields:
            message = f"multipart: wanted at most {max_fields} fields and files; got more"
            raise ValueError(message)

    def append(field: Field) -> None:
        count_part(field)
        name, value = field.field_name or b"", field.value or b""
        fields.append((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")))

    parser = create_form_parser({"Content-Type": content_type.encode("latin-1", "replace")}, append, count_part)
    parser.write(body)
    parser.finalize()
    return fields
