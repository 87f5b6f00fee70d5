# syntax=docker/dockerfile:1

# Two images to build on, both given at build time and both by digest:
#
#   docker build -t sekisho:0.1.0 \
#     --build-arg BUILD_BASE=node:24-bookworm-slim@sha256:... \
#     --build-arg RUNTIME_BASE=.../distroless/nodejs24-debian12@sha256:... .
#
# There is no default. A tag is another image tomorrow, and a digest that is written down here grows old without anybody
# noticing; which one is trusted is for whoever builds to say, and for their tools to renew. Anything without a digest is
# refused below.
#
# BUILD_BASE    Node 24 with npm and a shell.
# RUNTIME_BASE  Node 24 as distroless has it: /nodejs/bin/node, and neither shell nor package manager.
ARG BUILD_BASE
ARG RUNTIME_BASE

FROM ${BUILD_BASE} AS build
ARG BUILD_BASE
ARG RUNTIME_BASE
# The image is copied together from this stage, so nothing comes out of a build that is refused here.
RUN for base in "$BUILD_BASE" "$RUNTIME_BASE"; do \
      echo "$base" | grep -Eq '@sha256:[0-9a-f]{64}$' || { echo "not pinned by digest: '$base'" >&2; exit 1; }; \
    done
WORKDIR /sekisho
# Packages first: they change less often than the source does.
COPY package.json package-lock.json .npmrc ./
RUN npm install --no-audit --no-fund
COPY scripts/build.ts scripts/build.ts
COPY src src
RUN npm run build

FROM ${RUNTIME_BASE}
WORKDIR /sekisho
# package.json says that the bundle is an ES module. The licences of what is bundled go where the bundle goes.
COPY --from=build /sekisho/dist/sekisho.js /sekisho/dist/THIRD-PARTY-LICENSES /sekisho/package.json ./
COPY LICENSE ./
# By number: the kubelet cannot tell of a name whether it is root.
USER 65532:65532
EXPOSE 8443 9090
# The program of the image itself, whatever the base starts by itself; arguments go to Sekisho.
# Young objects get 12 MB at most, and not 48: that much less memory, of which a review needs little.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "/sekisho/sekisho.js"]
CMD ["--help"]
