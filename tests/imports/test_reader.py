"""Reading an export: by header name, streaming, and with a reason for every row that cannot be used."""

from datetime import UTC, datetime

import pytest

from lab.imports.polis import Archive, BadArchive, Problem
from lab.imports.records import Statement, Vote
from tests.imports.exports import START, STATEMENT_HEADER, VOTE_HEADER, an_export, write

MOMENT = datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
COMMENTS = ",".join(STATEMENT_HEADER)
VOTES = ",".join(VOTE_HEADER)


@pytest.fixture
def folder(tmp_path):
    return an_export(tmp_path / "conversación")


def statements_of(folder, text: str, encoding: str = "utf-8") -> list[Statement | Problem]:
    (folder / "comments.csv").write_bytes(text.encode(encoding))
    return list(Archive(folder).statements())


def votes_of(folder, text: str) -> list[Vote | Problem]:
    (folder / "votes.csv").write_text(text, encoding="utf-8", newline="")
    archive = Archive(folder)
    list(archive.statements())
    return list(archive.votes())


def test_statement_is_read_by_header_name_in_any_order_of_columns(folder):
    text = "comment-body,is-seed,moderated,timestamp,author-id,comment-id\nUn texto,true,1,1500000000000,7,3\n"
    assert statements_of(folder, text) == [Statement("3", "7", "Un texto", MOMENT)]


def test_byte_order_mark_and_spaced_header_are_understood(folder):
    text = "\ufeff timestamp ,Comment-ID,author-id,moderated,comment-body\n1500000000000,3,7,0,Un texto\n"
    assert statements_of(folder, text) == [Statement("3", "7", "Un texto", MOMENT)]


def test_quotes_separators_and_line_breaks_stay_in_the_text(folder):
    body = 'Dijo ""sí"",\r\ny después:\nno'
    [statement] = statements_of(folder, f'{COMMENTS}\n{START},,0,0,0,0,1,"{body}"\n')
    assert statement.body == 'Dijo "sí",\ny después:\nno'


@pytest.mark.parametrize("body", ["=1+1", "@SUM(A1)", "-2", "'+x", "<script>alert(1)</script>"])
def test_formula_or_script_is_kept_as_the_text_it_is(folder, body):
    assert statements_of(folder, f"{COMMENTS}\n{START},,0,0,0,0,1,{body}\n")[0].body == body


def test_rejected_statement_is_marked(folder):
    assert statements_of(folder, f"{COMMENTS}\n{START},,0,0,0,0,-1,Un texto\n")[0].rejected


def test_seconds_and_milliseconds_are_told_apart_by_their_size(folder):
    seconds, milliseconds = votes_of(folder, f"{VOTES}\n1500000000,,0,1,1\n1500000000000,,0,1,1\n")
    assert seconds == milliseconds == Vote("0", "1", 1, MOMENT)


def test_ids_stay_text_however_wide_and_with_their_zeros(folder):
    wide = "9" * 40
    votes = votes_of(folder, f"{VOTES}\n{START},,0,{wide},1\n{START},,0,007,1\n")
    assert [vote.person for vote in votes] == [wide, "007"]


