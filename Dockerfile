# syntax=docker/dockerfile:1
# docker build -t extractor .
# docker run --rm -v "$PWD:/data" extractor extract report.pdf --format json
# Results are written by --user, as the image's own user may not write to a folder of yours:
# docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" extractor extract scans/ --out results/
# The service, with its data in a volume; its log has the administrator's first password:
# docker run --rm -p 127.0.0.1:8000:8000 -v extractor:/srv/extractor extractor serve --host 0.0.0.0
# With PostgreSQL and workers on several machines: compose.yaml.

FROM python:3.11-slim-bookworm AS builder
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY pyproject.toml README.md LICENSE ./
COPY extractor ./extractor
COPY models ./models
COPY service ./service
# The headless OpenCV last: the three wheels write one folder, and it alone needs no graphics libraries.
RUN python -m venv /opt/extractor \
    && /opt/extractor/bin/pip install ".[s3,redis,otel]" \
    && /opt/extractor/bin/pip install --force-reinstall --no-deps opencv-python-headless==4.10.0.84

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 extractor \
    && install -d -m 0700 -o extractor /srv/extractor
# The OCR models come with the wheels: nothing is downloaded when it runs.
COPY --from=builder /opt/extractor /opt/extractor
ENV PATH=/opt/extractor/bin:$PATH PYTHONUNBUFFERED=1 EXTRACTOR_DATA=/srv/extractor
USER 10001
WORKDIR /data
EXPOSE 8000
# A container that serves has to answer; one that reads files has nobody to answer to.
HEALTHCHECK --interval=60s --timeout=5s --start-period=20s CMD ["sh", "-c", \
    "! grep -qzx serve /proc/1/cmdline || python -c 'from urllib.request import urlopen; urlopen(\"http://127.0.0.1:8000/healthz\", timeout=4)'"]
ENTRYPOINT ["extractor"]
CMD ["--help"]
