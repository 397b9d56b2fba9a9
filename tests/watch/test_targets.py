"""Ways out, against a real receiver: what is refused says why, and no secret is told."""

from collections.abc import Iterator
from email import message_from_string

import pytest
from apprise.plugins import opsgenie, pagerduty

from slo_core.catalog import Target
from slo_core.watch.keys import Message, message_of
from slo_core.watch.routes import why_off
from slo_core.watch.targets import Outlet, Undeliverable, rendered
from tests.watch.sink import Sink, sink
from tests.watch.stories import NOON

# Apprise loads Python's imghdr, on its way out, wherever it is still there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One receiver for all tests of the file."""
    with sink(tmp_path_factory.mktemp("sink")) as found:
        yield found


def outlet(url: str, template: str | None = None, *, drops: bool | None = None) -> Outlet:
    """The way to a target whose address is all in one variable."""
    target = Target(
        id="there", name="There", url="${THERE}", template=template, drops_repeats=drops
    )
    return Outlet(target, {"THERE": url})


def burns(kind: str = "fired", body: str = "Look at it.") -> Message:
    """What is told of one episode."""
    row = {"alert": "Spike", "journey": "songs", "started_at": NOON, "kind": kind}
    return message_of([row | {"key": f"Spike|songs|{kind}"}], "It burns", body)


def test_a_target_is_off_until_all_its_variables_are_set() -> None:
    url = "mailto://watch:${MAIL_PASSWORD}@${MAIL_HOST}"
    target = Target(id="mail", name="Mail", url=url)
    off = "mail is off: MAIL_PASSWORD, MAIL_HOST are not set in the environment."
    assert why_off(target, {"MAIL_HOST": ""}) == off
    assert why_off(target, {"MAIL_HOST": "mx.example", "MAIL_PASSWORD": "secret"}) is None


@pytest.mark.parametrize(
    ("url", "template", "sentence"),
    [
        ("nothing that exists", None, "expected an address that Apprise knows"),
        ("slack://token-of-mine", None, "expected an address that Apprise knows"),
        ("json://host/token-of-mine", "{}", "expected an http(s) address for its template"),
    ],
)
def test_an_address_that_cannot_be_used_says_so_without_telling_it(
    url: str, template: str | None, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    problem = outlet(url, template).prepare()
    assert problem
    assert problem.startswith("there cannot be sent to: ")
    assert sentence in problem
    assert "token-of-mine" not in problem + caplog.text


def test_what_is_refused_says_why(receiver: Sink) -> None:
    receiver.forget()
    way = outlet(f"json://127.0.0.1:{receiver.http}/token-of-mine")
    assert way.prepare() is None
    way.send(burns())
    assert receiver.titles() == ["token-of-mine: It burns"]
    receiver.answer(500)
    with pytest.raises(Undeliverable, match="500"):
        way.send(burns())


def test_nobody_there_is_told_without_the_address(receiver: Sink) -> None:
    receiver.forget()
    for template in (None, "{}"):
        scheme = "http" if template else "json"
        way = outlet(f"{scheme}://127.0.0.1:1/token-of-mine", template)
        with pytest.raises(Undeliverable) as refused:
            way.send(burns(body="{}"))
        assert "token-of-mine" not in str(refused.value)
        assert "Connection refused" in str(refused.value)
        assert "Connection(" not in str(refused.value)


@pytest.mark.parametrize("template", [None, "{}"])
def test_the_same_message_has_the_same_key_whenever_it_is_sent(
    receiver: Sink, template: str | None
) -> None:
    receiver.forget()
    way = outlet(f"{'http' if template else 'json'}://127.0.0.1:{receiver.http}/there", template)
    for kind in ("fired", "fired", "still"):
        way.send(burns(kind, "{}"))
    first, again, other = [it["key"] for it in receiver.received()]
    assert first == again != other
    assert not way.drops_repeats  # A webhook may know the key; that it does is for the catalogue.
    assert outlet("json://there", drops=True).drops_repeats


def test_a_mail_has_the_key_as_a_header_and_is_of_its_episode_s_conversation(
    receiver: Sink,
) -> None:
    receiver.forget()
    way = outlet(receiver.environment["STUDIO_ENGINEERING_URL"])
    for kind in ("fired", "still"):
        way.send(burns(kind))
    first, second = (message_from_string(mail["text"]) for mail in receiver.received())
    assert first["Idempotency-Key"] == burns().key
    assert second["Idempotency-Key"] == burns("still").key
    assert first["References"] == second["References"] == f"<{burns().episode}@studio-slo.invalid>"


def test_a_pager_has_one_incident_for_an_episode_and_its_end_resolves_it(
    receiver: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.forget()
    address = f"http://127.0.0.1:{receiver.http}/pager"
    monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, "us", address)
    way = outlet(f"pagerduty://{'i' * 32}@{'a' * 20}")
    assert way.prepare() is None
    assert way.drops_repeats
    for kind in ("fired", "still", "resolved"):
        way.send(burns(kind))
    events = [it["body"] for it in receiver.received()]
    assert [it["event_action"] for it in events] == ["trigger", "trigger", "resolve"]
    assert {it["dedup_key"] for it in events} == {burns().episode}


def test_an_end_closes_what_opsgenie_had_before_a_restart(
    receiver: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.forget()
    address = f"http://127.0.0.1:{receiver.http}/opsgenie"
    monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, "us", address)
    for kind in ("fired", "resolved"):
        way = outlet(f"opsgenie://{'a' * 36}")  # Each as after a restart.
        assert way.prepare() is None
        assert way.drops_repeats
        way.send(burns(kind))
    opened, closed = receiver.received()
    assert (opened["path"], opened["body"]["alias"]) == ("/opsgenie", burns().episode)
    assert closed["path"] == f"/opsgenie/{burns().episode}/close?identifierType=alias"
    receiver.answer(500)
    with pytest.raises(Undeliverable, match="500"):
        way.send(burns("resolved"))


def test_a_ticket_is_posted_as_its_template_writes_it(receiver: Sink) -> None:
    receiver.forget()
    template = '{"fields": {"summary": {{ title | tojson }}, "text": {{ body | tojson }}}}'
    body = rendered(template, {"title": 'It "burns"', "body": "Look\nat it."})
    way = outlet(f"http://127.0.0.1:{receiver.http}/tickets", template)
    way.send(burns(body=body))
    [ticket] = receiver.received()
    assert ticket["path"] == "/tickets"
    assert ticket["body"] == {"fields": {"summary": 'It "burns"', "text": "Look\nat it."}}
    receiver.answer(403)
    with pytest.raises(Undeliverable, match="the webhook answered 403"):
        way.send(burns(body=body))


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{{ nothing }}", "the template cannot be filled: 'nothing' is undefined"),
        ("{{ title }}", "the template makes no JSON"),
        ("{{ title.__class__.__mro__ }}", "the template cannot be filled"),
    ],
)
def test_a_template_that_cannot_be_filled_says_so(template: str, sentence: str) -> None:
    with pytest.raises(Undeliverable, match=sentence):
        rendered(template, {"title": "It burns"})
