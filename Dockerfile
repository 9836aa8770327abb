FROM python:3.12-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir "uv>=0.13"
WORKDIR /tamis
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project --no-cache
COPY README.md LICENSE ./
COPY app app
COPY templates templates
COPY static static
COPY migrations migrations
RUN uv sync --locked --no-dev --no-editable --no-cache

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin tamis \
    && install --directory --owner tamis --group tamis /data
COPY --from=build /tamis/.venv /tamis/.venv
ENV PATH=/tamis/.venv/bin:$PATH PYTHONUNBUFFERED=1 TAMIS_DATA_DIR=/data
USER tamis
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["tamis", "serve", "--host", "0.0.0.0", "--port", "8000"]
