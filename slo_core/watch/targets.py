"""The way out: a message to a target, through Apprise or as a webhook of its own.

Whatever goes wrong is an answer, not an exception: a receiver that is down must not end the watch.
Errors are told without the values of the environment, among which are secrets. Each message carries
its key where the way out has room for one (`slo_core.watch.keys`).
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from slo_core.catalog import Target
from slo_core.catalog.notifications import filled, variables
from slo_core.watch import keys
from slo_core.watch.keys import Message

PATIENCE_SECONDS = 15.0
"""How long a receiver may take to answer."""

_LOGGER = logging.getLogger("apprise")


class Undeliverable(Exception):
    """A sentence why a message was not taken."""


@dataclass(frozen=True)
class Outlet:
    """A target with the environment's values, ready to send."""

    target: Target
    environment: Mapping[str, str]

    @cached_property
    def _url(self) -> str:
        names = variables(self.target.url)
        return filled(self.target.url, {name: self.environment[name] for name in names})

    @cached_property
    def _plugin(self) -> Any:
        """The service of Apprise; None where the address is none of its."""
        # It takes long to load, and no other command needs it.
        import apprise

        with _listening():
            plugin = apprise.Apprise.instantiate(self._url)
        if isinstance(plugin, apprise.NotifyBase):
            plugin.socket_connect_timeout = plugin.socket_read_timeout = PATIENCE_SECONDS
            return plugin
        return None

    def prepare(self) -> str | None:
        """Load what sending needs; a sentence where the address cannot be used."""
        if self.target.template is None:
            usable = self._plugin is not None
            wanted = "expected an address that Apprise knows, such as slack://... or mailto://..."
        else:
            usable = self._url.startswith(("https://", "http://"))
            wanted = "expected an http(s) address for its template"
        return None if usable else f"{self.target.id} cannot be sent to: {wanted}."

    @property
    def drops_repeats(self) -> bool:
        """Whether the receiver does nothing about a message that it has had already."""
        stated = self.target.drops_repeats
        return self._is_pager if stated is None else stated

    @property
    def alone(self) -> bool:
        """Whether each notice is a message of its own: a ticket, or one with a key that counts."""
        return self.target.template is not None or self._is_pager or self.drops_repeats

    @property
    def _is_pager(self) -> bool:
        return self.target.template is None and keys.keeps_incidents(self._plugin)

    def send(self, message: Message) -> None:
        """Send one message; raises Undeliverable with a sentence where it was not taken."""
        if self.target.template is None:
            self._notify(message)
        else:
            self._post(message)

    def _notify(self, message: Message) -> None:
        import apprise

        with _listening() as said:
            try:
                keys.mark(self._plugin, message)
                taken = keys.close(self._plugin, message)
                if taken is None:
                    taken = self._plugin.notify(
                        body=message.body,
                        title=message.title,
                        notify_type=apprise.NotifyType(_TYPES.get(message.kind, "failure")),
                        body_format=apprise.NotifyFormat.TEXT,
                    )
            except Exception as error:  # A plugin's own mistake must not end the watch either.
                sentence = f"{type(error).__name__}: {error}"
                raise Undeliverable(self._without_secrets(sentence)) from None
        if not taken:
            raise Undeliverable(self._without_secrets(said.sentence))

    def _post(self, message: Message) -> None:
        request = Request(
            self._url,
            data=message.body.encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "studio-slo",
                keys.HEADER: message.key,
            },
            method="POST",
        )
        try:
            with urlopen(request, timeout=PATIENCE_SECONDS):
                return
        except HTTPError as error:
            answer = error.read(500).decode("utf-8", "replace")
            sentence = f"the webhook answered {error.code} {error.reason}: {answer}"
        except (URLError, OSError, ValueError) as error:
            sentence = f"the webhook cannot be reached: {error}"
        raise Undeliverable(self._without_secrets(sentence))

    def _without_secrets(self, sentence: str) -> str:
        for name in variables(self.target.url):
            value = self.environment[name]
            parts = [value, *(it for it in value.replace("://", "/").split("/") if len(it) > 5)]
            for part in parts:
                sentence = sentence.replace(part, f"${{{name}}}")
        return " ".join(sentence.split())[:500]


_TYPES = {"resolved": "success", "silent": "warning"}
"""What a message is called where receivers colour it; the others tell of a failure."""


class _Said(logging.Handler):
    """What Apprise says while it sends: the only place where it tells why it failed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._warnings: list[str] = []
        self._exceptions: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what explains a failure."""
        said = record.getMessage()
        if record.levelno >= logging.WARNING:
            self._warnings.append(said)
        elif "Exception" in said:
            self._exceptions.append(said)

    @property
    def sentence(self) -> str:
        """Why it failed, as far as Apprise says."""
        causes = [_cause(said) for said in self._exceptions]
        return " ".join(self._warnings + causes) or "it was not taken, without a reason."


def _cause(said: str) -> str:
    """The innermost cause of an exception as Apprise logs it; what is around it names addresses."""
    inner = said.removeprefix("Socket Exception: ").rpartition("Caused by ")[2]
    inner = re.sub(r"\w+\([\"']?(?=HTTP)|HTTPS?Connection(Pool)?\(host=[^)]*\): ", "", inner)
    return re.sub(r" ?with url: \S+|[\"'()]", "", inner)


@contextmanager
def _listening() -> Iterator[_Said]:
    """Take what Apprise says to ourselves: its log has addresses, and those have secrets."""
    said = _Said()
    level, propagates = _LOGGER.level, _LOGGER.propagate
    _LOGGER.addHandler(said)
    _LOGGER.setLevel(logging.DEBUG)
    _LOGGER.propagate = False
    try:
        yield said
    finally:
        _LOGGER.removeHandler(said)
        _LOGGER.setLevel(level)
        _LOGGER.propagate = propagates


def rendered(template: str, fields: Mapping[str, object]) -> str:
    """A ticket's JSON; raises Undeliverable where the template names what is not there."""
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    try:
        text = environment.from_string(template).render(**fields)
        json.loads(text)
    except (TemplateError, TypeError) as error:
        raise Undeliverable(f"the template cannot be filled: {error}") from None
    except ValueError as error:
        raise Undeliverable(f"the template makes no JSON: {error}") from None
    return text
