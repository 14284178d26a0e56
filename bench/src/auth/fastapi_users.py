"""fastapi-users in one process of uvicorn, by its full example: SQLAlchemy, asyncio, JWT.

It has no refresh of its own. What stands for it here is made of its parts: a token of its database strategy is
destroyed, and another one is written.
"""

import sys
import uuid

import uvicorn
from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.authentication.strategy.db import DatabaseStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = "a secret of the benchmark, of more than 32 characters"
DAY = 24 * 3600
given = sys.argv[1]


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass


if given.startswith("postgres"):
    url = given.replace("postgresql://", "postgres://", 1).replace("postgres://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=10, max_overflow=0)
else:
    engine = create_async_engine("sqlite+aiosqlite:///" + given.removeprefix("sqlite://"), pool_size=10, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def tune(connection, _):
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 5000"):
            connection.execute(f"PRAGMA {pragma}")


sessions = async_sessionmaker(engine, expire_on_commit=False)


async def session():
    async with sessions() as session:
        yield session


async def users(session: AsyncSession = Depends(session)):
    yield SQLAlchemyUserDatabase(session, User)


async def tokens(session: AsyncSession = Depends(session)):
    yield SQLAlchemyAccessTokenDatabase(session, AccessToken)


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def manager(users: SQLAlchemyUserDatabase = Depends(users)):
    yield Manager(users)


def jwt():
    return JWTStrategy(secret=SECRET, lifetime_seconds=DAY)


def stored(tokens: SQLAlchemyAccessTokenDatabase = Depends(tokens)):
    return DatabaseStrategy(tokens, lifetime_seconds=DAY)


by_jwt = AuthenticationBackend("jwt", BearerTransport(tokenUrl="auth/jwt/login"), jwt)
by_row = AuthenticationBackend("row", BearerTransport(tokenUrl="auth/row/login"), stored)
both = FastAPIUsers[User, uuid.UUID](manager, [by_jwt, by_row])
of_row = both.authenticator.current_user_token(active=True, get_enabled_backends=lambda: [by_row])


async def up(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


from contextlib import asynccontextmanager  # noqa: E402

app = FastAPI(lifespan=asynccontextmanager(up))
app.include_router(both.get_auth_router(by_jwt), prefix="/auth/jwt")
app.include_router(both.get_auth_router(by_row), prefix="/auth/row")
app.include_router(both.get_register_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserCreate), prefix="/auth")
app.include_router(
    FastAPIUsers[User, uuid.UUID](manager, [by_jwt]).get_users_router(
        schemas.BaseUser[uuid.UUID], schemas.BaseUserUpdate
    ),
    prefix="/users",
)


@app.post("/auth/row/refresh")
async def refresh(pair=Depends(of_row), strategy: DatabaseStrategy = Depends(stored)):
    user, token = pair
    await strategy.destroy_token(token, user)
    return {"access_token": await strategy.write_token(user), "token_type": "bearer"}


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()
        python = ".".join(map(str, sys.version_info[:3]))
        print(f"{host}:{port} Python {python}, {engine.driver}", flush=True)


config = uvicorn.Config(
    app, host="127.0.0.1", port=0, loop="uvloop", http="httptools", access_log=False, log_level="warning",
    timeout_keep_alive=600,
)
Server(config).run()
