"""Checks requests and responses against Discord's own OpenAPI description, where a copy of it is at hand.

The description's README says: unions mean "one of these was meant", so they are read as anyOf; the API takes
numbers for texts of digits and texts of digits for numbers, so requests are read leniently. Responses are ours and
read strictly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import jsonschema_rs
import orjson

DEFAULT_PATH = Path(__file__).resolve().parents[3] / "shared" / "discord" / "openapi.json"
_METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_REQUESTS, _RESPONSES = "urn:discord:requests", "urn:discord:responses"

# Where the description is narrower than the reference documentation, which counts: bans without a body and with
# the deletion in the query, forwards (reference type 1), and the codes of form errors, which are words.
_KNOWN_GAPS = re.compile(
    r"request (un)?ban_user_from_guild: the body is missing"
    r"|request ban_user_from_guild: the query 'delete_message_seconds' is not described"
    r"|.*message_reference\.type: 0 was expected"
    r"|response \w+ 400: errors\..*_errors\.\d+\.code: .* is not of type \"integer\""
)


def find_description() -> Path | None:
    """The description beside the checkout, or None."""
    return DEFAULT_PATH if DEFAULT_PATH.is_file() else None


class OpenApiCheck(Protocol):
    """Collects deviations from the description."""

    deviations: list[str]

    def note(self, deviation: str) -> None: ...

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None: ...

    def response(self, method: str, path: str, status: int, body: Any) -> None: ...


class NoCheck:
    """Where the description is absent: only what the server itself notes."""

    def __init__(self) -> None:
        self.deviations: list[str] = []

    def note(self, deviation: str) -> None:
        self.deviations.append(deviation)

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None:
        """Nothing to check against."""

    def response(self, method: str, path: str, status: int, body: Any) -> None:
        """Nothing to check against."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the description; `pointer` leads to it."""

    id: str
    method: str
    pattern: re.Pattern[str]
    literals: int
    pointer: str
    content: dict[str, Any]
    parameters: dict[str, dict[str, Any]]


class Description:
    """The parsed description with lazily compiled schemas, shared by all servers of a process."""

    def __init__(self, path: Path) -> None:
        document = orjson.loads(path.read_bytes())
        self._documents = {_REQUESTS: _lenient(document), _RESPONSES: _any_of(document)}
        self._registry = jsonschema_rs.Registry(list(self._documents.items()))
        self._validators: dict[tuple[str, str], jsonschema_rs.Draft202012Validator] = {}
        self._components = document["components"]
        self._operations = sorted(_operations(document), key=lambda each: -each.literals)

    @lru_cache(maxsize=4096)  # noqa: B019  descriptions live as long as the process
    def operation(self, method: str, path: str) -> Operation | None:
        """The most literal operation that fits."""
        fitting = (each for each in self._operations if each.method == method and each.pattern.fullmatch(path))
        return next(fitting, None)

    def errors(self, base: str, pointer: str, instance: Any) -> list[str]:
        """What is wrong with the instance, one line each."""
        key = (base, pointer)
        if key not in self._validators:
            schema = {"$ref": f"{base}#{pointer}"}
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                schema, registry=self._registry, validate_formats=True
            )
        validator = self._validators[key]
        if validator.is_valid(instance):
            return []
        return [_explain(error) for error in validator.iter_errors(instance)]

    def response_schema(self, operation: Operation, status: int) -> tuple[str, bool] | None:
        """Where the schema of an answer is, and whether there is a body; None if the status is not described."""
        responses = operation.content["responses"]
        key = str(status) if str(status) in responses else f"{str(status)[0]}XX"
        if key not in responses:
            return None
        reference = responses[key].get("$ref")
        if reference is None:
            pointer, described = f"{operation.pointer}/responses/{key}", responses[key]
        else:
            pointer = reference.removeprefix("#")
            described = self._components["responses"][reference.rsplit("/", 1)[1]]
        return f"{pointer}/content/application~1json/schema", "application/json" in described.get("content", {})


@lru_cache(maxsize=2)
def load_description(path: Path) -> Description:
    """Parsed once in a process."""
    return Description(path)


