"""Keys by which a receiver knows a message again, so that a second one does no harm.

Pagers (PagerDuty, Opsgenie) keep incidents of their own: all that is told of an episode has its
key, so that it is one incident there, however often it is told, and its end closes that. Webhooks
and mails carry the message's key in a header; whether a receiver heeds it, the catalogue says. The
mails about an episode refer to it, so that they are one conversation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

HEADER = "Idempotency-Key"
"""The header of webhooks and mails: the same for the same message, whenever it is sent."""

_PAGERS = {"pagerduty": "dedup", "opsgenie": "alias"}
"""By the scheme of Apprise, what it calls the key of an incident."""

_PACE_SECONDS = 0.5
"""The time between two messages to a pager, where Apprise would let a second page wait for five."""


@dataclass(frozen=True)
class Message:
    """What goes out at once: one notice, or several of a tier as one."""

    title: str
    body: str
    kind: str
    """That of its notices; ``fired`` where they differ."""
    key: str
    """Of its notices: the same for the same ones."""
    episode: str
    """Of the episode that its first notice is about, whatever is told of it."""


def message_of(rows: Sequence[Mapping[str, Any]], title: str, body: str) -> Message:
    """The message for some notices, rows of the ledger that are all told at once."""
    kinds = {row["kind"] for row in rows}
    first = rows[0]
    episode = f"{first['alert']}|{first['journey']}|{first['started_at'].isoformat()}"
    return Message(
        title,
        body,
        kinds.pop() if len(kinds) == 1 else "fired",
        _hash("\n".join(row["key"] for row in rows)),
        _hash(episode),
    )


def keeps_incidents(plugin: Any) -> bool:
    """Whether a plugin of Apprise is a pager's."""
    return _pager(plugin) is not None


def mark(plugin: Any, message: Message) -> None:
    """Give a plugin of Apprise the key of what it sends next, where it has room for one."""
    pager = _pager(plugin)
    if pager:
        setattr(plugin, _PAGERS[pager], message.episode)
        plugin.request_rate_per_sec = _PACE_SECONDS
        if pager == "pagerduty":
            plugin.action = "map"  # An end resolves; by itself Apprise would open another.
    elif isinstance(getattr(plugin, "headers", None), dict):
        plugin.headers[HEADER] = message.key
        if "mailto" in _schemes(plugin, "protocol"):
            # Apprise makes each mail's Message-ID itself, so that a receiver cannot know a second
            # one by that. But mail programs keep together what refers to the same.
            plugin.headers["References"] = f"<{message.episode}@studio-slo.invalid>"


def close(plugin: Any, message: Message) -> bool | None:
    """Close an episode's incident where Apprise itself cannot, and say whether that was taken.

    None where Apprise can, or where there is nothing to close. Of Opsgenie it knows only what it
    has opened since it was loaded, and says that all went well where that is nothing: after a
    restart no end would arrive.
    """
    if _pager(plugin) != "opsgenie" or message.kind != "resolved":
        return None
    from apprise.plugins import opsgenie

    address = f"{opsgenie.OPSGENIE_API_LOOKUP[plugin.region_name]}/{quote(message.episode)}/close"
    told = {"source": plugin.app_desc, "note": f"{message.title}\n{message.body}"}
    taken, _ = plugin._fetch(opsgenie.requests.post, address, told, {"identifierType": "alias"})
    return bool(taken)


def _pager(plugin: Any) -> str | None:
    return next((it for it in _schemes(plugin, "secure_protocol") if it in _PAGERS), None)


def _schemes(plugin: Any, kind: str) -> tuple[str, ...]:
    """The schemes of addresses that a plugin of Apprise is for, secure ones or plain ones."""
    found = getattr(plugin, kind, None) or ()
    return (found,) if isinstance(found, str) else tuple(found)


def _hash(text: str) -> str:
    """As every receiver takes it: short, and of letters and digits alone."""
    return sha256(text.encode()).hexdigest()[:40]
