"""How drf-spectacular generates a contract; backend/openapi.py says what ours is called and about."""

DOCUMENTED_SERVER = "http://127.0.0.1:8000"

SCHEMA_SETTINGS: dict[str, object] = {
    "OAS_VERSION": "3.1.0",
    # Some generators make `http://localhost` of a relative address. What is served names PUBLIC_BASE_URL instead.
    "SERVERS": [
        {
            "url": DOCUMENTED_SERVER,
            "description": "The host that serves this document; `make serve`'s in the repository",
        }
    ],
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.schema_hooks.plain_null",
        "backend.api.schema.add_shared_answers",
        "backend.api.schema_hooks.declare_plain_text",
        "backend.api.schema_hooks.add_partial_schemas",
        "backend.api.schema_hooks.name_enum_members",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # JavaScript, since it names the plugin of docs.js. Without null, the viewer would ask a host of its makers for a check.
    "SWAGGER_UI_SETTINGS": "{deepLinking: true, validatorUrl: null, plugins: [accessible]}",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    # A nullable enum names null as a choice of its own; a hook turns that into plain null.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "PATH_CONVERTER_OVERRIDES": {"slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}},
    "ENUM_SUFFIX": "",
    "COMPONENT_SPLIT_REQUEST": True,
}
