"""Messages in HTML, good and bad, for the tests of tracked mails; Chromium reads the same ones."""

from hypothesis import strategies as st

_URLS = (
    "https://x.example/?a=1&amp;b",
    "https://x.example/?a=1&region=2&copy=3&lt;&para",
    "https://x.example/&#38;&#x26;&notit;&notin;",
    "mailto:a@b.cd",
    "{{link}}",
    "",
)
_TAGS = (
    '<a href="{}">',
    "<a\nhref='{}' b=c>",
    "<a x='>' href={}>",
    "<a href = '{}'/>",
    "<a b href={}/>",
    "<area\fhref={}\u00a0>",
    '<a x="{}>',
    "</a href='{}'>",
)
_OTHERS = ("<body>", "</body>", "<style>", "</style>", "<title>", "</title>", "</a>", "</", "<?", "<!", "<a", "href=")
_COMMENTS = ("<!--", "-->", "--!>", "<!-->", "<!--->", "<![endif]-->")

LINKS = tuple(tag.format(url) for tag in _TAGS for url in _URLS)
PIECES = (*_OTHERS, *_COMMENTS, *"ab \n\r\"'<>/=&;!-\u00e4\u00a0")


def markup() -> st.SearchStrategy[str]:
    """Links and pieces of tags and comments in any order."""
    return st.lists(st.sampled_from(LINKS) | st.sampled_from(PIECES), max_size=10).map("".join)
