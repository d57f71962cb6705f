//! The document that describes the interface (OpenAPI 3.1), made of the same table as its routes.

use super::{Field, OPERATIONS, Operation};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The schema of a field's type: `string`, `string or null`, `integer`, `boolean`.
fn schema(kind: &str, about: &str) -> Value {
    let kinds: Vec<&str> = kind.split(" or ").collect();
    let kind = if kinds.len() == 1 { json!(kinds[0]) } else { json!(kinds) };
    match kind == json!("array") {
        true => json!({ "type": "array", "items": { "type": "string" }, "description": about }),
        false => json!({ "type": kind, "description": about }),
    }
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, kind, about)| ((*name).to_owned(), schema(kind, about))).collect();
    let required: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
    json!({ "type": "object", "properties": properties, "required": required })
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split('/').filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if operation.method == "get" || operation.is_file {
        all.extend(operation.takes.iter().map(|(name, kind, about)| {
            json!({ "name": name, "in": "query", "description": about, "schema": { "type": kind } })
        }));
    }
    if operation.method == "post" {
        let about = "1 to 100 characters; the same key with the same body is done once.";
        all.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "description": about, "schema": { "type": "string" } }));
    }
    all
}

fn described(operation: &Operation) -> Value {
    let one = object(operation.gives);
    let gives = match operation.is_list {
        true => json!({
            "type": "object",
            "properties": { "found": { "type": "integer" }, "items": { "type": "array", "items": one } },
            "required": ["found", "items"],
        }),
        false => one,
    };
    let problem = |about: &str| json!({ "description": about, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let mut responses = json!({
        "200": { "description": "Done.", "content": { "application/json": { "schema": gives } } },
        "400": problem("Something that was sent does not fit."),
        "401": problem("No token, or none of this district."),
        "403": problem("The token is not for this."),
    });
    if operation.path.matches('{').count() > 1 {
        responses["404"] = problem("There is no such thing.");
    }
    let mut described = json!({
        "summary": operation.summary,
        "operationId": format!("{} {}", operation.method, operation.path.trim_start_matches("/api/v1/{district}/")).replace(['/', ' '], "_").replace(['{', '}'], ""),
        "security": [{ "token": [operation.scope] }],
        "parameters": parameters(operation),
        "responses": responses,
    });
    if operation.method == "post" {
        described["responses"]["422"] = problem("The key was used for something else.");
        let content = match operation.is_file {
            true => {
                json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } })
            }
            false => {
                let mut body = object(operation.takes);
                body["required"] = json!([operation.takes[0].0]);
                json!({ "application/json": { "schema": body } })
            }
        };
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    described
}

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let path = paths.entry(operation.path.to_owned()).or_insert_with(|| json!({}));
        path[operation.method] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Evenfield lending", "version": "1", "license": { "name": "Apache-2.0 OR MIT" } },
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "A token of the district, from the page Programs." } },
            "schemas": { "Problem": {
                "type": "object",
                "properties": { "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" } },
                "required": ["type", "title", "status"],
            } },
        },
    })
}

/// The document, for everybody.
pub async fn page() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, document().to_string()).into_response()
}
