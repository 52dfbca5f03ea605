"""Which keys the desk has."""

from backend.admin.templatetags.shortcuts import LISTS, shortcuts


def test_a_list_that_may_be_seen_has_its_key() -> None:
    apps = [
        {
            "models": [
                {"object_name": "Tool", "name": "Tools", "admin_url": "/t/"},
                {"object_name": "Review", "name": "Reviews", "admin_url": None},
                {"object_name": "LogEntry", "name": "Log", "admin_url": "/l/"},
            ]
        }
    ]

    assert shortcuts(apps) == [("t", "Tools", "/t/")]
    assert shortcuts([]) == []


def test_each_list_has_a_key_of_its_own_that_is_not_the_desks() -> None:
    assert len({"d", "g", *LISTS.values()}) == len(LISTS) + 2
