"""Texts that spreadsheets, parsers and pages may take for something else than text, and a pack that is full of them."""

from __future__ import annotations

from itertools import cycle

from service import acts
from service.acts import Act
from service.filing import committed
from service.ports import Words

STARTS = "=+-@\t\r\n＝＋－＠|%"
HOSTILE = [
    *[f"{start}{rest}" for start in STARTS for rest in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "A1", "")],
    *[f"{blank}=1+1" for blank in ("\ufeff", "\u200b", " ", "\u3000", "\xa0", "\u202e")],
    *[f"a{chr(code)}b" for code in (*range(32), 0x7F, 0x80, 0x9F, 0x200B, 0x202E, 0x2028, 0xFEFF, 0xFFFE, 0xFFFF)],
    *[f"{chr(code)}=1" for code in range(32)],
    '"', '""', "'", "'=1", ",", ";", "a,b", 'a"b', "a\r\nb", "a\nb", "\\", "\\N", "NULL", "nan", "TRUE", "1e9", "007",
    "-5", "+86",
    "2026-01-01", "1/2", "{=1}", "=", "@SUM", "https://x.example/=1", "mailto:a@b.c",
    "file:///etc/passwd",
    "<b>x</b>", "<script>1</script>",
    "&amp;", "]]>", "&#0;", "\u00e9", "e\u0301", "𠮷", "👩‍👩‍👧", "中文，全角＝１＋１", "x" * 40_000, "𠮷" * 20_000,
    *[f"{start}{number}" for start in "=+-@" for number in range(100)],
    '"\r\n=1+1,"', 'a"\n=1+1', "sep=;", "ID;P", "_x003D_1+1", "_x000D_", "_x005F_", '";=1+1;"', "a\t=1+1", "\t\t=1+1",
    "<!--", "--><img src=x onerror=1>", "</td></tr></table>", "<svg/onload=1>", "{{ 7*7 }}", "{% raw %}", "<![CDATA[x",
    '=WEBSERVICE("http://x")', "=DDE(1)", "MSEXCEL|'\\..\\x'!''", "#REF!", "#N/A", "inf", "-inf", "0x10", "1,5", "١٢٣",
    "9" * 40, "None", "false", "ǅ", "ﬀ", "\x1b[31m", "../../etc/passwd", "%00", "%3D1", "\u2029=1", "\x85=1", "🇨🇳=1",
]  # fmt: skip
SAID = sorted(set(HOSTILE))
SCENES = ("ad", "live_chat", "live_script", "ugc")
ROOMS = 8
"""The report shows the first 200 rows of a table, so the texts are shared out among so many rooms."""
KINDS = sorted(
    value
    for name, value in vars(acts).items()
    if name.isupper()
    and isinstance(value, str)
    and "." in value
    and not value.startswith(("log.", "decision.", "service.", "model.", "ruleset."))
)


async def said(made) -> None:
    """A decision on every text, which stands in whatever else callers name too, and acts of every kind."""

    def work(visit):
        for number, (text, scene) in enumerate(zip(SAID, cycle(SCENES), strict=False)):
            room = f"r{number % ROOMS}"
            told = {
                "author": [text, "user"], "industry": text, "parts": [["text", text]], "product": text,
                "qualifications": [text], "room": room, "scene": scene,
            }  # fmt: skip
            body, salt = acts.canonical(told), number.to_bytes(16, "big")
            commitment = committed(salt, body)
            verdict = {
                "evidence": [
                    {"category": "absolute_claim", "laws": [text], "rule": text, "severity": 3, "source": "terms",
                     "span": [0, 0, 1], "weight": 100}
                ],
                "proof": [text],
            }  # fmt: skip
            facts = {
                "action": "block", "by": text, "commitment": commitment.hex(), "content": f"c{number}", "room": room,
                "ruleset": text, "scene": scene, "severity": 3, "verdict": verdict, "version": 1,
            }  # fmt: skip
            row = Words("shop", f"c{number}", commitment, salt, body, visit.at)
            visit.record(Act("decision.auto", f"d{number}", "shop", facts), row)
            kind = KINDS[number % len(KINDS)]
            visit.record(
                Act(kind, text, "shop", {"by": text, "content": text, "note": text, "room": text, "n": number})
            )

    await made.store.ledger.visit(work)