def test_every_event_of_the_log_is_read_duplicates_included(folder):
    assert len(votes_of(folder, f"{VOTES}\n" + f"{START},,0,1,1\n" * 3)) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{START},,0,1,2", "vote is not 1, 0 or -1"),
        (f"{START},,0,1,", "vote is not 1, 0 or -1"),
        (f"{START},,9,1,1", "the statement is not among the usable rows of comments.csv"),
        (f"{START},,0,ana@example.org,1", "an id is not a whole number"),
        (f"{START},,0,{'9' * 41},1", "an id is not a whole number"),
        (f"{START},,0,,1", "an id is not a whole number"),
        (f"{START},,0,²,1", "an id is not a whole number"),
        ("ayer,,0,1,1", "the timestamp is not a whole number"),
        ("-1,,0,1,1", "the timestamp is not a whole number"),
        (f"{START}000,,0,1,1", "the timestamp is later than the year 2100"),
        (f"{START},,0,1", "the row has not as many cells as the header"),
        (f"{START},,0,1,1,1", "the row has not as many cells as the header"),
        (f'{START},,0,1,"1"x', "the row's quotes or length cannot be understood"),
    ],
)
def test_bad_vote_is_a_problem_with_its_line_and_the_next_row_is_read(folder, row, reason):
    problem, vote = votes_of(folder, f"{VOTES}\n\n{row}\n{START},,0,1,-1\n")
    assert problem == Problem("votes.csv", 3, reason)
    assert vote == Vote("0", "1", -1, MOMENT)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{START},,5,0,0,0,1,", "the text is empty"),
        (f'{START},,5,0,0,0,1," \u200b "', "the text is empty"),
        (f"{START},,5,0,0,0,1,{'a' * 4001}", "the text is longer than 4000 characters"),
        (f"{START},,0,0,0,0,1,Otra vez", "the statement's id stands in an earlier row too"),
        (f"{START},,5,0,0,0,2,Un texto", "moderated is not 1, 0 or -1"),
        (f"{START},,5,,0,0,1,Un texto", "an id is not a whole number"),
    ],
)
def test_bad_statement_is_a_problem_with_its_line(folder, row, reason):
    first = f'{START},,0,0,0,0,1,"Primera\nen dos líneas"'
    _, problem = statements_of(folder, f"{COMMENTS}\n{first}\n{row}\n")
    assert problem == Problem("comments.csv", 4, reason)


def test_row_in_another_encoding_is_a_problem_and_the_next_is_read(folder):
    good = f"{START},,1,0,0,0,1,Plain"
    problem, statement = statements_of(folder, f"{COMMENTS}\n{START},,0,0,0,0,1,Año\n{good}\n", "cp1252")
    assert problem == Problem("comments.csv", 2, "the row is not UTF-8")
    assert statement.body == "Plain"


def test_quote_that_never_closes_swallows_nothing_silently(folder):
    [problem] = statements_of(folder, f'{COMMENTS}\n{START},,0,0,0,0,1,"Abierta\n{START},,1,0,0,0,1,Perdida\n')
    assert problem == Problem("comments.csv", 2, "the row's quotes or length cannot be understood")


def test_votes_on_a_bad_statement_are_problems_too(folder):
    (folder / "comments.csv").write_text(f"{COMMENTS}\n{START},,0,0,0,0,1,\n")
    [problem] = votes_of(folder, f"{VOTES}\n{START},,0,1,1\n")
    assert problem.reason == "the statement is not among the usable rows of comments.csv"


def test_summary_gives_topic_description_and_address(folder):
    write(folder / "summary.csv", [("url", "https://pol.is/x"), ("topic", "Agua, y más"), ("views", 3)])
    conversation = Archive(folder).conversation
    assert (conversation.topic, conversation.description, conversation.instance) == (
        "Agua, y más",
        "",
        "https://pol.is/x",
    )


def test_summary_with_unquoted_commas_is_read_whole_and_the_folder_stands_in_for_an_address(folder):
    (folder / "summary.csv").write_text("topic,Agua, y más\n")
    conversation = Archive(folder).conversation
    assert (conversation.topic, conversation.instance) == ("Agua, y más", "conversación")


@pytest.mark.parametrize("file", ["summary.csv", "comments.csv", "votes.csv"])
def test_missing_file_is_refused_in_one_line(folder, file):
    (folder / file).unlink()
    with pytest.raises(BadArchive, match=rf"cannot read .*{file}: no such file") as refusal:
        Archive(folder)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "timestamp;comment-id;voter-id;vote\n", "timestamp,vote\n"])
def test_missing_column_is_refused_by_its_name(folder, text):
    (folder / "votes.csv").write_text(text)
    with pytest.raises(BadArchive, match=r"votes\.csv has no column .*voter-id"):
        Archive(folder)


def test_unknown_folder_is_refused(tmp_path):
    with pytest.raises(BadArchive, match="is not a folder"):
        Archive(tmp_path / "no-hay")


def test_file_is_read_as_it_is_asked_for_and_not_whole(tmp_path):
    folder = an_export(tmp_path / "larga", votes=[(0, 0, person, 1) for person in range(20_000)])
    archive = Archive(folder)
    list(archive.statements())
    votes = archive.votes()
    next(votes)
    assert archive.position < archive.size / 10
    assert sum(1 for _ in votes) == 19_999
    assert archive.position == archive.size
