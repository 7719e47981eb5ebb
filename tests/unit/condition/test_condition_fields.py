from bfe_py.condition.arguments import Name, Patterns
from bfe_py.condition.fields import field_names, is_secret_field, request_field, response_field
from bfe_py.condition.sketch import RequestSketch

FACTS = RequestSketch(fields={"x-a": "1"}, response_fields={"x-b": "2"}, status=200)


def test_names_of_fields_are_tokens_in_small_letters():
    assert field_names(Patterns.parse("X-A|x-b|X A||é|X-A ")) == ("x-a", "x-b")


def test_fields_are_found_in_any_case():
    assert request_field(Name("X-a"))(FACTS) == "1"
    assert response_field(Name("x-B"))(FACTS) == "2"
    assert request_field(Name("x-c"))(FACTS) is None


def test_what_is_no_token_is_never_found():
    assert request_field(Name("X-A "))(FACTS) is None
    assert response_field(Name(""))(FACTS) is None


def test_credentials_are_known():
    assert is_secret_field("Authorization")
    assert not is_secret_field("X-A")
