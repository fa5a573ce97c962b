//! The OpenAPI document: whole, and served.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use crate::local::{Region, get, send};

/// Everything that the API can be asked; a new route is added here by whoever adds it.
const UNIT_PATHS: [&str; 79] = [
    "/cases",
    "/cases/{case}",
    "/cases/{case}/accept",
    "/cases/{case}/not-accept",
    "/cases/{case}/decide",
    "/cases/{case}/deliver",
    "/cases/{case}/withdraw",
    "/cases/{case}/take-back",
    "/cases/{case}/gaps",
    "/cases/{case}/supplement",
    "/cases/{case}/stop",
    "/cases/{case}/prolong",
    "/cases/{case}/resume",
    "/cases/{case}/extend",
    "/cases/{case}/timeline",
    "/cases/{case}/papers",
    "/cases/{case}/files",
    "/cases/{case}/files/{file}",
    "/files",
    "/cases/{case}/accept-with-deficit",
    "/cases/{case}/complete",
    "/cases/{case}/rate",
    "/cases/{case}/urge",
    "/cases/{case}/order",
    "/cases/{case}/complain",
    "/cases/{case}/call-back",
    "/cases/{case}/rectify",
    "/cases/{case}/exclude-rating",
    "/cases/{case}/answer-urging",
    "/cases/{case}/judge-complaint",
    "/cases/{case}/handle-complaint",
    "/cases/{case}/answer-complaint",
    "/cases/{case}/concerns",
    "/concerns",
    "/ratings",
    "/cases/{case}/pass-on",
    "/cases/{case}/send-up",
    "/cases/{case}/tell-hearing",
    "/cases/{case}/ask-hearing",
    "/cases/{case}/set-hearing",
    "/cases/{case}/hold-hearing",
    "/cases/{case}/do-step",
    "/cases/{case}/step-back",
    "/cases/{case}/steps",
    "/cases/{case}/opinions",
    "/cases/{case}/accept-on-promise",
    "/cases/{case}/check-promise",
    "/cases/{case}/revoke",
    "/licences/{number}",
    "/cases/{case}/cards",
    "/cards",
    "/cases/{case}/void-acts",
    "/matters",
    "/matters/{code}",
    "/routes",
    "/findings",
    "/status",
    "/time/confirm",
    "/voters",
    "/catalogue",
    "/catalogue/proposals",
    "/catalogue/proposals/{proposal}",
    "/catalogue/proposals/{proposal}/review",
    "/catalogue/proposals/{proposal}/withdraw",
    "/catalogue/proposals/{proposal}/publish",
    "/catalogue/still-to-extend",
    "/sessions",
    "/sessions/current",
    "/sessions/{session}",
    "/me",
    "/me/password",
    "/me/second-factor/secret",
    "/me/second-factor",
    "/invitations",
    "/tokens",
    "/tokens/{session}",
    "/accounts/first",
    "/accounts",
    "/accounts/{account}",
];
const NODE_PATHS: [&str; 5] = ["/v1/divisions", "/v1/people", "/healthz", "/readyz", "/metrics"];

#[tokio::test]
async fn the_document_lists_every_route_once_and_is_whole() {
    let document = serde_json::to_value(web::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let listed: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let of_units =
        ["/v1", "/v1/units/{unit}"].into_iter().flat_map(|base| UNIT_PATHS.map(|path| format!("{base}{path}")));
    let expected: BTreeSet<String> = of_units.chain(NODE_PATHS.map(str::to_owned)).collect();
    assert_eq!(listed, expected);

    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (_, operation) in
            item.as_object().unwrap().iter().filter(|(method, _)| ["get", "post", "delete"].contains(&method.as_str()))
        {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} stands twice");
            let shared = item["parameters"].as_array().cloned().unwrap_or_default();
            let own = operation["parameters"].as_array().cloned().unwrap_or_default();
            let told: BTreeSet<String> = shared
                .iter()
                .chain(&own)
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                .collect();
            let named: BTreeSet<String> = path
                .split('/')
                .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
                .collect();
            assert_eq!(told, named, "{path}");
        }
    }
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                into.insert(reference.clone());
            }
            fields.values().for_each(|field| collect(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_and_its_reader_are_served_from_the_binary() {
    let region = Region::new();
    let router = web::router(region.site(vec![region.city.clone()]));
    let served = send(&router, "", get("/openapi.json")).await;
    assert_eq!(served.json(), serde_json::to_value(web::openapi()).unwrap());
    let page = send(&router, "", get("/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("swagger-ui"));
    assert_eq!(send(&router, "", get("/docs/swagger-ui-bundle.js")).await.status, StatusCode::OK);
    assert!(send(&router, "", get("/docs/swagger-initializer.js")).await.text.contains("/openapi.json"));
}