class DescribedCheck:
    """Checks against a description."""

    def __init__(self, description: Description) -> None:
        self.deviations: list[str] = []
        self._description = description

    def note(self, deviation: str) -> None:
        """Keep a deviation, unless the description is known to be wrong there."""
        if not _KNOWN_GAPS.fullmatch(deviation):
            self.deviations.append(deviation)

    def request(self, method: str, path: str, query: Mapping[str, str], body: Any) -> None:
        operation = self._description.operation(method, path)
        if operation is None:
            self.note(f"{method} {path}: not described")
            return
        for each in (*_query_errors(operation, query), *self._body_errors(operation, body)):
            self.note(f"request {operation.id}: {each}")

    def _body_errors(self, operation: Operation, body: Any) -> list[str]:
        described = operation.content.get("requestBody")
        if described is None:
            return [] if body is None else ["there is a body, and none is described"]
        if body is None:
            return ["the body is missing"] if described.get("required") else []
        if "application/json" not in described["content"]:
            return []
        pointer = f"{operation.pointer}/requestBody/content/application~1json/schema"
        return self._description.errors(_REQUESTS, pointer, body)

    def response(self, method: str, path: str, status: int, body: Any) -> None:
        operation = self._description.operation(method, path)
        if operation is None or status == 429:
            return
        for each in self._response_errors(operation, status, body):
            self.note(f"response {operation.id} {status}: {each}")

    def _response_errors(self, operation: Operation, status: int, body: Any) -> list[str]:
        schema = self._description.response_schema(operation, status)
        if schema is None:
            return ["the status is not described"]
        pointer, has_body = schema
        if not has_body:
            return [] if body is None else ["there is a body, and none is described"]
        return ["the body is missing"] if body is None else self._description.errors(_RESPONSES, pointer, body)


def make_check(path: Path | None) -> OpenApiCheck:
    """The check against this description, or none."""
    return NoCheck() if path is None else DescribedCheck(load_description(path))


def _operations(document: dict[str, Any]) -> Iterable[Operation]:
    for template, item in document["paths"].items():
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)))
        literals = sum(not part.startswith("{") for part in template.split("/"))
        for method in _METHODS & item.keys():
            content = item[method]
            parameters = [*item.get("parameters", []), *content.get("parameters", [])]
            queried = {each["name"]: each for each in parameters if each.get("in") == "query"}
            pointer = f"/paths/{quote(template.replace('/', '~1'), safe='~@')}/{method}"
            yield Operation(content["operationId"], method.upper(), pattern, literals, pointer, content, queried)


def _query_errors(operation: Operation, query: Mapping[str, str]) -> list[str]:
    unknown = [f"the query {name!r} is not described" for name in query if name not in operation.parameters]
    required = {name for name, each in operation.parameters.items() if each.get("required")}
    return unknown + [f"the query {name!r} is missing" for name in sorted(required - query.keys())]


def _any_of(node: Any) -> Any:
    """The schema with oneOf read as anyOf."""
    if isinstance(node, list):
        return [_any_of(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {"anyOf" if key == "oneOf" else key: _any_of(value) for key, value in node.items()}


_ALSO = {"integer": "string", "string": "integer"}


def _lenient(node: Any) -> Any:
    """As `_any_of`, and numbers and texts of digits stand for each other."""
    if isinstance(node, list):
        return [_lenient(each) for each in node]
    if not isinstance(node, dict):
        return node
    read = {"anyOf" if key == "oneOf" else key: _lenient(value) for key, value in node.items()}
    kind = node.get("type")
    if kind == "integer" and "enum" not in node:
        read |= {"type": ["integer", "string"], "pattern": "^-?[0-9]+$"}
    elif kind == "string" and "enum" not in node and "properties" not in node:
        read["type"] = ["string", "integer"]
    elif isinstance(kind, list):
        read["type"] = sorted({*kind, *(_ALSO[each] for each in kind if each in _ALSO)})
    return read


def _explain(error: jsonschema_rs.ValidationError) -> str:
    """One error; of a union the deepest error of the branch that fits best."""
    best = error
    while isinstance(best.kind, jsonschema_rs.ValidationErrorKind.AnyOf) and any(best.kind.context):
        branches = [branch for branch in best.kind.context if branch]
        branch = min(branches, key=lambda each: (len(each), -max(len(one.instance_path) for one in each)))
        best = max(branch, key=lambda each: len(each.instance_path))
    place = ".".join(map(str, best.instance_path)) or "the body"
    return f"{place}: {best.message[:200]}"
