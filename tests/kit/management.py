"""ManagementPages: a management listener in memory, in the place of `HTTPConnection`."""

import json
from dataclasses import dataclass, field


@dataclass(slots=True)
class ManagementAnswer:
    """What was asked for last."""

    status: int
    content: bytes

    def read(self) -> bytes:
        return self.content


@dataclass(slots=True)
class ManagementPages:
    """Content by path; `asked` are (address, method, path); `error` is raised instead of asking."""

    answers: dict[str, ManagementAnswer] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    error: Exception | None = None
    address: str = ""

    def add(self, path: str, content: object, status: int = 200) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.answers[path] = ManagementAnswer(status, text.encode())

    def connect(self, address: str, timeout: float) -> "ManagementPages":
        assert timeout > 0
        self.address = address
        return self

    def request(self, method: str, path: str) -> None:
        if self.error is not None:
            raise self.error
        self.asked.append((self.address, method, path))

    def getresponse(self) -> ManagementAnswer:
        return self.answers[self.asked[-1][2].partition("?")[0]]

    def close(self) -> None:
        self.address = ""
