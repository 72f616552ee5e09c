"""Makes a valid request for any route out of the OpenAPI document, so that a new route is attacked without being listed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from tests.rest import Json

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


class Maker:
    """`ids` are the values for fields and path parameters that hold ids, by name. A name that it does not know fails the
    test: whoever adds a route says what its parameter is."""

    def __init__(self, document: Json, ids: Mapping[str, str]) -> None:
        self._document = document
        self._ids = ids

    def path(self, template: str) -> str:
        return template.format_map(dict(self._ids))

    def bodies(self, method: str, template: str) -> Iterator[dict[str, Any]]:
        """What httpx is to send: one request per alternative of the body's schema."""
        operation = self._document["paths"].get(template, {}).get(method.lower(), {})
        content = operation.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in content:
            yield {"files": {"file": ("a.png", PNG, "image/png")}}
        elif "application/json" in content:
            for value in self._values(content["application/json"]["schema"], ""):
                yield {"json": value}
        else:
            yield {}

    def _values(self, schema: Json, name: str) -> list[Any]:
        if "$ref" in schema:
            return self._values(self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], name)
        for union in ("oneOf", "anyOf"):
            if union in schema:
                return [value for option in schema[union] for value in self._values(option, name)]
        if "const" in schema:
            return [schema["const"]]
        if "enum" in schema:
            return [schema["enum"][0]]
        match schema.get("type"):
            case "object":
                properties = schema.get("properties", {})
                chosen = [[(key, value) for value in self._values(part, key)] for key, part in properties.items()]
                return [dict(pairs) for pairs in itertools.islice(itertools.product(*chosen), 12)]
            case "array":
                return [[value] for value in self._values(schema["items"], name)]
            case "string":
                return [self._string(schema, name)]
            case "integer" | "number":
                return [1]
            case "boolean":
                return [True]
            case "null":
                return [None]
            case other:
                raise AssertionError(f"no example for {name}: {other}")

    def _string(self, schema: Json, name: str) -> str:
        match schema.get("format"):
            case "uuid":
                return self._ids[name]
            case "date-time":
                return "2026-12-24T09:00:00Z"
            case _:
                return "Merhaba"
