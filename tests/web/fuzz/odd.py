"""What nobody expects in a form."""

from tests.web.fuzz.shots import File

LONG = 30_000
NUMBERS = [
    "0",
    "-1",
    "-0",
    "1",
    "007",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "1e309",
    "-1e400",
    "nan",
    "inf",
    "Infinity",
    "0x10",
    "1_000",
    "١٢",
    "²",
    "+5",
    "5,5",
    "1e-400",
]
NUMBERS += [" 5 ", "9" * 400, "1" * 5_000]
WORDS = """
    % %00 \u202eevil\u2066 \u200b \u3164 \ufeff \uffff \x00 a\x00b \ud800 a\udfffb <script>alert(1)</script> {{7*7}}
    {%for ${7*7} ../../etc/passwd C:\\nul a\\b true false null on yes [] {} [[[[ "\\ud800" NaN {"a":1e999} http:// http://[
    http://127.0.0.1:99999/ //here https://user@127.0.0.1/ javascript:alert(1) a@b.c @ 2020-01-01 9999-99-99 (a+)+$
    a,b;c
"""
TEXTS = ["", " ", "\t\n", "\r\nset-cookie: a=b", "'; drop table persons; --", "a@b.c, " * 60, *WORDS.split()]
TEXTS += [
    "x" * LONG,
    "é" * LONG,
    "[" * LONG,
    '{"a":' * 3_000,
    "\u0301" * 2_000,
    "🏴" * 500,
    "*" * 900,
    "_" * 900,
    "`" * 900,
]
NAMES = [
    "id",
    "project_id",
    "version",
    "__proto__",
    "constructor",
    "filter",
    "0.label",
    "9.label",
    "-1.answers",
    "999999.label",
    "parameter.temperature",
    "threshold.length.least",
    "�",
    "a\x00",
    "name[]",
    "self",
    "visit",
    "kwargs",
]
NAMES += ["", "x" * 5_000]
PIECES = ["0", "-1", "%00", "%ED%A0%80", "1.5", "..", "%2e%2e%2f", "%F0%9F%A6%8A", "1", "2", "%0d%0a", "{id}"]
PIECES += ["", "9" * 30, "x" * 7_000]
METHODS = ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "GET", "POST", "QUERY", "get"]
FILES = [
    File("a.json", b""),
    File("a.json", b"[]"),
    File("a.json", b'[{"instruction": "a", "output": "b"}]'),
    File("a.jsonl", b'{"instruction": "\\ud800", "output": "\\u0000"}\n' * 3),
    File("a.json", b"[" * LONG),
    File("a.json", b'{"a":' * LONG),
    File("a.json", b'[{"instruction": ' + b"9" * LONG + b"}]"),
    File("a.csv", b"instruction,output\na,b\n" + b'"' * 999),
    File("a.json.gz", b"\x1f\x8b\x08\x00" + b"\x00" * 30),
    File("a.zip", b"PK\x03\x04" + b"\xff" * 60),
    File("../../a\\b", b"\xff\xfe\x00\xd8" * 9),
    File("x" * 5_000, b"\x00" * 900),
]
HEADERS = [
    ("accept", "application/json"),
    ("accept", "x" * 9_000),
    ("accept-encoding", "br;q=nan, *;q=0"),
    ("accept-language", "\ud800"),
    ("range", "bytes=0-0"),
    ("range", "bytes=999999999999999999999-1,-1,a-b"),
    ("if-none-match", "*"),
    ("if-none-match", 'W/"' + "a" * 9_000),
    ("if-modified-since", "yesterday"),
    ("if-modified-since", "Fri, 31 Dec 9999 23:59:59 -9999"),
    ("hx-request", "true"),
    ("hx-target", "\x00#main"),
    ("hx-current-url", "http://evil.example/"),
    ("cookie", "tamis_notice=%ED%A0%80%00%FF; tamis_trip={]; tamis_known=" + "k" * 9_000),
    ("cookie", "tamis_sign_in=\ud800; ;;=;tamis_notice"),
    ("cookie", "tamis_notice=" + "%3Cb%3E" * 900),
    ("host", "evil.example:abc"),
    ("host", "[::1"),
    ("host", ""),
    ("origin", "null"),
    ("origin", "http://["),
    ("sec-fetch-site", "none"),
    ("x-forwarded-for", "1.2.3.4, \x00"),
    ("x-forwarded-host", "evil.example"),
    ("x-http-method-override", "DELETE"),
    ("user-agent", "\udfff" * 2_000),
    ("content-length", "-1"),
    ("content-length", "9" * 30),
    ("transfer-encoding", "chunked"),
    ("expect", "100-continue"),
]
CONTENT_TYPES = [
    None,
    "",
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=other",
    "multipart/form-data; boundary=" + "b" * 9_000,
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=none-such",
    "text/html; charset=\ud800",
    "a/b; =; ;;",
]
