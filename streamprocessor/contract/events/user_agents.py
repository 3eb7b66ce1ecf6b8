"""Patterns of user agents beyond the community's list of crawlers: mail proxies, gateways, scripts."""

from __future__ import annotations

#: Fetch what a person will see, or has opened, on that person's behalf. They are asked first: lists call some of them
#: crawlers and miss others. Patterns are RE2's, without regard to case; ^ and $ where only the whole text will do.
PROXIES = (
    "GoogleImageProxy",  # Gmail's image proxy, "via ggpht.com" (ua-parser/uap-core 170, browscap 1108)
    # Gmail's prefetch, with this tail that no Edge ever had (Mautic's filter; 4 of 100 opens in a Marketo export)
    r"^Mozilla/5\.0 \(Windows NT 10\.0; Win64; x64\) AppleWebKit/537\.36 \(KHTML, like Gecko\) "
    r"Chrome/42\.0\.2311\.135 Safari/537\.36 Edge/12\.246 Mozilla/5\.0$",
    "YahooMailProxy",  # Yahoo's and AOL's (help.yahoo.com, SLN28749)
    r"^Mozilla/5\.0$",  # Apple Mail Privacy Protection: that is all it says (ua-parser/uap-core 509)
    "BingPreview",  # Outlook's and Bing's previews (bing.com/webmasters, "Which crawlers does Bing use?")
    "DuckDuckGo-Favicons|Google Favicon|Google Web Preview",  # beside a person's results or tabs
)

#: Machines that the community's list lacks, or has only in another spelling.
SCANNERS = (
    # what names itself a robot, but no phone of the make Cubot
    r"(^|[^u])bots?([^a-z]|$)|robot|spider|crawl|slurp",
    # security gateways and link checkers; most others look like browsers and are known by what they do (bursts)
    "Barracuda",  # "Barracuda Sentinel (EE)", "BarracudaCentral"
    "Proofpoint|Mimecast|CiscoSecureEmail|IronPort|FortiMail|Fortinet|SophosLabs|MessageLabs|Symantec Email",
    r"\bTMES\b|Trend ?Micro Email|Forcepoint|Websense|Vade ?Secure|FireEye|Trustwave|SafeLinks|urldefense",
    "Gmail-content-sampling",  # Gmail follows links (mssola/user_agent 71)
    "Microsoft Office (Existence|Protocol) Discovery|Microsoft-WebDAV-MiniRedir|Microsoft Exchange",
    # scripts and libraries; a browser's or a mail program's words never begin so
    r"^(curl|wget|python|aiohttp|httpx|okhttp|go-http-client|go-resty|java|apache-httpclient|jakarta|jetty|axios|got|undici)"
    r"([/ \-]|$)",
    r"^(node|node-fetch|node-superagent|ruby|rest-client|faraday|typhoeus|httparty|perl|libwww|lwp|php|guzzlehttp)"
    r"([/ :\-]|$)",
    r"^(postmanruntime|insomnia|httpie|dart|hackney|reqwest|scrapy|lua-resty-http|winhttp|fetch libfetch|http_request2)"
    r"([/ \-]|$)",
    "PowerShell|HeadlessChrome|PhantomJS|Puppeteer|Playwright|Selenium|Chef Client|Link (Validator|Checker|Sleuth)",
    "Feed ?(Parser|Fetcher)|UniversalFeedParser|portscout|distilator|Ezooms",
)
