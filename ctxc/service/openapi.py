"""What the service takes and gives, as OpenAPI 3.1 and as a page without a script."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from .. import __version__
from .requests import ENDPOINTS, Endpoint

ERRORS = {
    400: "the request is none: not JSON, an unknown field, a wrong value",
    401: "a token is needed",
    403: "another origin",
    404: "no such path, or no such handle",
    408: "the body was too slow",
    413: "the body is too large",
    415: "the body is not application/json",
    421: "not a Host of this service",
    422: "the text cannot be shortened as asked",
    429: "too many requests wait; Retry-After says when to come back",
    500: "the work failed",
    504: "it was not done in time",
}

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "kind": {"type": "string"},
                "message": {"type": "string"},
                "hint": {"type": "string"},
            },
            "required": ["kind", "message"],
        }
    },
    "required": ["error"],
}


def document() -> dict[str, Any]:
    """The description of all requests."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ctxc",
            "version": __version__,
            "description": "Shorten text before a language model reads it.",
        },
        "paths": {f"/{each.name}": {"post": _operation(each)} for each in ENDPOINTS},
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    media = "application/octet-stream" if endpoint.binary else "application/json"
    errors = {
        str(status): {
            "description": about,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, about in ERRORS.items()
    }
    deadline = {
        "name": "deadline",
        "in": "query",
        "description": "Seconds in which the answer is of use.",
        "schema": {"type": "number", "exclusiveMinimum": 0},
    }
    return {
        "operationId": endpoint.name,
        "summary": endpoint.about,
        "parameters": [deadline],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(endpoint)}},
        },
        "responses": {
            "200": {
                "description": "done",
                "content": {media: {"schema": {"type": "string" if endpoint.binary else "object"}}},
            },
            **errors,
        },
    }


def _schema(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: field.schema() for field in endpoint.fields},
        "required": [field.name for field in endpoint.fields if field.required],
    }


_STYLE = "body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}\
td,th{text-align:left;vertical-align:top;padding:.2em .8em .2em 0}code{font-size:.95em}"


def page() -> str:
    """The same for people."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>ctxc {__version__}</title>",
        f"<style>{_STYLE}</style><h1>ctxc {__version__}</h1>",
        "<p>Requests are JSON objects, sent by <code>POST</code>. The same as "
        "<a href=/openapi.json>OpenAPI</a>; also <a href=/health>health</a> and "
        "<a href=/metrics>metrics</a>.",
        *(_section(each) for each in ENDPOINTS),
        "<h2>Errors</h2><table>",
        *(f"<tr><th>{status}<td>{escape(about)}" for status, about in ERRORS.items()),
        "</table></html>",
    ]
    return "\n".join(parts)


def _section(endpoint: Endpoint) -> str:
    rows = "\n".join(
        f"<tr><th><code>{escape(field.name)}</code>{'*' if field.required else ''}"
        f"<td>{field.type}<td>{escape(field.about)} "
        f"{escape(', '.join(field.choices))}"
        for field in endpoint.fields
    )
    schema = escape(json.dumps([field.name for field in endpoint.fields if field.required]))
    return (
        f"<h2><code>POST /{endpoint.name}</code></h2><p>{escape(endpoint.about)}"
        f"<table>{rows}</table><p>Required: <code>{schema}</code>"
    )
