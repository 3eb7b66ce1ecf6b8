"""Forms posted as multipart/form-data: their fields, without files."""

from __future__ import annotations

from python_multipart.multipart import Field, create_form_parser


def multipart_fields(content_type: str, body: bytes, most: int) -> list[tuple[str, str]]:
    """Names and values in their order; files are left out. Raises ValueError for what is no form, or over `most`."""
    fields: list[tuple[str, str]] = []

    def keep(field: Field) -> None:
        if len(fields) == most:
            message = f"multipart: wanted at most {most} fields; got more"
            raise ValueError(message)
        name, value = field.field_name or b"", field.value or b""
        fields.append((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")))

    parser = create_form_parser({"Content-Type": content_type.encode("latin-1", "replace")}, keep, lambda _file: None)
    parser.write(body)
    parser.finalize()
    return fields
