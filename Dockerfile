# Dependencies are built in one stage; the image that ships has no compiler and runs as a plain user.
FROM python:3.11-slim AS build
WORKDIR /build
ARG WITH_PROVIDERS=
COPY requirements/runtime.txt requirements/providers.txt ./
RUN python -m venv /venv && \
  /venv/bin/pip install --no-cache-dir --require-hashes -r runtime.txt ${WITH_PROVIDERS:+-r providers.txt}

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 MEDIA_ROOT=/data/media METRICS_DIR=/data/metrics
RUN useradd --system --uid 10001 --create-home verdicts && install -d -o verdicts /data/media /data/journal /data/metrics
COPY --from=build /venv /venv
WORKDIR /app
COPY . .
# Any settings will do, for it reads nothing of the product's but its packages.
RUN mkdir static && python -P backend/env_file.py > /tmp/build.env && \
  ENV_FILE=/tmp/build.env DATABASE_URL=postgres://none/none REDIS_URL=redis://none EMAIL_URL=smtp://none MAIL_FROM=none@none \
  python manage.py collectstatic --no-input && rm /tmp/build.env
USER verdicts
VOLUME /data/media /data/journal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "32", "--respawn-failed-workers", "backend.wsgi:application"]
