"""PostgreSQL itself keeps recipients apart: whatever a reader asks, and whatever its connection was used for before."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from support.postgres import SERVE, Databases
from support.views import PostgresViews, row, view_batch

from sinks.postgres import row_security, tables, texts
from sinks.postgres.connecting import Connection
from sinks.postgres.reading import Reader
from sinks.questions import Questions
from sinks.view_batch import Row
from sinks.views import Question

MICROS = 1_700_000_000_000_000
A, B = "lausd_counseling", "csu_advising"
WHOSE = {A: "pa", B: "pb"}
ASKED: dict[str, Any] = {
    "person_id": None, "person_ids": ["pa", "pb"], "case_manager_id": "u1", "seqs": list(range(9)), "seq": 0,
    "limit": 99, "after": 0, "until": 99,
}  # fmt: skip
"""What questions name besides the recipient: all there is, of both."""
QUERIES = {question.name: texts.TEXTS[question] for question in Question} | {
    "STANDING": texts.STANDING, "NEWEST": texts.NEWEST, "CHANGED": texts.CHANGED,
}  # fmt: skip


def signal(recipient: str) -> Row:
    """A signal about the recipient's person."""
    said = {"rule": "sap_lost", "about": "2027", "state": "raised", "urgency": "high", "due_on": None}
    at = {"raised_at": MICROS, "changed_at": MICROS, "source_offset": 1, "evidence_event_ids": ["e1"]}
    return {"signal_id": f"s-{recipient}", "recipient": recipient, "person_id": WHOSE[recipient], **said, **at}


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[str]:
    """The name of a database for all tests here, which only read."""
    with databases.empty() as name:
        yield name


@pytest.fixture(scope="module", autouse=True)
def views(databases: Databases, database: str) -> Iterator[PostgresViews]:
    """Views in which each of two recipients has something of everything; one connection to ask."""
    opened = PostgresViews(databases.server, database, connections=1)
    assigned = {"case_manager_id": "u1", "assignment_state": "assigned", "relation": "counselor", "site": "N"}
    rows = []
    for name, person in WHOSE.items():
        body = assigned | {"display_label": name}
        rows += [row("e1", person_id=person, recipient=name), row("e2", person_id="shared", recipient=name)]
        rows.append(row("c1", person_id=person, recipient=name, family="caseload", partner_id=name, body=body))
    opened.apply(
        view_batch(
            rows,
            signals=[signal(A), signal(B)],
            agreements=[(name, {"agreement_id": f"dsa-{name}", "version": 1, "position": 1}) for name in WHOSE],
            rules=[(name, {"version": 1, "document": f"rules of {name}", "position": 1}) for name in WHOSE],
            swept={(name, 0): {"position": 3, "partitions": 1} for name in WHOSE},
            ticks={A: MICROS, B: MICROS + 60_000_000},
            offsets={("released.x", 0): 5},
            numbers={"released.x/0/s": (1, 5)},
        )
    )
    yield opened
    opened.close()


@pytest.fixture
def serve(databases: Databases, database: str) -> Iterator[Connection]:
    """A connection of the reading role, as somebody would have it who had got into a portal."""
    with closing(psycopg.connect(databases.server.dsn(database, SERVE), autocommit=True)) as connection:
        yield connection


def answer(connection: Connection, asking: str, about: str, query: str) -> list[tuple[Any, ...]]:
    """What a question about one recipient's rows finds in a transaction that asks for another."""
    with row_security.asking(connection, asking):
        return connection.execute(query.encode(), {**ASKED, "recipient": about}).fetchall()


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - {"NOTHING", "TIMELINE", "ROW_COUNT"}))
def test_no_question_finds_another_recipients_rows(serve: Connection, name: str) -> None:
    assert answer(serve, A, A, QUERIES[name]) != []
    assert answer(serve, A, B, QUERIES[name]) == []


def test_no_persons_rows_are_found_that_another_recipient_holds(serve: Connection) -> None:
    for asking, about in ((A, B), (B, A)):
        with row_security.asking(serve, asking):
            names = {"recipient": about, "person_id": "shared"}
            assert serve.execute(texts.TEXTS[Question.TIMELINE].encode(), names).fetchall() == []
            assert serve.execute(texts.TEXTS[Question.ROW_COUNT].encode(), names).fetchall() == [(0,)]


@pytest.mark.parametrize("table", tables.OF_RECIPIENTS)
def test_a_question_that_forgets_to_name_the_recipient_finds_its_own_rows_alone(serve: Connection, table: str) -> None:
    for name in (A, B, A):
        with row_security.asking(serve, name):
            found = serve.execute(f"SELECT DISTINCT recipient FROM throughline.{table}".encode()).fetchall()  # noqa: S608  # our own names
        assert found == [(name,)]


