"""Ways out, against a real receiver: what is refused says why, and no secret is told."""

from collections.abc import Iterator

import pytest

from slo_core.catalog import Target
from slo_core.watch.routes import why_off
from slo_core.watch.targets import Outlet, Undeliverable, rendered
from tests.watch.sink import Sink, sink

# Apprise loads Python's imghdr, on its way out, wherever it is still there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sink]:
    """One receiver for all tests of the file."""
    with sink(tmp_path_factory.mktemp("sink")) as found:
        yield found


def outlet(url: str, template: str | None = None) -> Outlet:
    """The way to a target whose address is all in one variable."""
    target = Target(id="there", name="There", url="${THERE}", template=template)
    return Outlet(target, {"THERE": url})


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
    way.send("It burns", "Look at it.", "fired")
    assert receiver.titles() == ["token-of-mine: It burns"]
    receiver.answer(500)
    with pytest.raises(Undeliverable, match="500"):
        way.send("It burns", "Look at it.", "fired")


def test_nobody_there_is_told_without_the_address(receiver: Sink) -> None:
    receiver.forget()
    for template in (None, "{}"):
        scheme = "http" if template else "json"
        way = outlet(f"{scheme}://127.0.0.1:1/token-of-mine", template)
        with pytest.raises(Undeliverable) as refused:
            way.send("It burns", "{}", "fired")
        assert "token-of-mine" not in str(refused.value)
        assert "Connection refused" in str(refused.value)
        assert "Connection(" not in str(refused.value)


def test_a_ticket_is_posted_as_its_template_writes_it(receiver: Sink) -> None:
    receiver.forget()
    template = '{"fields": {"summary": {{ title | tojson }}, "text": {{ body | tojson }}}}'
    body = rendered(template, {"title": 'It "burns"', "body": "Look\nat it."})
    way = outlet(f"http://127.0.0.1:{receiver.http}/tickets", template)
    way.send("not used", body, "fired")
    [ticket] = receiver.received()
    assert ticket["path"] == "/tickets"
    assert ticket["body"] == {"fields": {"summary": 'It "burns"', "text": "Look\nat it."}}
    receiver.answer(403)
    with pytest.raises(Undeliverable, match="the webhook answered 403"):
        way.send("not used", body, "fired")


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
