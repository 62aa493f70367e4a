"""What people read in a partner's folder: the afternoon's steps, and what the operator is asked for."""

from collections.abc import Sequence

from deploy.onboarding.agreement import file_of
from processors import names
from streams.toml_file import FILL_IN

README = """\
# {partner}: an afternoon to a verified stream

Everything here is a draft; change what you like. Nothing of it is written over. Run the commands beside this folder.

1. **Look at what you have.** {mapping_step}
   The fields: `throughline schemas columns {family}`. A mapping names each column, or leaves it out.
2. **Try the files.** No broker and no agreement is needed for this; one of its own is started for it, where all of
   Throughline is installed:

   ```console
   $ throughline partner verify {partner}
   ```

   Each line says ok, failed with the remedy, or not checked. Put your export where `[exports]` of `test-plan.toml`
   says, correct `mapping.*.toml`, and run it again until nothing fails. Your export is looked at and never sent.
3. **Ask for a user.** Fill in `credentials-request.md`, and with the operator `{agreement}`
   (`throughline agreements check {partner}/agreement`). Send both to the operator, never a row of a file.
4. **Set what you were given.** The address, the user and the file with its password come from the operator:

   ```console
   $ export THROUGHLINE_BOOTSTRAP=HOST:PORT THROUGHLINE_KAFKA_SECURITY=sasl_ssl
   $ export THROUGHLINE_KAFKA_USER=partner.{partner} THROUGHLINE_KAFKA_PASSWORD_FILE=password
   ```

5. **Verify at the operator's broker.** The same command as in 2. Made-up rows go to your sandbox, which you alone read
   and which forgets after a day:

   ```console
   $ throughline partner verify {partner}
   ```

6. **Publish.** First look, then send:

   ```console
   $ throughline publish EXPORT.csv --mapping {partner}/mapping.{family}.toml --dry-run
   $ throughline publish EXPORT.csv --mapping {partner}/mapping.{family}.toml
   ```

   It prints how to ask for its receipt, which tells what became of it.

What comes of it, corrections, nightly exports, other clients: `docs/send-events.md`.
"""

REQUEST = """\
# Credentials for {partner}

Write no password and no row of a file in here.

| asked for | |
|---|---|
| user of the broker | `partner.{partner}`, SCRAM-SHA-512 |
| writes | {writes} |
| writes and reads (made-up events, for a day) | {tried} |
| reads (what became of its submissions) | `receipts.{partner}` |
| agreement | `{agreement}`, filled in and signed |
| rows a day, and most in an hour | {fill_in} |
| bytes a second at most | {fill_in}; usual is `THROUGHLINE_PARTNER_BYTES_PER_SECOND` |
| addresses that it connects from | {fill_in} |
| engineer: name, telephone, e-mail | {fill_in} |
| who answers for the data: name, e-mail | {fill_in} |
| who is told of a breach, at any hour | {fill_in} |

## For the operator

With the agreement among those of `THROUGHLINE_AGREEMENTS_DIR`; nothing has to be started again:

```console
$ throughline agreements check
$ throughline topics create
$ throughline agreements activate --by "NAME, data steward"
$ throughline acl plan
$ throughline acl apply
```

The last one, as a super user of the broker, says in which file the password is. Hand that file over yourself, with the
broker's address and, where it is not one that every machine trusts, the certificate of who vouches for it.
"""


def readme(partner: str, families: Sequence[str], *, is_drafted: bool) -> str:
    """The afternoon's steps."""
    drafted = "`mapping.*.toml` was drafted from your export: correct it." if is_drafted else (
        "`mapping.*.toml` is an example: write your own columns' names into it, or have it drafted from an export."
    )  # fmt: skip
    return README.format(partner=partner, family=families[0], agreement=file_of(partner), mapping_step=drafted)


def request(partner: str, families: Sequence[str]) -> str:
    """What the operator is asked for."""
    writes = ", ".join(f"`{names.partner_topic(partner, family)}`" for family in families)
    tried = ", ".join(f"`{names.sandbox_topic(partner, family)}`" for family in families)
    return REQUEST.format(partner=partner, writes=writes, tried=tried, agreement=file_of(partner), fill_in=FILL_IN)
