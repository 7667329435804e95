"""Names nobody should have, and the strategy for those that somebody might."""

from hypothesis import strategies as st

from tripsage_mcp.domain.plain_text import plain

HOSTILE = (
    'He said "no" & left; it\'s, well, \\n gone',
    "Café\r\nATTENDEE:mailto:evil@example.org\r\nX:",
    "line\nATTACH:file:///etc/passwd",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</text></svg><script>",
    "]]> <!-- --> &lt;b&gt; &amp;",
    '#panic("typst") $x^2$ *bold* _it_ @ref <label> [content] \\ // `raw`',
    '#read("/etc/passwd")',
    "# heading - list > quote | table ![x](http://evil.example/x.png) [y](javascript:alert(1))",
    "1. first",
    "- item",
    "W" * 190,
    "日本語 ไทย हिन्दी 😀🏳️",
    "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \u0645\u0631\u062d\u0628\u0627",
    "tab\there",
)

names = st.text(min_size=1, max_size=120).map(lambda text: plain(text, 200)).filter(
    bool
) | st.sampled_from([plain(name, 200) for name in HOSTILE])
"""Every text that a journey can hold as a name."""
