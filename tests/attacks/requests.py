"""Makes a valid request for any route out of the OpenAPI document, so that a new route is attacked without being listed."""

from __future__ import annotations

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
        for part in template.split("/"):
            if part.startswith("{"):
                self._id(part[1:-1], template)
        return template.format_map(dict(self._ids))

    def id_fields(self, method: str, template: str) -> frozenset[str]:
        """The names of all fields of the body's schema, however deep, that hold an id."""
        content = self._operation(method, template).get("requestBody", {}).get("content", {})
        found: set[str] = set()
        if "application/json" in content:
            self._collect(content["application/json"]["schema"], "", found, frozenset())
        return frozenset(found)

    def query_ids(self, method: str, template: str) -> frozenset[str]:
        """The names of all query parameters that hold an id."""
        found: set[str] = set()
        for parameter in self._operation(method, template).get("parameters", ()):
            if parameter["in"] == "query":
                self._collect(parameter["schema"], parameter["name"], found, frozenset())
        return frozenset(found)

    def query(self, names: frozenset[str]) -> dict[str, str]:
        return {name: self._id(name, "a query") for name in sorted(names)}

    def bodies(self, method: str, template: str) -> Iterator[dict[str, Any]]:
        """What httpx is to send: one request per alternative of the body's schema."""
        content = self._operation(method, template).get("requestBody", {}).get("content", {})
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
                # In turn, not every combination: each value of each field is in one of them.
                length = max((len(values) for values in chosen), default=1)
                return [dict(values[turn % len(values)] for values in chosen) for turn in range(length)]
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
                return self._id(name, "a body")
            case "date-time":
                return "2026-12-24T09:00:00Z"
            case _:
                return "Merhaba"

    def _operation(self, method: str, template: str) -> Json:
        found: Json = self._document["paths"].get(template, {}).get(method.lower(), {})
        return found

    def _collect(self, schema: Any, name: str, found: set[str], seen: frozenset[str]) -> None:
        if isinstance(schema, list):
            for part in schema:
                self._collect(part, name, found, seen)
        if not isinstance(schema, dict):
            return
        if schema.get("format") == "uuid":
            found.add(name)
        if (ref := schema.get("$ref")) is not None and ref not in seen:
            self._collect(self._document["components"]["schemas"][ref.rsplit("/", 1)[1]], name, found, seen | {ref})
        for key, part in schema.get("properties", {}).items():
            self._collect(part, key, found, seen)
        for key in ("items", "oneOf", "anyOf", "allOf", "additionalProperties"):
            self._collect(schema.get(key), name, found, seen)

    def _id(self, name: str, where: str) -> str:
        assert name in self._ids, (
            f"{where} takes the id `{name}`, and no attack knows one: make such a row and put its id under this name into "
            "`secrets_of` in tests/attacks/firms.py"
        )
        return self._ids[name]