@pytest.mark.parametrize("table", tables.OF_RECIPIENTS)
def test_a_reader_that_does_not_say_for_whom_gets_an_error_and_not_an_empty_answer(
    serve: Connection, table: str
) -> None:
    query = f"SELECT count(*) FROM throughline.{table}".encode()  # noqa: S608  # our own names
    with pytest.raises(psycopg.errors.UndefinedObject):
        serve.execute(query)
    answer(serve, A, A, texts.STANDING)  # a connection that has served: the setting is empty now, not missing
    with pytest.raises(psycopg.errors.UndefinedObject):
        serve.execute(query)


def test_with_one_connection_users_of_two_recipients_take_turns_and_each_sees_its_own(views: PostgresViews) -> None:
    questions = Questions(views)
    for name in (A, B) * 5:
        [mine] = questions.caseload(name, "u1")
        assert (mine.person_id, mine.display_label) == (WHOSE[name], name)
        assert [fact.current.recipient for fact in questions.timeline(name, "shared")] == [name]
        assert [s.signal_id for s in questions.signals(name, ["pa", "pb"])] == [f"s-{name}"]
        assert [rule for _, _, rule in questions.in_force(name).rules] == [f"rules of {name}"]
        assert {row.terms.recipient for row in questions.changes_since(name, ["pa", "pb", "shared"], 0)} == {name}


def test_the_same_holds_where_both_ask_at_once(databases: Databases, database: str) -> None:
    wrong: list[object] = []
    with Reader(databases.server.dsn(database, SERVE), connections=1) as reader:

        def ask(name: str) -> None:
            for _ in range(50):
                wrong.extend(r for r in reader.ask(Question.OUTLINES, name, person_ids=["shared"]) if name not in r)

        threads = [threading.Thread(target=ask, args=(name,)) for name in (A, B, A, B)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


@pytest.mark.parametrize("table", [*tables.OF_RECIPIENTS, "sink_offset", "number_taken", "meta", "format"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} SELECT * FROM {}"])
def test_a_reader_cannot_write(serve: Connection, table: str, statement: str) -> None:
    with serve.transaction(), pytest.raises(psycopg.errors.InsufficientPrivilege):  # noqa: PT012  # both say for whom
        serve.execute(row_security.SET, [A])
        serve.execute(statement.format(f"throughline.{table}", f"throughline.{table}").encode())


def test_a_reader_cannot_update_a_row_that_it_may_read(serve: Connection) -> None:
    for column in ("body", "recipient", "seq"):
        query = f"UPDATE throughline.release_row SET {column} = {column}".encode()  # noqa: S608  # our own names
        with serve.transaction(), pytest.raises(psycopg.errors.InsufficientPrivilege):  # noqa: PT012  # likewise
            serve.execute(row_security.SET, [A])
            serve.execute(query)


def test_our_own_questions_could_not_write_even_by_a_role_that_may(databases: Databases, database: str) -> None:
    with (
        closing(databases.server.owner(database)) as owner,
        row_security.asking(owner, A),
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        owner.execute("DELETE FROM throughline.release_row")


def test_a_reader_cannot_become_another_nor_switch_the_policies_off(serve: Connection) -> None:
    for statement in (
        "SET ROLE throughline_writer",
        "SET ROLE owner",
        "ALTER TABLE throughline.release_row DISABLE ROW LEVEL SECURITY",
        "DROP POLICY reading ON throughline.release_row",
        "CREATE TABLE throughline.x (a int)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            serve.execute(statement.encode())
    serve.execute("SET row_security = off")  # which makes of a silent filter an error
    with serve.transaction(), pytest.raises(psycopg.errors.InsufficientPrivilege):  # noqa: PT012  # likewise
        serve.execute(row_security.SET, [A])
        serve.execute("SELECT * FROM throughline.release_row")


def test_every_table_that_has_a_recipient_is_secured_and_forced(databases: Databases, database: str) -> None:
    with closing(databases.server.owner(database)) as owner:
        found = owner.execute("""
            SELECT relname, relrowsecurity AND relforcerowsecurity
            FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid
            WHERE relnamespace = 'throughline'::regnamespace AND relkind = 'r' AND attname = 'recipient'
            """).fetchall()
    assert dict(found) == dict.fromkeys(tables.OF_RECIPIENTS, True)


def test_an_owner_who_is_no_superuser_sees_nothing(databases: Databases) -> None:
    name = databases.bare()
    with closing(databases.server.owner(name)) as superuser:
        superuser.execute(f"CREATE ROLE keeper LOGIN; GRANT CREATE ON DATABASE {name} TO keeper".encode())
    with closing(psycopg.connect(databases.server.dsn(name, "keeper"), autocommit=True)) as keeper:
        tables.migrate(keeper, first_seq=1)
        query = b"INSERT INTO throughline.clock VALUES ('someone', 1)"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            keeper.execute(query)
        with closing(databases.server.owner(name)) as superuser:
            superuser.execute(query)
        assert keeper.execute("SELECT * FROM throughline.clock").fetchall() == []
