"""Discord's error answers: HTTP status, JSON code, message, and the tree of form errors."""

from dataclasses import dataclass, field
from typing import Any, NoReturn


@dataclass(frozen=True, slots=True)
class Problem:
    """One documented JSON error code and the HTTP status it comes with."""

    status: int
    code: int
    message: str


class ApiError(Exception):
    """Answer the request with this problem."""

    def __init__(self, problem: Problem, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{problem.status} {problem.code} {problem.message}")
        self.problem = problem
        self.errors = errors

    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": self.problem.message, "code": self.problem.code}
        return body if self.errors is None else body | {"errors": self.errors}


class NotAllowed(Exception):
    """A person tried in the Discord client what the client would not let them do. Tests see it raised."""


def refuse(problem: Problem) -> NoReturn:
    """Stop the request with this problem."""
    raise ApiError(problem)


NOT_FOUND = Problem(404, 0, "404: Not Found")
UNAUTHORIZED = Problem(401, 0, "401: Unauthorized")
METHOD_NOT_ALLOWED = Problem(405, 0, "405: Method Not Allowed")
UNKNOWN_APPLICATION = Problem(404, 10002, "Unknown Application")
UNKNOWN_CHANNEL = Problem(404, 10003, "Unknown Channel")
UNKNOWN_GUILD = Problem(404, 10004, "Unknown Guild")
UNKNOWN_MEMBER = Problem(404, 10007, "Unknown Member")
UNKNOWN_MESSAGE = Problem(404, 10008, "Unknown Message")
UNKNOWN_ROLE = Problem(404, 10011, "Unknown Role")
UNKNOWN_USER = Problem(404, 10013, "Unknown User")
UNKNOWN_WEBHOOK = Problem(404, 10015, "Unknown Webhook")
UNKNOWN_BAN = Problem(404, 10026, "Unknown Ban")
UNKNOWN_INTERACTION = Problem(404, 10062, "Unknown interaction")
UNKNOWN_COMMAND = Problem(404, 10063, "Unknown application command")
TOO_MANY_COMMANDS = Problem(400, 30032, "Maximum number of application commands reached (100).")
ALREADY_ACKNOWLEDGED = Problem(400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = Problem(403, 50001, "Missing Access")
ONLY_OWN_MESSAGES = Problem(403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = Problem(400, 50006, "Cannot send an empty message")
CANNOT_DM = Problem(403, 50007, "Cannot send messages to this user")
NOT_A_TEXT_CHANNEL = Problem(400, 50008, "Cannot send messages in a non-text channel")
MISSING_PERMISSIONS = Problem(403, 50013, "Missing Permissions")
BULK_DELETE_COUNT = Problem(400, 50016, "Provided too few or too many messages to delete.")
WRONG_CHANNEL_TYPE = Problem(400, 50024, "Cannot execute action on this channel type")
SYSTEM_MESSAGE = Problem(403, 50021, "Cannot execute action on a system message")
INVALID_WEBHOOK_TOKEN = Problem(401, 50027, "Invalid Webhook Token")
TOO_OLD_FOR_BULK_DELETE = Problem(400, 50034, "A message provided was too old to bulk delete.")
INVALID_FORM_BODY = Problem(400, 50035, "Invalid Form Body")
THREAD_ARCHIVED = Problem(400, 50083, "Thread is archived")
INVALID_JSON = Problem(400, 50109, "The request body contains invalid JSON.")
REPLY_NEEDS_HISTORY = Problem(403, 160002, "Cannot reply without permission to read message history")
THREAD_EXISTS = Problem(400, 160004, "A thread has already been created for this message")


@dataclass(slots=True)
class Form:
    """Collects what is wrong with a request body, in the shape Discord answers with."""

    errors: dict[str, Any] = field(default_factory=dict)

    def reject(self, path: str, code: str, message: str) -> None:
        """Note one error; `path` is dotted, as in `embeds.0.title`."""
        node = self.errors
        for part in path.split("."):
            node = node.setdefault(part, {})
        node.setdefault("_errors", []).append({"code": code, "message": message})

    def limit(self, path: str, value: object, longest: int, shortest: int = 0) -> None:
        """The text at `path`, if it is given, must have a length in these bounds."""
        if value is None:
            return
        if not isinstance(value, str):
            self.reject(path, "BASE_TYPE_STRING", "Could not interpret value as string.")
        elif len(value) > longest:
            self.reject(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")
        elif len(value) < shortest:
            self.reject(path, "BASE_TYPE_MIN_LENGTH", f"Must be {shortest} or more in length.")

    def require(self, path: str, value: object, longest: int) -> None:
        """The text at `path` must be there and not too long."""
        if value is None or value == "":
            self.reject(path, "BASE_TYPE_REQUIRED", "This field is required")
        else:
            self.limit(path, value, longest)

    def finish(self) -> None:
        """Stop the request when anything was wrong."""
        if self.errors:
            raise ApiError(INVALID_FORM_BODY, self.errors)


def invalid(path: str, code: str, message: str) -> NoReturn:
    """Stop the request with one form error."""
    form = Form()
    form.reject(path, code, message)
    raise ApiError(INVALID_FORM_BODY, form.errors)
