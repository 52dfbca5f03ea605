"""What `serve` makes ready in the database, once."""

import pytest
from django.contrib.auth.models import User

from backend.devstack.prepare import prepare
from catalog.models import Tool


@pytest.mark.django_db
def test_a_database_is_made_ready_once_and_a_changed_password_stays() -> None:
    prepare(admin_password="the first password")
    admin = User.objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password("the first password")
    tools = Tool.objects.count()
    admin.set_password("changed since")
    admin.save()

    prepare(admin_password="the first password")

    assert User.objects.get(username="admin").check_password("changed since")
    assert Tool.objects.count() == tools > 0
