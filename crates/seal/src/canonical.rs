//! The bytes that seals cover: JSON in one form (RFC 8785), so that anybody finds the same bytes from the same paper.

use serde_json::Value;

/// Names in order, nothing between the parts, text as it is. Papers and seals hold whole numbers only, which have one form.
pub(crate) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            // Not the order that a map happens to have: a crate elsewhere may make maps keep the order of writing.
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort();
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                write(&fields[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_does_not_depend_on_how_it_was_written() {
        let one: Value =
            serde_json::from_str("{\"b\": [1, null, true],\n \"a\": {\"文\": \"印\\n\\u0001\\\"\"}}").unwrap();
        let other: Value =
            serde_json::from_str("{\"a\":{\"\\u6587\":\"\\u5370\\n\\u0001\\\"\"},\"b\":[1,null,true]}").unwrap();
        assert_eq!(canonical(&one), "{\"a\":{\"文\":\"印\\n\\u0001\\\"\"},\"b\":[1,null,true]}");
        assert_eq!(canonical(&one), canonical(&other));
    }
}
