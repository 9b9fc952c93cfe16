"""QR codes as inline SVG: no picture file, no data: address."""

import io

from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """A black drawing on white, four modules of margin; its text stands beside it on the page."""
    import segno  # few pages need it

    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=4, border=4, xmldecl=False, svgns=False, light="#fff", omitsize=True, nl=False
    )
    return Markup(out.getvalue().decode())
