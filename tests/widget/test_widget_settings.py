"""Settings of chat and form inboxes: what is wrong takes its default, what is right survives."""

from app.models.inbox_settings import DEFAULT_FIELDS, FormSettings, WidgetSettings, localised


def test_nothing_is_a_widget_with_defaults() -> None:
    assert WidgetSettings.of(None) == WidgetSettings.of({}) == WidgetSettings()
    assert FormSettings.of({"fields": "nonsense"}).fields == DEFAULT_FIELDS


def test_settings_survive_being_written_and_read() -> None:
    settings = WidgetSettings.of(
        {
            "color": "#0d8466",
            "position": "start",
            "greeting": {"en": "Hi", "zh_Hans": "您好"},
            "pre_chat": [{"name": "email", "required": True}, {"name": "shoe size"}],
            "allowed_sites": ["https://shop.example", "not a site"],
            "queue_cap": 0,
            "identity_secrets": ["one", "two"],
        }
    )
    assert WidgetSettings.of(settings.json()) == settings
    assert settings.allowed_sites == ("https://shop.example",)
    assert [(field.name, field.required) for field in settings.pre_chat] == [("email", True)]


def test_what_cannot_be_used_is_not_used() -> None:
    settings = WidgetSettings.of(
        {"color": "red; }", "queue_cap": -3, "sound": "yes", "policy_url": "javascript:alert(1)"}
    )
    assert settings == WidgetSettings()


def test_a_form_always_asks_for_an_address() -> None:
    fields = FormSettings.of({"fields": [{"name": "what", "kind": "textarea"}]}).fields
    assert [(field.name, field.required) for field in fields] == [("what", False), ("email", True)]


def test_the_tag_holds_looks_and_words_escaped() -> None:
    settings = WidgetSettings.of(
        {"color": "#0d8466", "launcher": {"en": 'Say "hi"', "zh_Hans": "在线咨询"}}
    )
    tag = settings.snippet("https://help.example", "k")
    assert 'src="https://help.example/static/widget/loader.js"' in tag
    assert 'data-key="k" data-color="#0d8466"' in tag
    assert 'data-label="Say &quot;hi&quot;"' in tag
    assert 'data-label-zh-hans="在线咨询"' in tag


def test_a_text_falls_back_to_english_and_then_to_any() -> None:
    assert localised({"en": "Hi", "zh_Hans": "您好"}, "zh_Hant") == "Hi"
    assert localised({"zh_Hans": "您好"}, "en") == "您好"
    assert localised({}, "en") == ""
