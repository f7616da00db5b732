"""What browsers report of our rules is logged in one line each, and nothing else comes of it."""

import json

import pytest

from lab.core import headers

REPORT = {
    "type": "csp-violation",
    "body": {
        "effectiveDirective": "script-src-elem",
        "blockedURL": "https://evil.example/x.js?who=1",
        "documentURL": "http://localhost/challenges?q=secreto",
        "sample": "secreto",
    },
}


def reported(visitor, what: object):
    body = what if isinstance(what, str) else json.dumps(what)
    return visitor.post(headers.REPORTS, data=body, content_type="application/reports+json")


def test_every_page_names_where_browsers_report_to(client):
    answer = client.get("/about")
    assert answer.headers["Reporting-Endpoints"] == f'csp="{headers.REPORTS}"'
    assert answer.headers["Content-Security-Policy"].endswith("; report-to csp")


def test_a_report_is_one_line_without_what_was_searched(client, capsys):
    assert reported(client, [REPORT]).status_code == 204
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if line["event"] == "content policy"]
    assert (line["directive"], line["page"]) == ("script-src-elem", "http://localhost/challenges")
    assert line["blocked"] == "https://evil.example/x.js"
    assert "secreto" not in json.dumps(line)


def test_a_report_gives_nobody_a_session(client):
    assert "Set-Cookie" not in reported(client, [REPORT]).headers


@pytest.mark.parametrize("nonsense", ["", "{", "{}", "[1]", '[{"body": 1}]', "null", "[" * 5000])
def test_what_is_no_report_is_refused(client, nonsense):
    assert reported(client, nonsense).status_code == 400


def test_a_strange_report_is_cut_short(client, capsys):
    strange = {"body": {"effectiveDirective": "x" * 500 + "\n{}", "blockedURL": "http://[", "documentURL": None}}
    assert reported(client, [strange] * 20).status_code == 204
    lines = [line for line in capsys.readouterr().err.splitlines() if "content policy" in line]
    assert len(lines) == 10
    assert max(map(len, lines)) < 1000


def test_a_large_report_is_refused(client):
    assert reported(client, [REPORT] * 100).status_code == 413


def test_reports_without_pause_are_slowed_down(client):
    assert [reported(client, []).status_code for _ in range(31)][-1] == 429
