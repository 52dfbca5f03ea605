"""What stands below a form: no number that is sent makes the desk build more forms than fit."""

from typing import Any
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.forms import BaseForm
from django.test import RequestFactory

from backend.admin.inlines import StackedInline
from tests.desk import fill, open_desk, send
from tests.factories import ToolFactory

pytestmark = pytest.mark.django_db

INLINES = [(page.model, inline) for page in admin.site._registry.values() for inline in page.inlines]


@pytest.mark.parametrize(("parent", "inline"), INLINES)
def test_each_says_how_many_fit(parent: type[Model], inline: type[StackedInline]) -> None:
    page = inline(parent, admin.site)
    request: Any = RequestFactory().get("/")
    request.user = User(is_superuser=True)

    formset = page.get_formset(request)

    assert isinstance(page, StackedInline)
    assert page.max_num is not None
    assert formset.validate_max
    assert formset.absolute_max == page.max_num + 1


def test_no_list_is_a_form_of_its_rows() -> None:
    assert [page for page in admin.site._registry.values() if page.list_editable] == []


@pytest.mark.parametrize("total", [1_012, 99_999_999])
def test_a_huge_number_of_rows_is_refused_before_they_are_built(total: int) -> None:
    tool, desk = ToolFactory(), open_desk()
    address = f"/admin/catalog/tool/{tool.pk}/change/"
    values = fill(desk.get(address).context) | {"fits-TOTAL_FORMS": total, "fits-INITIAL_FORMS": total}

    with mock.patch.object(BaseForm, "__init__", autospec=True, side_effect=BaseForm.__init__) as built:
        given_back = send(desk, address, values)

    (rows,) = given_back.context["inline_admin_formsets"]
    assert rows.formset.non_form_errors()
    assert built.call_count < 40
