"""Report templates: loading them and recognising which one a document prints."""

from __future__ import annotations

from extractor.template import MetadataPattern, Template, load_templates

__all__ = ["MetadataPattern", "Template", "load_templates"]
