"""The errors that a person can mend.

CheckerError
├── KataFileError        a kata.toml that does not follow the format (file, key, line)
├── CatalogError         a kata folder that is not whole, or no workspace here
├── UnknownKata          a KATA argument that names no kata, or several
├── PristineError        the packed originals are missing or damaged
├── SubmissionError      somebody's work that cannot be opened (message, advice)
└── ServiceUnavailable   a service that a suite needs cannot be had (service, advice)

Every one of them is shown as one message, without a traceback, and ends the
command with exit code 2.
"""


class CheckerError(Exception):
    """Something that a person can mend; its text says how."""


class KataFileError(CheckerError):
    """A kata.toml breaks the format.

    Attributes:
        path: the file, as it was opened.
        key: the dotted key that is wrong.
        line: its line, counted from 1; 0 when the key is missing.
    """

    def __init__(self, path: object, key: str, line: int, problem: str) -> None:
        place = f"{path}:{line}" if line else f"{path}"
        super().__init__(f"{place}: {key}: {problem}" if key else f"{place}: {problem}")
        self.path = path
        self.key = key
        self.line = line


class CatalogError(CheckerError):
    """A folder that should be a workspace or a kata is not."""


class UnknownKata(CheckerError):  # noqa: N818 - named for what the learner typed
    """The KATA argument fits no kata, or more than one."""


class PristineError(CheckerError):
    """The packed originals cannot be read."""


class SubmissionError(CheckerError):
    """Somebody's work cannot be opened; the others' still can.

    Attributes:
        message: what is wrong; safe to print, whatever the submission holds.
        advice: what the mentor can do, or ask the learner to do; may be "".
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.message = message
        self.advice = advice


class ServiceUnavailable(CheckerError):  # noqa: N818 - it is the name of the verdict
    """A service that a suite needs cannot be had.

    Attributes:
        service: one of ``katafile.SERVICES``.
        message: what is wrong.
        advice: how to get the service.
    """

    def __init__(self, service: str, message: str, advice: str = "") -> None:
        super().__init__(f"{message} {advice}".strip())
        self.service = service
        self.message = message
        self.advice = advice
