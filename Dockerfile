FROM python:3.13-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
# The dependencies first: they change less often than the code, and their layer is kept.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra postgres --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --extra postgres \
    && SECRET_KEY=for-this-command-only .venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim-bookworm
RUN groupadd --system --gid 10001 leveret \
    && useradd --system --uid 10001 --gid leveret --no-create-home --shell /usr/sbin/nologin leveret
WORKDIR /app
# Owned by root and not writable by the account that runs it.
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8000
# ALLOWED_HOSTS has to contain 127.0.0.1 for this.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["daphne", "--bind", "0.0.0.0", "--port", "8000", "dashboard.asgi:application"]
