# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
RUN CGO_ENABLED=0 go build -tags grpcnotrace -gcflags='payportal/templates/...=-l' -gcflags='payportal/templates/payments=' -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/portal ./cmd/portal \
 && mkdir -p /out/data

# Nothing but the binary, the certificates of public authorities and an empty data folder: no shell, no packages, no root.
# Time zones are in the binary.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/portal /portal
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV PORTAL_DB=/data/payportal.db \
    PORTAL_LISTEN=:8080 \
    PORTAL_LISTEN_CHECKOUT=:8081 \
    PORTAL_LISTEN_HOOKS=:8082 \
    PORTAL_LISTEN_METRICS=127.0.0.1:9464
EXPOSE 8080 8081 8082
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD ["/portal", "healthcheck"]
ENTRYPOINT ["/portal"]
CMD ["serve"]
