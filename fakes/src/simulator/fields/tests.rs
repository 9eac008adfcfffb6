use super::*;

fn text(key: &str) -> Value {
    let label = json!({"type": "custom", "custom": "Name on the shirt"});
    json!({"key": key, "label": label, "type": "text"})
}

fn refused(fields: Value) -> String {
    let refusal = check(&json!({ "custom_fields": fields })).expect_err("a refusal");
    refusal.param.unwrap_or_default()
}

#[test]
fn a_field_is_shown_with_nothing_filled_in() {
    let mut asked = text("shirt");
    asked["text"] = json!({"maximum_length": 20});
    let shown = json!([{
        "key": "shirt", "label": asked["label"], "optional": false, "type": "text",
        "text": {
            "default_value": null, "maximum_length": 20, "minimum_length": null, "value": null,
        },
    }]);
    let params = json!({ "custom_fields": [asked] });
    assert_eq!(check(&params), Ok(()));
    assert_eq!(to_json(&params), shown);
    assert_eq!(to_json(&json!({})), json!([]));
}

#[test]
fn a_choice_keeps_its_options() {
    let mut asked = text("size");
    asked["type"] = json!("dropdown");
    asked["optional"] = json!(true);
    assert_eq!(refused(json!([asked])), "custom_fields[0][dropdown]");
    let options = json!([{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]);
    asked["dropdown"] = json!({"options": options, "default_value": "s"});
    let params = json!({ "custom_fields": [asked] });
    assert_eq!(check(&params), Ok(()));
    let shown = to_json(&params);
    assert_eq!(shown[0]["optional"], true);
    let inner = json!({"default_value": "s", "options": options, "value": null});
    assert_eq!(shown[0]["dropdown"], inner);
}

#[test]
fn keys_are_words_of_their_own_and_settings_those_of_the_kind() {
    assert_eq!(refused(json!([text("on shirt")])), "custom_fields[0][key]");
    let twice = json!([text("shirt"), text("shirt")]);
    assert_eq!(refused(twice), "custom_fields[1][key]");
    let mut other = text("shirt");
    other["numeric"] = json!({"maximum_length": 2});
    assert_eq!(refused(json!([other])), "custom_fields[0][numeric]");
}
