"""The page that deletes a category asks what its followers get in its place."""

import pytest

from catalog.models import Category
from tests.desk import open_desk
from tests.factories import CategoryFactory, SubscriberFactory, ToolFactory

pytestmark = pytest.mark.django_db


def page_of(category: Category) -> str:
    return f"/admin/catalog/category/{category.pk}/delete/"


def test_it_says_how_many_follow_the_topic_and_how_many_of_them_nothing_else() -> None:
    topic = CategoryFactory(name="Design")
    other = CategoryFactory()
    for topics in ([topic], [topic], [topic, other]):
        SubscriberFactory().topics.set(topics)

    text = " ".join(open_desk().get(page_of(topic)).content.decode().split())

    assert "3 subscribed readers chose Design, 2 of them chose no other topic" in text
    assert "Subscriber_topics object" not in text


def test_nothing_is_deleted_before_it_is_said_what_followers_get() -> None:
    topic = CategoryFactory()

    response = open_desk().post(page_of(topic), {"post": "yes", "why": "A mistake."}, follow=True)

    assert "say what its followers get" in response.content.decode()
    assert Category.objects.filter(pk=topic.pk).exists()


@pytest.mark.parametrize(("instead", "topics"), [("", []), ("code", ["code"])], ids=["nothing", "another"])
def test_followers_get_what_staff_say_and_never_every_topic(instead: str, topics: list[str]) -> None:
    CategoryFactory(slug="code")
    topic = CategoryFactory(slug="design")
    reader = SubscriberFactory()
    reader.topics.set([topic])

    open_desk().post(page_of(topic), {"post": "yes", "instead": instead, "why": "merged"})

    reader.refresh_from_db()
    assert not Category.objects.filter(slug="design").exists()
    assert list(reader.topics.values_list("slug", flat=True)) == topics
    assert not reader.gets_every_topic


def test_a_topic_can_not_be_moved_to_itself() -> None:
    topic = CategoryFactory(slug="design")

    open_desk().post(page_of(topic), {"post": "yes", "why": "A mistake.", "instead": "design"})

    assert Category.objects.filter(slug="design").exists()


def test_a_category_with_tools_stays() -> None:
    tool = ToolFactory()

    response = open_desk().post(page_of(tool.category), {"post": "yes", "why": "A mistake.", "instead": ""})

    assert "It has 1 tool." in response.content.decode()
    assert Category.objects.filter(pk=tool.category.pk).exists()


def test_categories_are_not_deleted_several_at_once() -> None:
    topic = CategoryFactory()

    desk = open_desk()
    desk.post(
        "/admin/catalog/category/",
        {"action": "delete_selected", "_selected_action": [topic.pk], "post": "yes", "why": "A mistake."},
    )

    assert Category.objects.filter(pk=topic.pk).exists()
