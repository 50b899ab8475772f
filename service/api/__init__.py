"""The JSON API under /api/v1."""

from service.api import accounts, documents, events, exports, pictures, uploads, webhooks

ROUTERS = (
    uploads.router,
    documents.router,
    pictures.router,
    exports.router,
    events.router,
    webhooks.router,
    accounts.router,
)
