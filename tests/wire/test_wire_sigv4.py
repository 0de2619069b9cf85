# ruff: noqa: E501 - tables of cases; a sentence of AWS stands whole
"""Who signed this: AWS's published vectors, botocore as the oracle, and every way not to be believed."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client import ACCESS_KEY, REGION, SECRET, URL, ask, signed
from tests.wire.echo import ACCOUNT, Echo, app_for, keys

from recognizance.values import Caller
from recognizance.wire import sigv4
from recognizance.wire.refused import WireError

# AWS's Signature Version 4 test suite: one key, one time, a service called `service` in us-east-1.
VECTOR_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
VECTOR_CLAIM = sigv4.Claim(
    "AKIDEXAMPLE", "20150830", "us-east-1", "service", "20150830T123600Z", ("host", "x-amz-date"), "0" * 64
)
HOST = ("Host", "example.amazonaws.com")
DATE = ("X-Amz-Date", "20150830T123600Z")
EMPTY = hashlib.sha256(b"").hexdigest()


def headers(*pairs):
    return sigv4.headers_of([(name.encode(), value.encode()) for name, value in pairs])


def canonical(method="GET", path="/", query="", given=(HOST, DATE), body=b""):
    found = headers(*given)
    return sigv4.canonical_request(
        method, path.encode(), query.encode(), found, sorted(found), hashlib.sha256(body).hexdigest()
    )


@pytest.mark.parametrize(
    ("request_text", "expected"),
    [
        (canonical(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-vanilla
        (canonical("POST"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),  # post-vanilla
        (canonical(query="Param1=value1"), "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),  # get-vanilla-query, as post
        (
            canonical(query="Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),  # get-vanilla-query-order-key-case
        (
            canonical(path="/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
        ),  # get-unreserved
        (canonical(path="/ሴ"), "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),  # get-utf8
        (canonical(path="/example/.."), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-relative
        (canonical(path="//"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-slash
    ],
)  # fmt: skip
def test_awss_published_vectors_give_awss_signatures(request_text, expected):
    assert sigv4.signature(VECTOR_SECRET, VECTOR_CLAIM, request_text) == expected


def test_the_canonical_request_of_get_vanilla_is_awss():
    assert canonical() == (
        "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert hashlib.sha256(canonical().encode()).hexdigest() == (
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"
    )


def test_header_values_are_trimmed_and_joined():
    found = headers(("My-Header1", "  a   b\tc  "), ("my-header1", "value2"))
    assert sigv4.canonical_values(found["my-header1"]) == "a b c,value2"


def test_queries_are_sorted_as_they_stand():
    assert sigv4.canonical_query(b"b=2&a=%41&a=1&c") == "a=%41&a=1&b=2&c="


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"", "/"), (b"/", "/"), (b"/a/", "/a/"), (b"/a//b", "/a/b"), (b"/./a/../b/", "/b/"), (b"/..", "/"),
        (b"/a%20b", "/a%2520b"), (b"/~x/a+b", "/~x/a%2Bb"),
    ],
)  # fmt: skip
def test_paths_are_encoded_once_more(path, expected):
    assert sigv4.canonical_path(path) == expected


SAFE = st.text("abcXYZ019-._~!$'()*+,;:@", max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    segments=st.lists(SAFE | st.sampled_from([".", "..", "a%20b", ""]), max_size=4),
    query=st.lists(st.tuples(SAFE, SAFE), max_size=3),
    body=st.binary(max_size=40),
    extra=st.dictionaries(
        st.from_regex(r"x-[a-z0-9]{1,8}", fullmatch=True), st.text("abc 123,;=", max_size=12), max_size=3
    ),
    region=st.from_regex(r"[a-z]{2}-[a-z]{4,6}-[1-9]", fullmatch=True),
    token=st.none() | st.text("abcXYZ/+=", min_size=1, max_size=30),
)
def test_botocore_and_we_sign_alike(segments, query, body, extra, region, token):
    url = f"http://h.test:8477/{'/'.join(segments)}"
    if query:
        url += "?" + "&".join(f"{name}={value}" for name, value in query)
    request = AWSRequest("POST", url, data=body, headers=extra)
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET, token), "rekognition", region)
    auth.add_auth(request)
    request.headers["Host"] = "h.test:8477"

    path, _, search = url.removeprefix("http://h.test:8477").partition("?")
    found = headers(*((name, str(value)) for name, value in request.headers.items()))
    claim = sigv4.claim(found, search.encode(), now=datetime.now(UTC), regions=())
    text = sigv4.canonical_request(
        "POST", path.encode(), search.encode(), found, claim.signed, hashlib.sha256(body).hexdigest()
    )
    assert text == auth.canonical_request(without_authorization(request))
    assert sigv4.signature(SECRET, claim, text) == claim.signature


def without_authorization(request):
    del request.headers["Authorization"]
    return request


def code_and_text(response):
    import json

    body = json.loads(response.body)
    assert set(body) == {"__type", "message"}
    assert response.status == 400
    assert response.headers["x-amzn-errortype"] == body["__type"]
    return body["__type"], body["message"]


def altered(request, **changes):
    """Return the request with some headers replaced, or removed where None, after it was signed."""
    names = {name.replace("_", "-"): value for name, value in changes.items()}
    kept = [(name, value) for name, value in request["headers"] if name.lower() not in names]
    return {**request, "headers": kept + [(name, value) for name, value in names.items() if value is not None]}


def authorization(request, old, new):
    text = dict(request["headers"])["Authorization"]
    assert old in text
    return altered(request, authorization=text.replace(old, new))


MISMATCH = (
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details.",
)
UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid.")


def test_who_signed_is_who_asks(app, service):
    assert ask(app, **signed()).status == 200
    assert service.asked[0].caller == Caller(ACCESS_KEY, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (lambda: signed(secret="x" * 40), MISMATCH),
        (lambda: signed(access_key="AKIDSOMEBODYELSE0000"), UNKNOWN),
        (lambda: signed(token="FwoGZXIvYXdzEJr"), UNKNOWN),
        (lambda: signed(service="s3"), ("InvalidSignatureException", "Credential should be scoped to correct service: 'rekognition'.")),
        (lambda: signed(region="EU_west"), ("InvalidSignatureException", "Credential should be scoped to a valid region.")),
        (lambda: {**signed(), "body": b"{ }"}, MISMATCH),
        (lambda: {**signed(), "url": URL + "/?a=b"}, MISMATCH),
        (lambda: {**signed(), "url": URL + "/other"}, MISMATCH),
        (lambda: altered(signed(), x_amz_target="RekognitionService.ListFaces"), MISMATCH),
        (lambda: altered(signed(), host="elsewhere.test"), MISMATCH),
        (lambda: altered(signed(), host="recognizance.test:8477"), MISMATCH),
        (lambda: altered(signed(), content_type="text/plain"), MISMATCH),
        (lambda: altered(signed(headers=[("x-recognizance-purpose", "missing person")]), x_recognizance_purpose="other"), MISMATCH),
        (lambda: authorization(signed(), "host;", ""), ("InvalidSignatureException", "'Host' must be a 'SignedHeader' in the AWS Authorization.")),
        (lambda: authorization(signed(), ";x-amz-target", ""), ("InvalidSignatureException", "There were headers present in the request which were not signed: x-amz-target")),
        (lambda: altered(signed(), x_recognizance_purpose="x"), ("InvalidSignatureException", "There were headers present in the request which were not signed: x-recognizance-purpose")),
        (lambda: altered(signed(), x_amz_security_token="x"), ("InvalidSignatureException", "There were headers present in the request which were not signed: x-amz-security-token")),
        (lambda: authorization(signed(), "aws4_request", "aws5_request"), ("InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request'.")),
        (lambda: signed(headers=[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")]), ("InvalidSignatureException", "The value of x-amz-content-sha256 should be the SHA-256 of the body, in lower-case hex.")),
        (lambda: signed(headers=[("x-amz-content-sha256", EMPTY)]), ("InvalidSignatureException", "The value of x-amz-content-sha256 should be the SHA-256 of the body, in lower-case hex.")),
        (lambda: altered(signed(), authorization=None), ("MissingAuthenticationTokenException", "Missing Authentication Token")),
        (lambda: {**altered(signed(), authorization=None), "url": URL + "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"}, ("IncompleteSignatureException", "Signatures in the query string are not accepted here. Sign with the Authorization header.")),
        (lambda: altered(signed(), authorization="Basic dTpw"), ("IncompleteSignatureException", "Authorization should begin with AWS4-HMAC-SHA256.")),
        (lambda: authorization(signed(), "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), ("IncompleteSignatureException", "Authorization should begin with AWS4-HMAC-SHA256.")),
        (lambda: altered(signed(), authorization="AWS4-HMAC-SHA256 "), ("IncompleteSignatureException", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.")),
        (lambda: authorization(signed(), "Signature=", "Sig="), ("IncompleteSignatureException", "Authorization header requires 'Signature' parameter.")),
        (lambda: authorization(signed(), "/rekognition/", "/"), ("IncompleteSignatureException", None)),
        (lambda: authorization(signed(), "Credential=AKID", "Credential=AK ID"), ("IncompleteSignatureException", "Credential should begin with an access key id.")),
        (lambda: authorization(signed(), "host;x-amz-date", "x-amz-date;host"), ("IncompleteSignatureException", "'SignedHeaders' should be in lower case, sorted, and without repeats.")),
        (lambda: altered(signed(), x_amz_date=None), ("IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")),
        (lambda: altered(signed(), x_amz_date="20261399T000000Z"), ("IncompleteSignatureException", "Date must be in ISO-8601 'basic format', such as 20261123T045500Z.")),
        (lambda: altered(signed(), x_amz_date="٢٠٢٦1123T000000Z".encode().decode("latin-1")), ("IncompleteSignatureException", "Date must be in ISO-8601 'basic format', such as 20261123T045500Z.")),
    ],
)  # fmt: skip
def test_who_is_not_believed_is_told_why(app, service, request_, expected):
    code, text = code_and_text(ask(app, **request_()))
    assert code == expected[0]
    assert expected[1] is None or text == expected[1]
    assert service.asked == []


def test_a_signature_that_is_not_hex_does_not_match(app):
    request = signed()
    signature = dict(request["headers"])["Authorization"].rpartition("=")[2]
    for wrong in (
        "0" * 63,
        "x" * 64,
        signature.upper(),
        signature + "0",
        signature[:-1] + ("0" if signature[-1] != "0" else "1"),
    ):
        assert code_and_text(ask(app, **authorization(request, signature, wrong)))[0] == "InvalidSignatureException"


def test_two_authorizations_are_none(app):
    request = signed()
    request["headers"].append(("authorization", dict(request["headers"])["Authorization"]))
    assert code_and_text(ask(app, **request))[0] == "IncompleteSignatureException"


def test_the_scope_of_yesterday_does_not_fit_today(app):
    request = signed()
    today = dict(request["headers"])["X-Amz-Date"][:8]
    code, text = code_and_text(ask(app, **authorization(request, f"/{today}/", "/20150830/")))
    assert code == "InvalidSignatureException"
    assert text.startswith(
        f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150830' != '{today}'"
    )


@pytest.mark.parametrize(("minutes", "status"), [(-6, 400), (-4, 200), (0, 200), (4, 200), (6, 400)])
def test_clocks_may_differ_by_five_minutes(minutes, status):
    app = app_for(Echo(), now=lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    assert ask(app, **signed()).status == status


def test_a_wrong_clock_is_told_so_in_awss_words():
    server = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
    for at, text in [
        ("20261123T025459Z", "Signature expired: 20261123T025459Z is now earlier than 20261123T025500Z (20261123T030000Z - 5 min.)"),
        ("20261123T030501Z", "Signature not yet current: 20261123T030501Z is still later than 20261123T030500Z (20261123T030000Z + 5 min.)"),
    ]:  # fmt: skip
        found = headers(
            ("Authorization", f"AWS4-HMAC-SHA256 Credential=A/20261123/r/rekognition/aws4_request, SignedHeaders=host, Signature={'0' * 64}"),
            ("X-Amz-Date", at),
        )  # fmt: skip
        with pytest.raises(WireError) as caught:
            sigv4.claim(found, b"", now=server, regions=())
        assert (caught.value.code, caught.value.message) == ("InvalidSignatureException", text)


def test_the_date_header_will_do_and_the_other_one_wins():
    assert sigv4.at_of(headers(("Date", "Mon, 23 Nov 2026 03:00:00 GMT"))) == "20261123T030000Z"
    assert sigv4.at_of(headers(("Date", "20261123T030000Z"))) == "20261123T030000Z"
    assert sigv4.at_of(headers(("Date", "nonsense"), ("X-Amz-Date", "20261123T040000Z"))) == "20261123T040000Z"


def test_only_the_regions_of_the_settings_are_valid():
    app = app_for(Echo(), regions=("eu-central-1",))
    assert ask(app, **signed(region="eu-central-1")).status == 200
    assert code_and_text(ask(app, **signed(region="eu-west-3")))[1] == "Credential should be scoped to a valid region."


def test_a_stated_payload_hash_that_is_right_is_accepted(app):
    stated = hashlib.sha256(b"{}").hexdigest()
    assert ask(app, **signed(headers=[("x-amz-content-sha256", stated)])).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://box.test:8477/",
        "http://[::1]:8477/",
        "https://box.test/",
        "http://box.test/some/path",
        "http://box.test:8477/a%20b/?x=1",
    ],
)
def test_the_host_counts_as_the_client_wrote_it(app, url):
    assert ask(app, **signed(url=url)).status == 200


def test_a_header_in_any_script_is_signed_as_its_bytes():
    request = AWSRequest("POST", URL + "/", data=b"{}", headers={"x-recognizance-purpose": "  enquête “à”  日本 "})
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET), "rekognition", REGION)
    auth.add_auth(request)
    request.headers["Host"] = "recognizance.test"
    found = headers(*((name, str(value)) for name, value in request.headers.items()))
    claim = sigv4.claim(found, b"", now=datetime.now(UTC), regions=())
    asked = sigv4.Signed("POST", b"/", b"", found, b"{}")
    assert sigv4.verify(claim, asked, keys) == Caller(ACCESS_KEY, ACCOUNT, REGION)


def test_a_key_that_goes_while_the_body_arrives_is_unknown():
    request = signed()
    found = headers(("host", "recognizance.test"), *request["headers"])
    claim = sigv4.claim(found, b"", now=datetime.now(UTC), regions=())
    with pytest.raises(WireError, match="security token"):
        sigv4.verify(claim, sigv4.Signed("POST", b"/", b"", found, b"{}"), lambda access_key, token: None)


def test_a_key_does_not_show_its_secret():
    assert SECRET not in repr(keys(ACCESS_KEY))
