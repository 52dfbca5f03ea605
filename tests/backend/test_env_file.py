"""What a `.env` says, and what a new one holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from backend.bootstrap import ROOT
from backend.env_file import EXAMPLE, EnvFileError, new_env_file, read_env_file, variables_of


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
        pytest.param("A=1\n".encode("utf-16"), "must be a text file in UTF-8", id="UTF-16"),
        pytest.param("A=ü\n".encode("latin-1"), "must be a text file in UTF-8", id="Latin-1"),
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


def test_a_file_that_is_named_must_be_there_and_the_default_need_not(tmp_path: Path) -> None:
    default = tmp_path / ".env"

    assert variables_of(None, default=default) == {}
    for named in (default, tmp_path):
        with pytest.raises(EnvFileError, match="must be a text file in UTF-8, and can not be read"):
            variables_of(str(named), default=default)

    default.write_text("A=1\n", encoding="utf-8")
    assert variables_of(None, default=default) == variables_of(str(default), default=tmp_path) == {"A": "1"}
    assert variables_of("", default=default) == {}


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    """Docker makes one where it is to mount a file that is not there."""
    with pytest.raises(EnvFileError, match="must be a text file"):
        variables_of(None, default=tmp_path)


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
