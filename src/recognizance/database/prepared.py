"""Statements that are asked again and again, made ready for the driver: SQLAlchemy compiles them, and is then left out.

To run a statement that it has compiled already takes SQLAlchemy ten times what the driver takes. So of a statement that
is run a second time its text is kept, with the order of its values and whatever turns a value over on its way in or
out; all of this SQLAlchemy says. One that is made anew for each call never comes a second time, and goes the usual way,
as does what a text alone cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool, PoolProxiedConnection
from sqlalchemy.schema import Column
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import BindParameter, Label
from sqlalchemy.types import TypeEngine

Values: TypeAlias = Mapping[str, Any]
Row: TypeAlias = Mapping[str, Any]
Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update | Delete
Turn: TypeAlias = Callable[[Any], Any]
Key: TypeAlias = tuple[object, ...]

NO_VALUES: Values = {}
LONGEST = 8_192
"""The most values of a statement's lists together: SQLite takes 32,766 in a statement, PostgreSQL 65,535, and a text as
long as that is not worth keeping."""


@dataclass(frozen=True, slots=True)
class _Given:
    """One value that a text takes: its name, what turns it over, and what it is where nobody gives it."""

    name: str
    turn: Turn | None
    fixed: Any
    is_fixed: bool


@dataclass(slots=True)
class _Form:
    """A statement as the driver takes it. `turns` is what turns its columns over, known once it has run."""

    text: str
    given: tuple[_Given, ...]
    in_order: bool
    columns: tuple[tuple[str, TypeEngine[Any]], ...]
    turns: tuple[tuple[str, Turn], ...] | None = None

    def arguments(self, values: Values) -> Any:
        """Return the values as the driver takes them: in order, or by name."""
        turned = [
            one.fixed if one.is_fixed else values[one.name] if one.turn is None else one.turn(values[one.name])
            for one in self.given
        ]
        return turned if self.in_order else dict(zip((one.name for one in self.given), turned, strict=True))


Ready: TypeAlias = tuple[_Form, Values]
"""A statement as the driver takes it, and all its values."""


@dataclass(slots=True)
class _Known:
    """A statement that was seen: its lists, which are written out one by one, and its forms by what hangs on values."""

    lists: tuple[str, ...]
    forms: dict[Key, _Form | None] = field(default_factory=dict[Key, "_Form | None"])


@dataclass(frozen=True, slots=True)
class Prepared:
    """The statements of one database. May be used from several threads at once."""

    dialect: Dialect
    _known: WeakKeyDictionary[Statement, _Known] = field(default_factory=WeakKeyDictionary)

    def __len__(self) -> int:
        """Return how many statements are known."""
        return len(self._known)

    @contextmanager
    def lent(self, pool: Pool) -> Generator[PoolProxiedConnection]:
        """Lend a connection. Raises SQLAlchemy's `DBAPIError` where none can be made."""
        try:
            connection = pool.connect()
        except self.dialect.loaded_dbapi.Error as error:
            raise self._told("", error) from error
        with closing(connection):
            yield connection

    def query(self, statement: Statement, values: Values) -> Ready | None:
        """Return how to run a query, or a change that returns rows; None where SQLAlchemy has to run it."""
        return self._ready(statement, values, changes=False)

    def rows(self, connection: PoolProxiedConnection, query: Ready) -> list[Row]:
        """Return the rows of what `query` gave."""
        form, whole = query
        with self._said(connection, form.text):
            cursor = _driver(connection).execute(form.text, form.arguments(whole))
            got = cursor.fetchall()
        if form.turns is None:
            form.turns = tuple(self._turns(form, cursor.description))
        names = [name for name, _ in form.columns]
        read = [dict(zip(names, row, strict=True)) for row in got]
        for name, turn in form.turns:
            for row in read:
                row[name] = turn(row[name])
        return list[Row](read)

    def run(self, connection: PoolProxiedConnection, change: Statement, rows: Sequence[Values]) -> int | None:
        """Run a change once for each row of values, and return how many rows it changed; None as for `query`."""
        found = self._ready(change, rows[0], changes=True)
        if found is None:
            return None
        form, whole = found
        with self._said(connection, form.text):
            cursor = _driver(connection).cursor()
            if len(rows) == 1:
                cursor.execute(form.text, form.arguments(whole))
            else:
                cursor.executemany(form.text, [form.arguments(row) for row in rows])
        changed: int = cursor.rowcount
        return changed

    def _ready(self, statement: Statement, values: Values, *, changes: bool) -> Ready | None:
        """Return how a statement is put to the driver, and all its values; None where it is not."""
        known = self._known.get(statement)
        if known is None:
            self._known[statement] = _Known(_lists(statement))
            return None
        if not all(name in values for name in known.lists):
            return None  # a list that the statement holds itself
        written = {name: _padded(values[name]) for name in known.lists}
        if not all(written.values()) or sum(map(len, written.values())) > LONGEST:
            return None  # none of nothing, which each database says in its own way; or too long a text
        key = (changes, *sorted(values), *map(len, written.values()))  # a text may write out what is not given
        if key not in known.forms:
            known.forms[key] = self._made(statement, written, values, changes=changes)
        form = known.forms[key]
        if form is None:
            return None
        return form, {**values, **_one_by_one(written)} if written else values

    def _made(
        self, statement: Statement, written: Mapping[str, Sequence[Any]], values: Values, *, changes: bool
    ) -> _Form | None:
        columns = _columns(statement)
        if columns is None or (written and not isinstance(statement, Select)):
            return None
        compiled = statement.compile(dialect=self.dialect, column_keys=sorted(values), for_executemany=changes)
        assert isinstance(compiled, SQLCompiler)
        if (
            compiled.insert_prefetch
            or compiled.update_prefetch
            or compiled.escaped_bind_names
            or compiled.literal_execute_params
            or (compiled.post_compile_params and not written)
        ):
            return None
        text, binds = compiled.string, dict(compiled.binds)
        taken: Sequence[str] | None = compiled.positiontup if compiled.positional else list(binds)
        if written:
            whole = compiled.construct_expanded_state({**values, **written})
            text, taken = whole.statement, whole.positiontup if compiled.positional else list(whole.parameters)
            binds |= {one: binds[name] for name, several in whole.parameter_expansion.items() for one in several}
        told = {*values, *_one_by_one(written)}
        if any(binds[name].required and name not in told for name in taken or ()):
            return None  # which SQLAlchemy says in a sentence
        given = [self._given(name, binds[name], told) for name in taken or ()]
        return _Form(text, tuple(given), compiled.positional, columns)

    def _given(self, name: str, bind: BindParameter[Any], told: set[str]) -> _Given:
        turn = bind.type.dialect_impl(self.dialect).bind_processor(self.dialect)
        if name in told:
            return _Given(name, turn, None, is_fixed=False)
        value = bind.effective_value
        return _Given(name, None, value if turn is None else turn(value), is_fixed=True)

    def _turns(self, form: _Form, described: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Turn]]:
        for (name, kind), column in zip(form.columns, described, strict=True):
            turn = kind.dialect_impl(self.dialect).result_processor(self.dialect, column[1])
            if turn is not None:
                yield name, turn

    @contextmanager
    def _said(self, connection: PoolProxiedConnection, text: str) -> Generator[None]:
        """Raise the driver's errors as SQLAlchemy does, and let go of a connection that is lost."""
        try:
            yield
        except self.dialect.loaded_dbapi.Error as error:
            told = self._told(text, error)
            if self.dialect.is_disconnect(error, connection, None):
                connection.invalidate(told)
            raise told from error

    def _told(self, text: str, error: Exception) -> BaseException:
        return DBAPIError.instance(text, None, error, self.dialect.loaded_dbapi.Error, dialect=self.dialect)


