"""What the HTTP door answers: a document for each answer, declared once for the server, its OpenAPI document and clients.

Rules: as every document, in compact JSON, and a member that is absent is left out; a member's name says its unit.
"""
