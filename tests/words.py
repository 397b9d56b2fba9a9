"""What a page says, as text."""

from streamlit.testing.v1 import AppTest


def everything(app: AppTest) -> str:
    """All words on the page, those in tables of ours and behind question marks too."""
    blocks = [*app.markdown, *app.caption, *app.info, *app.warning]
    html = [element.proto.body for element in app.get("html")]
    asked = [caption.help for caption in app.caption if caption.help]
    return "\n".join([str(block.value) for block in blocks] + html + asked)
