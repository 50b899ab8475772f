# syntax=docker/dockerfile:1
# docker build -t extractor .
# docker run --rm -v "$PWD:/data" extractor extract report.pdf --format json

FROM python:3.11.11-slim-bookworm AS builder
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY pyproject.toml README.md LICENSE ./
COPY extractor ./extractor
COPY models ./models
COPY service ./service
# The headless OpenCV last: the three wheels write one folder, and it alone needs no graphics libraries.
RUN python -m venv /opt/extractor \
    && /opt/extractor/bin/pip install . \
    && /opt/extractor/bin/pip install --force-reinstall --no-deps opencv-python-headless==4.10.0.84

FROM python:3.11.11-slim-bookworm
RUN useradd --create-home --uid 10001 extractor
# The OCR models come with the wheels: nothing is downloaded when it runs.
COPY --from=builder /opt/extractor /opt/extractor
ENV PATH=/opt/extractor/bin:$PATH PYTHONUNBUFFERED=1
USER extractor
WORKDIR /data
HEALTHCHECK --interval=60s --timeout=30s --start-period=10s CMD ["extractor", "doctor"]
ENTRYPOINT ["extractor"]
CMD ["--help"]
