"""A log that is read while its sink writes it."""

from pathlib import Path

from tests.faults.mail_sink import lines_of


def test_a_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "sink.jsonl"
    log.write_text('{"to": "a@example.com"}\n{"to": "b@exam')

    first, end = lines_of(log)
    with log.open("a") as file:
        file.write('ple.com"}\n')
    second, _ = lines_of(log, since=end)

    assert [first, second] == [[{"to": "a@example.com"}], [{"to": "b@example.com"}]]
