"""Traces for OpenTelemetry, where a collector is named and the extra `otel` is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from extractor.errors import OptionsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from opentelemetry.trace import Span

    from service.database import Database

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # the standard names: OpenTelemetry reads them itself
NAME = "extractor"
UNWATCHED = "/healthz$,/readyz$,/metrics$,/static/"
ADDRESSES, QUERIES = {"http.url", "http.target", "url.full"}, {"url.query"}


def set_up_traces(app: FastAPI, database: Database) -> None:
    """Has requests and statements traced. Raises OptionsError where the extra is missing."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        message = f"{ENDPOINT} is set: install the extra otel ({error.name} is missing)"
        raise OptionsError(message) from None
    name = os.environ.get("OTEL_SERVICE_NAME", NAME)
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=UNWATCHED, server_request_hook=leave_out_query
    )
    # It names SQLAlchemy up to 2.0; that it works with ours is tested.
    SQLAlchemyInstrumentor().instrument(engines=database.engines, skip_dep_check=True)


def leave_out_query(span: Span, _: object = None) -> None:
    """Takes the query out of a span: it says what somebody looks for in documents."""
    attributes: Mapping[str, object] = getattr(span, "attributes", None) or {}
    for name in ADDRESSES & attributes.keys():
        span.set_attribute(name, str(attributes[name]).partition("?")[0])
    for name in QUERIES & attributes.keys():
        span.set_attribute(name, "")
