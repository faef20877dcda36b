"""The OpenAPI document: FastAPI's, completed by what routes and dialects say themselves."""
