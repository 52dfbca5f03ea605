"""What a `.env` says, and what a new one holds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backend.bootstrap import ROOT
from backend.env_file import (
    EXAMPLE,
    EnvFileError,
    close_to_others,
    env_file,
    is_open_to_everybody,
    new_env_file,
    read_env_file,
)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=a#b", "a#b"),
        ("NAME=a b # told", "a b"),
        ("NAME=# told", ""),
        ("export NAME=a", "a"),
        ("NAME='a $b # c'", "a $b # c"),
        ('NAME="a \\"b\\"" # told', 'a "b"'),
        ('NAME="-----BEGIN\\nx"', "-----BEGIN\\nx"),
        ("NAME=", ""),
        ("NAME=$HOME", "$HOME"),
    ],
)
def test_a_line_sets_a_variable(tmp_path: Path, line: str, value: str) -> None:
    path = tmp_path / ".env"
    path.write_text(f"# told\n\n{line}\n", encoding="utf-8")

    assert read_env_file(path) == {"NAME": value}


@pytest.mark.parametrize("line", ["NAME", "export NAME = a", "1NAME=a", "-----END PRIVATE KEY-----"])
def test_a_line_that_sets_no_variable_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / ".env"
    path.write_text(f"# told\n\n{line}\n", encoding="utf-8")

    with pytest.raises(EnvFileError, match=r"\.env, line 3, must be like NAME=value\."):
        read_env_file(path)


@pytest.mark.parametrize(
    "line", ['NAME="a', "NAME='it's'", "NAME='a'b", 'NAME="a" <b>', "NAME='a'#b", 'NAME="']
)
def test_a_quote_that_does_not_end_the_value_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{line}\n", encoding="utf-8")

    with pytest.raises(EnvFileError, match=r"\.env, line 2: a value in quotes ends with its second quote\."):
        read_env_file(tmp_path / ".env")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("A=1\n".encode("utf-16"), "must .* and is no text in UTF-8", id="UTF-16"),
        pytest.param("A=ü\n".encode("latin-1"), "must .* and is no text in UTF-8", id="Latin-1"),
        pytest.param(b"A=a\0b\n", "line 1, must be like NAME=value", id="a zero byte"),
    ],
)
def test_a_file_that_is_no_text_is_named(tmp_path: Path, text: bytes, sentence: str) -> None:
    (tmp_path / ".env").write_bytes(text)

    with pytest.raises(EnvFileError, match=rf"\.env,? {sentence}"):
        read_env_file(tmp_path / ".env")


def test_what_windows_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfA=1\r\nB='2'\r\n")

    assert read_env_file(tmp_path / ".env") == {"A": "1", "B": "2"}


def test_a_file_that_is_named_is_read_and_the_default_if_it_is_there(tmp_path: Path) -> None:
    default = tmp_path / ".env"

    assert env_file(None, default=default) is None
    assert env_file("/etc/other.env", default=default) == Path("/etc/other.env")

    default.touch()
    assert env_file(None, default=default) == default
    assert env_file("", default=default) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none", "is not there"),
        (".", "is a folder, which Docker makes where a file that it is to mount is not there"),
        ("text/below", "can't be read ([Errno 20] Not a directory: '{path}')"),
        ("utf-16", "is no text in UTF-8"),
    ],
    ids=["absent", "a folder", "below a file", "another encoding"],
)
def test_why_a_file_can_not_be_read_is_said(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "text").touch()
    (tmp_path / "utf-16").write_bytes("A=1\n".encode("utf-16"))
    path = tmp_path / name

    with pytest.raises(EnvFileError) as refusal:
        read_env_file(path)

    sentence = f"{path} must be a text file in UTF-8, and {reason}.".replace("{path}", str(path))
    assert str(refusal.value) == sentence


def test_a_file_that_its_reader_may_not_read_is_no_text_in_another_encoding(tmp_path: Path) -> None:
    """In a process of its own, for root may read everything."""
    path = tmp_path / "settings"
    path.touch(mode=0)
    program = (
        f"import sys; sys.path.append({str(ROOT / 'backend')!r}); from env_file import read_text; "
        f"import os; os.geteuid() or os.setuid(65534); from pathlib import Path; read_text(Path({str(path)!r}))"
    )

    result = subprocess.run(
        [sys.executable, "-P", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert re.search(
        rf"EnvFileError: {path} must be a text file in UTF-8, and may not be read by user \d+, as whom this runs\.$",
        result.stderr.strip(),
    )


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    recipe = f"umask 022; make -s -C '{ROOT}' secrets > '{path}'"

    subprocess.run(["sh", "-c", recipe], check=True)

    assert path.stat().st_mode & 0o777 == 0o600
    assert not is_open_to_everybody(path)
    path.chmod(0o640)
    assert not is_open_to_everybody(path)
    path.chmod(0o644)
    assert is_open_to_everybody(path)


def test_what_is_no_file_is_left_as_it_is(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    mode = os.fstat(write_end).st_mode

    close_to_others(write_end)

    assert os.fstat(write_end).st_mode == mode
    os.close(read_end)
    os.close(write_end)


def test_the_example_names_nobodys_servers_and_holds_no_secret() -> None:
    given = read_env_file(EXAMPLE)

    empty = {name for name, value in given.items() if not value}
    assert empty >= {
        *(
            "SECRET_KEY",
            "VOTER_KEYS",
            "VOTER_PEPPER",
            "NEWSLETTER_KEYS",
            "NEWSLETTER_PEPPER",
            "POSTGRES_PASSWORD",
        ),
        *("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "MAIL_FROM", "SITE_URL", "CORS_ALLOWED_ORIGINS"),
        *("CLIENT_ADDRESS_HEADER", "TRUSTED_PROXIES", "TURNSTILE_HOSTNAMES"),
    }
    assert given["BEHIND_TLS_PROXY"] == "false"
    assert not [value for value in given.values() if "example.com" in value]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([sys.executable, "-I", str(ROOT / "backend" / "env_file.py")], id="the program"),
        pytest.param(["make", "-s", "-C", str(ROOT), "secrets"], id="make, from another folder"),
    ],
)
def test_a_new_file_has_every_secret_and_each_is_another(tmp_path: Path, command: list[str]) -> None:
    path = tmp_path / ".env"
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    path.write_text(printed, encoding="utf-8")

    example, given = read_env_file(EXAMPLE), read_env_file(path)

    new = {name: given[name] for name in given if given[name] != example[name]}
    assert list(given) == list(example)
    assert set(new) == {
        *(
            "SECRET_KEY",
            "VOTER_KEYS",
            "VOTER_PEPPER",
            "NEWSLETTER_KEYS",
            "NEWSLETTER_PEPPER",
            "POSTGRES_PASSWORD",
        )
    }
    assert len({value.rpartition(":")[2] for value in new.values()}) == len(new)
    assert all(len(value) >= 44 for value in new.values())
    assert new_env_file() != printed
