//! `/openapi.json`: what programs can ask for, as `OpenAPI` 3.1.

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::api::economics::{BEGINNINGS, LOOKS};

/// Completes the description of the routes with what their annotations do not say.
pub(crate) fn complete(described: OpenApi) -> Value {
    // What describes routes is maps and strings.
    let mut document = serde_json::to_value(described).unwrap_or_default();
    document["info"] = json!({
        "title": "tradebus",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "A tradebus node over HTTP. Errors are problem details (RFC 9457): `application/problem+json`.",
        "license": { "name": "Apache-2.0 OR MIT" },
    });
    document["components"]["securitySchemes"]["token"] = json!({ "type": "http", "scheme": "bearer" });
    document["security"] = json!([{}, { "token": [] }]);
    for (path, topic) in LOOKS {
        document["paths"][format!("/api/v1{path}")]["get"] = operation(path, topic);
    }
    for (path, topic) in BEGINNINGS {
        let mut operation = operation(path, topic);
        operation["requestBody"] =
            json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
        document["paths"][format!("/api/v1{path}")]["post"] = operation;
    }
    document
}

/// A route that asks a service.
fn operation(path: &str, topic: &str) -> Value {
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    json!({
        "tags": [topic.split('.').next()],
        "operationId": topic.replace('.', "_"),
        "summary": format!("Asks `{topic}`"),
        "description": "Parameters of the address are those of the request: docs/configuration.md names them.",
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "The answer: `{request_id, success, data, cached, ...}`" },
            "400": { "description": "A parameter is wrong" },
            "504": { "description": "No service answers: it may not run" },
        },
    })
}