def _driver(connection: PoolProxiedConnection) -> Any:
    return connection.dbapi_connection


def _lists(statement: Statement) -> tuple[str, ...]:
    """Return the names of the parameters of a query that stand for lists."""
    return tuple(one.key for one in visitors.iterate(statement) if isinstance(one, BindParameter) and one.expanding)


def _padded(values: Sequence[Any]) -> Sequence[Any]:
    """Return a list with its last repeated up to a power of two: so few lengths take few texts."""
    if not values:
        return values
    return [*values, *repeat(values[-1], (1 << (len(values) - 1).bit_length()) - len(values))]


def _one_by_one(written: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return the values of lists under the names that SQLAlchemy gives them."""
    return dict(
        chain.from_iterable(((f"{name}_{at}", one) for at, one in enumerate(some, 1)) for name, some in written.items())
    )


def _columns(statement: Statement) -> tuple[tuple[str, TypeEngine[Any]], ...] | None:
    """Return name and type of what each row has; None where the database chooses a name, or one stands twice."""
    if isinstance(statement, Select):
        columns = list(statement.selected_columns)
    else:
        columns = [one["expr"] for one in statement.returning_column_descriptions]
    if not all(isinstance(one, Column | Label) for one in columns):
        return None
    found = tuple((str(one.name), one.type) for one in columns)
    return found if len(dict(found)) == len(found) else None
