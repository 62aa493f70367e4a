"""Records made even before a peer compares them, in DuckDB: what a careful user of the peer would do first.

Names in plain lower-case letters, dates of any source's form as YYYY-MM-DD, numbers as digits without the dummies that
offices type where they have none, addresses without unit and kind of street. Missing is NULL.
"""

from pathlib import Path

from duckdb import DuckDBPyConnection

TABLE = "prepared"
_KINDS = "street|st|avenue|ave|av|drive|dr|lane|ln|road|rd|boulevard|blvd|court|ct|place|pl|way|circle|cir|terrace|ter"


def _plain(column: str) -> str:
    """Lower-case letters and single spaces; hyphens part words, apostrophes do not."""
    letters = f"replace(replace(lower(strip_accents({column})), '''', ''), '.', '')"
    return rf"trim(regexp_replace({letters}, '[^a-z]+', ' ', 'g'))"


_SQL = rf"""
create table {TABLE} as
with evened as (
    select
        record_id,
        source || ':' || nullif(trim(source_local_id), '') as local_id,
        nullif({_plain("first_name")}, '') as first_name,
        nullif({_plain("middle_name")}, '') as middle_name,
        nullif(trim(regexp_replace({_plain("last_name")}, '( (jr|sr|ii|iii|iv))+$', '')), '') as last_name,
        nullif(left(lower(trim(sex)), 1), '') as sex,
        trim(dob) as dob,
        regexp_replace(ssn, '[^0-9]', '', 'g') as ssn,
        regexp_replace(lower(trim(address)), '[.,]', '', 'g') as address,
        nullif({_plain("city")}, '') as city,
        nullif(left(trim(zip), 5), '') as zip,
        nullif(lower(trim(email)), '') as email
    from given
)
select
    * replace (
        case
            when regexp_matches(dob, '^\d{{4}}-\d\d-\d\d$') then dob
            when regexp_matches(dob, '^\d{{8}}$') then dob[1:4] || '-' || dob[5:6] || '-' || dob[7:8]
            when regexp_matches(dob, '^\d\d/\d\d/\d{{4}}$') then dob[7:10] || '-' || dob[1:2] || '-' || dob[4:5]
        end as dob,
        case
            when length(ssn) >= 7 and length(replace(ssn, ssn[1], '')) > 0 and ssn <> '123456789' then ssn
        end as ssn,
        nullif(
            trim(regexp_replace(regexp_replace(address, '\s+(#|apt|unit).*$', ''), '\s+({_KINDS})$', '')), ''
        ) as address
    )
from evened
"""  # noqa: S608  # nothing in it comes from outside


def prepare(connection: DuckDBPyConnection, folder: Path) -> None:
    """Make the table of a set's records."""
    connection.read_csv(str(folder / "records.csv"), header=True, all_varchar=True).create_view("given")
    connection.execute(_SQL)
