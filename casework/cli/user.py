"""`zhiwang user`: accounts of people who work here. Most are made in the desk; these are for the first and the locked out."""
import sys
import uuid

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cli.ground import connect
from casework.errors import NotFound
from casework.identity.accounts import Hire, deactivate, hire, set_password
from casework.identity.passwords import hashed
from casework.identity.people import Department, Post, Role, User
from casework.storage.database import reading, transaction

ROLES = [role.value for role in Role if role not in {Role.CITIZEN, Role.PLATFORM, Role.SYSTEM}]


@click.group()
def user() -> None:
    """Accounts: create, list, set a password, deactivate."""


@user.command()
@click.argument("login")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--title", default="", help="Title of the post; the role's name unless given.")
@click.option("--department", metavar="CODE", help="For roles of a department.")
@click.option("--area", metavar="CODE", help="For roles of an area.")
def create(*, login: str, name: str, role: str, title: str, department: str | None, area: str | None) -> None:
    """Create a user with a post; the password is asked for, or read from standard input."""
    connect()
    password_hash = hashed(_password(), login)
    with transaction() as db:
        hire(db, [Hire(login, name, Role(role), title or role, _department(db, department), area)], password_hash)
    click.echo(f"{login} can log in.")


@user.command("set-password")
@click.argument("login")
def give_password(login: str) -> None:
    """Give a user a new password, and end all log-ins with the old one."""
    connect()
    password = _password()
    with transaction() as db:
        set_password(db, _user(db, login).id, password)
    click.echo(f"{login} has a new password.")


@user.command("deactivate")
@click.argument("login")
def end(login: str) -> None:
    """Somebody has left: log-ins and devices end, posts become vacant."""
    connect()
    with transaction() as db:
        deactivate(db, _user(db, login).id)
    click.echo(f"{login} is deactivated.")


@user.command("list")
def show() -> None:
    """Everybody with their posts; no telephone numbers."""
    connect()
    with reading() as db:
        rows = db.execute(select(User.login, User.name, User.active, Post.role, Post.title)
                          .join(Post, Post.holder_id == User.id, isouter=True).order_by(User.login, Post.title)).all()
    for login, name, active, role, title in rows:
        click.echo(f"{login}\t{name}\t{role or '-'}\t{title or '-'}\t{'' if active else 'deactivated'}".rstrip())


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _user(db: Session, login: str) -> User:
    found = db.scalar(select(User).where(User.login == login.lower()))
    if found is None:
        raise NotFound(f"there is no user {login}")
    return found


def _department(db: Session, code: str | None) -> uuid.UUID | None:
    if code is None:
        return None
    found = db.scalar(select(Department.id).where(Department.code == code))
    if found is None:
        raise NotFound(f"there is no department {code}")
    return found
