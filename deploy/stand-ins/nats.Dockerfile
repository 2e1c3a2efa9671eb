# Stands in for the official nats image: nats-server on the search path, /data to write to. Debian's stable release has one that
# is years older than the pinned version; that of unstable runs on it too, and nothing else is taken from there.
ARG BASE
FROM ${BASE}
WORKDIR /tmp/nats
RUN apt-get update \
  && mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Release: bookworm' 'Component: main' | head -n 1) \
  && rm -r /etc/apt/sources.list* \
  && echo "deb $mirror sid main" > /etc/apt/sources.list \
  && apt-get update \
  && apt-get download nats-server \
  && dpkg -x nats-server_*.deb . \
  && mv usr/*bin/nats-server /usr/local/bin/ \
  && rm -rf /tmp/nats /var/lib/apt/lists/* \
  && install -d -o 1000 -g 1000 /data \
  && nats-server --version
WORKDIR /
EXPOSE 4222 6222 8222
CMD ["nats-server"]
