"""Traces for OpenTelemetry, where a collector is named and the extra `otel` is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from extractor.errors import OptionsError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from service.database import Database

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # the standard names: OpenTelemetry reads them itself
NAME = "extractor"


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
    FastAPIInstrumentor.instrument_app(app, excluded_urls="healthz,readyz,metrics,static")
    # It names SQLAlchemy up to 2.0; that it works with ours is tested.
    SQLAlchemyInstrumentor().instrument(engines=database.engines, skip_dep_check=True)
